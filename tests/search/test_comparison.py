"""Several algorithms on the same layers: rows, refusals, reuse."""

from dataclasses import replace
from math import inf
from types import SimpleNamespace

import numpy as np
import pytest

from wc_core import (
    BlockSpec,
    ConfigError,
    LayerPlan,
    Recipe,
    UnknownNameError,
    compress,
    evaluate,
    load_dataset,
    load_model,
)
from wc_core.clustering import CLUSTERERS, FitReport, kmeans
from wc_core.progress import last_result
from wc_core.search import (
    Comparison,
    compare,
    compare_steps,
    comparison,
    comparison_row,
    default_algorithms,
    recipe_with,
    sampled_blocks,
)
from wc_core.stages import layer_blocks

PLAN = LayerPlan(n_clusters=16, block=BlockSpec(1, 4))
ONE_LAYER = Recipe(plan=PLAN, layers=("fc2*",))


@pytest.fixture(scope="module")
def model():
    return load_model("sample:lenet5")


@pytest.fixture(scope="module")
def data():
    return load_dataset("sample").take(300)


def test_a_row_is_what_compressing_alone_gives(model, data):
    """Every number of a row is that of `compress` and `evaluate` with the same plan."""
    (row,) = compare(model, ONE_LAYER, ["som"], data).rows
    small = compress(model, recipe_with(ONE_LAYER, "som"))
    (layer,) = small.layers
    after = evaluate(small, data, reference=evaluate(model, data))
    for name in ("entries", "stored_bytes", "bits_per_weight", "utilization"):
        assert getattr(row, name) == getattr(layer, name)
    assert row.sqnr_db == pytest.approx(layer.sqnr_db)
    assert row.distortion == pytest.approx(layer.distortion)
    assert row.perplexity == pytest.approx(layer.perplexity)
    assert row.index_entropy == pytest.approx(layer.index_entropy)
    assert (row.accuracy, row.agreement, row.interval) == (
        after.accuracy, after.agreement, after.interval
    )  # fmt: skip
    assert row.n_samples == 300
    (book,) = row.codebooks
    np.testing.assert_array_equal(book.codebook, small.weights["fc2.weight"].codebook)
    np.testing.assert_array_equal(book.counts, small.weights["fc2.weight"].counts)


def test_several_layers_are_taken_together(model):
    """Bytes and entries add up, errors are means per weight, entropy is a mean per index."""
    recipe = Recipe(plan=PLAN, layers=("fc2*", "fc3*"))
    (row,) = compare(model, recipe, ["kmeans"]).rows
    small = compress(model, recipe)
    indices = np.array([layer.n_blocks for layer in small.layers])
    entropies = np.array([layer.index_entropy for layer in small.layers])
    assert row.stored_bytes == sum(layer.stored_bytes for layer in small.layers)
    assert (row.entries_asked, row.entries) == (32, sum(la.entries for la in small.layers))
    assert row.sqnr_db == pytest.approx(small.sqnr_db)
    assert row.index_entropy == pytest.approx((entropies * indices).sum() / indices.sum())
    assert [book.layer for book in row.codebooks] == ["fc2.weight", "fc3.weight"]


def test_a_refusal_is_a_row_and_the_others_go_on(model, monkeypatch):
    """One algorithm's sentence stands where its numbers would."""

    def refuse(self, *_args):
        raise ConfigError("not with me")
        yield

    monkeypatch.setattr(kmeans.KMeans, "_iterate", refuse)
    refused, done = compare(model, ONE_LAYER, ["kmeans", "som"]).rows
    assert "not with me" in refused.refusal
    assert refused.sqnr_db is None
    assert not refused.codebooks
    assert done.refusal == ""
    assert done.sqnr_db > 0


def test_rows_grow_one_by_one_in_the_order_asked(model):
    """Whoever cancels keeps the rows that are done; only the last record is full."""
    records = list(compare_steps(model, ONE_LAYER, ["som", "kmeans"]))
    numbers = [len(record.result.rows) for record in records]
    assert numbers == sorted(numbers)
    assert {0, 1, 2} == set(numbers)
    assert [row.algorithm for row in records[-1].result.rows] == ["som", "kmeans"]
    fractions = [record.fraction for record in records]
    assert fractions == sorted(fractions)
    assert fractions.index(1.0) == len(records) - 1


def test_what_is_known_is_not_computed_again(model, data, monkeypatch):
    """Another algorithm beside finished ones clusters once, and the baseline is not run again."""
    first = compare(model, ONE_LAYER, ["kmeans"], data)
    clustered, measured = [], []
    run, look = comparison.compress_steps, comparison.evaluate_steps
    monkeypatch.setattr(
        comparison,
        "compress_steps",
        lambda m, recipe: clustered.append(recipe.plan.algorithm) or run(m, recipe),
    )
    monkeypatch.setattr(
        comparison, "evaluate_steps", lambda m, *a, **k: measured.append(m) or look(m, *a, **k)
    )
    both = last_result(compare_steps(model, ONE_LAYER, ["som", "kmeans"], data, reuse=first))
    assert clustered == ["som"]
    assert len(measured) == 1
    assert both.rows[1] is first.rows[0]
    assert both.baseline is first.baseline


