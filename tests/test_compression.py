"""Compression takes what the recipe names, leaves the rest, and tells why."""

import numpy as np
import pytest
import torch

from wc_core import (
    BlockSpec,
    ConfigError,
    LayerPlan,
    Recipe,
    UnknownNameError,
    compress,
    compress_steps,
    evaluate,
    load_dataset,
    load_model,
)


@pytest.fixture(scope="module")
def lenet():
    return load_model("sample:lenet5")


def test_every_tensor_is_either_clustered_or_listed_with_a_reason(lenet):
    """Nothing is dropped silently."""
    small = compress(lenet, Recipe(layers=("conv*", "fc1*")))
    clustered = {layer.name for layer in small.layers}
    skipped = {layer.name: layer.skipped for layer in small.skipped}
    assert clustered == {"conv1.weight", "conv2.weight", "fc1.weight"}
    assert clustered | skipped.keys() == {info.name for info in lenet.infos}
    assert all(skipped.values())


def test_untouched_tensors_are_shared_not_copied(lenet):
    """Decoding allocates the clustered layers only."""
    decoded = compress(lenet, Recipe(layers=("fc1*",))).decoded()
    assert decoded.tensors["fc2.weight"] is lenet.tensors["fc2.weight"]
    assert decoded.tensors["fc1.weight"] is not lenet.tensors["fc1.weight"]
    assert len(np.unique(decoded.tensors["fc1.weight"])) == 16


def test_layers_can_have_plans_of_their_own(lenet):
    """Overrides decide blocks and entries of single layers."""
    own = LayerPlan(n_clusters=4, block=BlockSpec(1, 25))
    small = compress(lenet, Recipe(overrides={"conv2.weight": own}))
    entries = {layer.name: layer.entries for layer in small.layers}
    assert entries["conv2.weight"] == 4
    assert small.weights["conv2.weight"].block == BlockSpec(1, 25)
    assert entries["fc1.weight"] == 16


def test_fewer_distinct_blocks_than_clusters_is_said(lenet):
    """The report shows what was asked for and what was stored."""
    plan = LayerPlan(n_clusters=512, block=BlockSpec(1, 25))
    small = compress(lenet, Recipe(plan=plan, layers=("conv*",)))
    clamped = {layer.name: layer.clamped for layer in small.layers}
    assert clamped == {"conv1.weight": True, "conv2.weight": True}
    assert small.layers[0].entries == 6


def test_the_report_says_what_the_algorithm_says(lenet):
    """The fit with its findings and its polish, and the second stage, in Python and in JSON."""
    plan = LayerPlan(
        algorithm="bisecting_kmeans",
        n_clusters=8,
        block=BlockSpec(1, 4),
        recombine="article",
        params={"polish": 3},
    )
    (layer,) = compress(lenet, Recipe(plan=plan, layers=("conv2*",))).layers
    assert layer.fit.polish.inertia_after <= layer.fit.polish.inertia_before
    assert layer.second.distortion_w == pytest.approx(layer.distortion, rel=1e-6)
    said = layer.to_dict()
    assert said["fit"]["polish"]["n_iter"] >= 1
    assert said["second"]["mode"] == "article"


def test_work_that_is_left_keeps_the_layers_done(lenet):
    """Every record holds a usable model of the layers finished so far."""
    steps = compress_steps(lenet, Recipe())
    partial = next(record.result for record in steps if len(record.result.layers) == 2)
    assert [layer.name for layer in partial.layers] == ["conv1.weight", "conv2.weight"]
    left = {layer.name: layer.skipped for layer in partial.skipped}
    assert "cancelled" in left["fc1.weight"]
    assert partial.decoded().tensors["fc1.weight"] is lenet.tensors["fc1.weight"]


def test_progress_counts_weights(lenet):
    """From nothing to all, never backwards."""
    fractions = [record.fraction for record in compress_steps(lenet, Recipe())]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_totals_weigh_layers_by_their_size(lenet):
    """Signal and noise are summed over all clustered weights, not averaged over layers."""
    small = compress(lenet, Recipe())
    decoded = small.decoded()
    names = [layer.name for layer in small.layers]
    signal = sum(np.square(lenet.tensors[n], dtype=np.float64).sum() for n in names)
    noise = sum(
        np.square(np.subtract(lenet.tensors[n], decoded.tensors[n], dtype=np.float64)).sum()
        for n in names
    )
    assert small.sqnr_db == pytest.approx(10 * np.log10(signal / noise))


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (Recipe(layers=("decoder.*",)), r"no tensor of lenet5 matches decoder\.\*; it has conv1"),
        (Recipe(layers=("*.bias",)), "every layer chosen is skipped"),
        (Recipe(overrides={"fc9.weight": LayerPlan()}), "fc9.weight, which lenet5 does not have"),
        (Recipe(plan=LayerPlan(params={"depth": 1})), "no parameter depth"),
    ],
)
def test_recipes_that_do_not_fit_the_model_are_explained(lenet, recipe, reason):
    """The sentence names the layer or pattern, and what there is."""
    with pytest.raises(ConfigError, match=reason):
        compress(lenet, recipe)


def test_unknown_algorithms_are_refused_before_any_work(lenet):
    """At the first record, not at the last layer."""
    recipe = Recipe(overrides={"fc3.weight": LayerPlan(algorithm="kmeens")})
    with pytest.raises(UnknownNameError, match="kmeans"):
        next(compress_steps(lenet, recipe))


def test_tied_tensors_are_clustered_once(tmp_path):
    """Both names decode to the same shared weights."""
    shared = torch.randn(20, 20, generator=torch.Generator().manual_seed(0))
    torch.save({"a": shared, "b": shared}, tmp_path / "tied.pth")
    small = compress(load_model(tmp_path / "tied.pth"), Recipe(plan=LayerPlan(n_clusters=4)))
    assert [layer.name for layer in small.layers] == ["a"]
    decoded = small.decoded()
    assert decoded.tensors["a"] is decoded.tensors["b"]
    assert len(np.unique(decoded.tensors["b"])) == 4


def test_ninety_percent_pruned_takes_less_than_a_bit_a_weight():
    """Positions included. Without training the network is badly hurt; what is left is measured."""
    model = load_model("sample:lenet_300_100")
    plan = LayerPlan(pruner="magnitude", sparsity=0.9, n_clusters=32)
    small = compress(model, Recipe(plan=plan))
    assert small.bits_per_weight < 0.9
    stored = sum(layer.stored_bytes for layer in small.layers)
    assert small.bits_per_weight == 8 * stored / 266_200  # pruned weights count
    assert all(layer.mask_bytes > 0 for layer in small.layers)
    report = evaluate(small, load_dataset("sample"))
    assert report.n_samples == 10_000
    assert report.accuracy == pytest.approx(0.337, abs=0.02)


def test_overrides_may_be_patterns(lenet):
    """One that no layer matches is a mistake."""
    recipe = Recipe(overrides={"conv*": LayerPlan(n_clusters=4)})
    entries = {layer.name: layer.entries for layer in compress(lenet, recipe).layers}
    assert (entries["conv1.weight"], entries["conv2.weight"], entries["fc1.weight"]) == (4, 4, 16)
    with pytest.raises(ConfigError, match=r"plans for head\*"):
        compress(lenet, Recipe(overrides={"head*": LayerPlan()}))


def test_impossible_pruning_is_refused_before_any_work(lenet):
    """Like an impossible clustering."""
    plan = LayerPlan(pruner="n_m", pruner_params={"n": 3, "m": 2})
    with pytest.raises(ConfigError, match="at most m"):
        next(compress_steps(lenet, Recipe(plan=plan)))
