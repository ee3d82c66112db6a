"""One price of a bit for all layers, from a target in real bytes."""

import json
from dataclasses import replace

import pytest

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, load, load_model
from wc_core.__main__ import main
from wc_core.layer_parts import layer_parts
from wc_core.progress import last_result
from wc_core.search import rate_target_steps

MODEL = load_model("sample:lenet5")
PLAN = LayerPlan(algorithm="ecvq", n_clusters=256, codebook_dtype="float16")


def found(plan=PLAN, model=MODEL, **target):
    return last_result(rate_target_steps(model, Recipe(plan=plan), **target))


def stored_bits(compressed):
    """Count what the parts of all layers take, once more."""
    parts = [layer_parts(weight) for weight in compressed.weights.values()]
    stored = sum(part.n_bytes for one in parts for part in one.tensors.values())
    return 8 * stored / sum(layer.n_weights for layer in compressed.layers)


@pytest.mark.parametrize("bits", [1.0, 2.0, 4.0])
def test_a_size_is_met_to_a_per_cent_and_not_exceeded(bits):
    """Bytes are those of the parts that a file holds."""
    rate = found(bits_per_weight=bits)
    assert rate.is_met
    assert 0.99 * bits <= stored_bits(rate.compressed) <= bits
    assert rate.trial.bits_per_weight == pytest.approx(stored_bits(rate.compressed))


@pytest.mark.parametrize(
    "plan",
    [PLAN, LayerPlan(algorithm="ecvq", n_clusters=128, block=BlockSpec(1, 2), scale="per_channel")],
    ids=["single", "scaled blocks"],
)
def test_a_signal_to_noise_ratio_is_reached(plan):
    """Over all layers together, scales of channels or not."""
    rate = found(plan, sqnr_db=12.0)
    assert rate.is_met
    assert 12.0 <= rate.compressed.sqnr_db <= 12.3


def test_the_recipe_gives_the_same_again():
    """What is found can be kept and repeated without looking for it."""
    rate = found(bits_per_weight=2.0)
    again = compress(MODEL, Recipe.from_json(rate.recipe.to_json()))
    assert again.bits_per_weight == rate.compressed.bits_per_weight
    assert again.sqnr_db == rate.compressed.sqnr_db


def test_equal_bytes_are_spent_better_than_by_kmeans():
    """A decibel and more over k-means of the same size, coded as well as can be."""
    for k in (4, 8, 16):
        plan = LayerPlan(n_clusters=k, codebook_dtype="float16")
        plain = compress(MODEL, Recipe(plan=plan))
        ours = found(bits_per_weight=stored_bits(plain)).compressed
        assert stored_bits(ours) <= stored_bits(plain)
        assert ours.sqnr_db >= plain.sqnr_db + 1.0


def test_one_price_is_better_than_one_ratio_for_every_layer():
    """Layers of the same size but different price lose against one price."""
    rate = found(bits_per_weight=2.0)
    alike = replace(PLAN, params={"bits": 2.0, "number_bits": 16})
    each = compress(MODEL, Recipe(plan=alike))
    assert rate.compressed.sqnr_db >= each.sqnr_db


def test_the_command_line_takes_a_size(capsys, tmp_path):
    """What is written takes no more, and the recipe in it holds the price."""
    options = ["--algorithm", "ecvq", "--clusters", "256", "--bits-per-weight", "2", "--json"]
    path = tmp_path / "small.safetensors"
    assert main(["compress", "sample:lenet5", *options, "-o", str(path)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert 1.98 <= answer["bits_per_weight"] <= 2
    assert answer["recipe"]["plan"]["params"]["lagrangian"] > 0
    assert load(path).recipe.to_dict() == answer["recipe"]
    assert main(["compress", "sample:lenet5", "--bits-per-weight", "2"]) == 2
    assert "takes no price of a bit" in capsys.readouterr().err


def test_layers_of_other_algorithms_are_refused():
    """The sentence names the layer and what takes a price."""
    with pytest.raises(ConfigError, match=r"clustered by kmeans, which takes no price.*use ecvq"):
        found(LayerPlan(), bits_per_weight=2.0)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({}, "either bits per weight or an SQNR"),
        ({"bits_per_weight": 2.0, "sqnr_db": 10.0}, "not both"),
        ({"bits_per_weight": -1.0}, "above 0"),
    ],
)
def test_a_target_is_one_positive_number(target, said):
    """No target, two of them and nonsense are refused."""
    with pytest.raises(ConfigError, match=said):
        found(**target)


def test_what_is_out_of_reach_comes_as_close_as_it_can():
    """Four entries are no forty decibels."""
    rate = found(LayerPlan(algorithm="ecvq", n_clusters=4), sqnr_db=40.0)
    assert not rate.is_met
    assert rate.trial == max(rate.trials, key=lambda trial: trial.sqnr_db)


def test_records_tell_how_far_it_is_and_can_be_left():
    """The bar never goes back, and after the first trial there is something to use."""
    fractions, seen = [], []
    for record in rate_target_steps(MODEL, Recipe(plan=PLAN), bits_per_weight=3.0):
        fractions.append(record.fraction)
        seen.append(record.result)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert seen[0] is None
    assert seen[-1].is_met