def test_the_model_is_measured_as_it_is(model, data):
    """The accuracy before stands beside those after, on the same images."""
    found = compare(model, ONE_LAYER, ["kmeans"], data)
    assert found.baseline.accuracy == evaluate(model, data).accuracy
    assert found.baseline.n_samples == found.rows[0].n_samples


def test_data_that_do_not_fit_cost_the_accuracy_only(model, data):
    """Why the model was not run is told; sizes and errors are there."""
    strange = replace(data, labels=np.full(len(data), 99), class_names=())
    found = compare(model, ONE_LAYER, ["kmeans"], strange)
    assert found.no_accuracy
    assert found.rows[0].accuracy is None
    assert found.rows[0].sqnr_db > 0


def test_findings_of_the_fit_are_told_with_their_layers(model):
    """With one layer a note stands alone; with several it says where it holds."""
    (row,) = compare(model, ONE_LAYER, ["hierarchical"]).rows
    assert [note.split(" on ")[0] for note in row.notes] == ["worked"]
    recipe = Recipe(plan=PLAN, layers=("fc2*", "fc3*"))
    (row,) = compare(model, recipe, ["hierarchical"]).rows
    assert row.notes[0].startswith("fc2.weight: worked on")


def test_a_finding_of_many_layers_is_told_once():
    """Forty layers that say the same make one line."""
    layers = [
        SimpleNamespace(name=name, fit=FitReport(9, 9, 1, (note,)))
        for name, note in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    assert comparison_row._notes(layers) == ("2 layers: x", "c: y")
    assert comparison_row._notes(layers[:2]) == ("all layers: x",)


def test_polish_reaches_whom_it_concerns_and_is_told(model):
    """A shared parameter goes to every algorithm that declares it, and to no other."""
    names = ["kmeans", "spectral"]
    plain = compare(model, ONE_LAYER, names)
    polished = compare(model, ONE_LAYER, names, shared={"polish": 20})
    assert polished.rows[0].plan.params == {}
    assert polished.rows[1].plan.params == {"polish": 20}
    assert polished.rows[1].sqnr_db > plain.rows[1].sqnr_db
    assert "polish took" in polished.rows[1].notes[-1]


def test_the_recipes_own_algorithm_keeps_its_parameters():
    """Others get their defaults; plans of single layers change alike."""
    own = LayerPlan(algorithm="density", params={"mode": "dbscan"})
    recipe = Recipe(plan=own, overrides={"fc1.weight": own})
    assert recipe_with(recipe, "density") == recipe
    other = recipe_with(recipe, "som")
    assert other.plan.params == other.overrides["fc1.weight"].params == {}
    assert other.overrides["fc1.weight"].algorithm == "som"


def test_a_question_without_an_answer_is_an_error(model):
    """No algorithm, no layer, an unknown name: told before anything is computed."""
    with pytest.raises(ConfigError, match="at least one algorithm"):
        compare(model, ONE_LAYER, [])
    with pytest.raises(ConfigError, match="no layer"):
        compare(model, Recipe(layers=("x",)), ["kmeans"])
    with pytest.raises(UnknownNameError, match="kmeens"):
        compare(model, ONE_LAYER, ["kmeens"])


def test_a_first_comparison_takes_a_few_of_the_algorithms():
    """What stands ticked at first is declared by the algorithms themselves."""
    assert len(default_algorithms()) == 4
    assert set(default_algorithms()) < set(CLUSTERERS)


def test_nothing_lost_is_infinite_here_and_null_in_json(model):
    """JSON has no number for it."""
    recipe = Recipe(plan=LayerPlan(n_clusters=1024), layers=("fc3*",))
    (row,) = compare(model, recipe, ["kmeans"]).rows
    assert row.sqnr_db == inf
    told = Comparison((row,)).to_dict()["rows"][0]
    assert told["sqnr_db"] is None
    assert told["plan"]["algorithm"] == "kmeans"
    assert "codebooks" not in told


def test_sampled_blocks_go_with_the_entries_remembered(model):
    """The entry of each sampled block is the one that the whole layer gives it."""
    weight = model.tensors["fc1.weight"]
    (row,) = compare(model, Recipe(plan=PLAN, layers=("fc1*",)), ["kmeans"]).rows
    blocks = sampled_blocks(weight, PLAN)
    book = row.codebooks[0]
    assert len(blocks) == len(book.sample) == 1500
    assert len(layer_blocks(weight, PLAN).values) == 12_000
    distances = np.square(blocks[:, None] - book.codebook[None]).sum(axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), book.sample)


def test_sampled_blocks_go_with_the_entries_of_what_pruning_leaves(model):
    """Each layer tells how it was pruned among the others; pruned blocks have no entry."""
    plan = replace(PLAN, pruner="global_magnitude", sparsity=0.9)
    (row,) = compare(model, Recipe(plan=plan, layers=("fc*",)), ["kmeans"]).rows
    for book in row.codebooks:
        blocks = sampled_blocks(model.tensors[book.layer], book.plan)
        assert len(blocks) == len(book.sample) > 0
        distances = np.nansum(np.square(blocks[:, None] - book.codebook[None]), axis=2)
        own = distances[np.arange(len(blocks)), book.sample]
        np.testing.assert_allclose(own, distances.min(axis=1), atol=1e-9)
