"""Per-layer curves: every layer alone, at every size."""

import pytest

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, load_dataset, load_model
from wc_core.evaluation import SharedHead
from wc_core.progress import last_result
from wc_core.search import layer_curves_steps


@pytest.fixture(scope="module")
def model():
    return load_model("sample:lenet_300_100")


def test_points_are_layers_times_ks_and_more_entries_are_larger_and_better(model):
    """SQNR rises and bytes grow along each curve; accuracy comes with its n."""
    data = load_dataset("sample").take(500)
    points = last_result(layer_curves_steps(model, Recipe(), (2, 8, 32), data))
    assert [(p.layer, p.k) for p in points[:4]] == [
        ("fc1.weight", 2), ("fc1.weight", 8), ("fc1.weight", 32), ("fc2.weight", 2),
    ]  # fmt: skip
    for layer in {p.layer for p in points}:
        curve = [p for p in points if p.layer == layer]
        assert [p.sqnr_db for p in curve] == sorted(p.sqnr_db for p in curve)
        assert [p.stored_bytes for p in curve] == sorted(p.stored_bytes for p in curve)
    assert {p.n_samples for p in points} == {500}
    assert all(0 <= p.accuracy <= 1 and 0 <= p.agreement <= 1 for p in points)


def test_without_data_points_carry_size_and_error_only(model):
    """A model that cannot run still has curves."""
    plan = LayerPlan(block=BlockSpec(1, 4))
    points = last_result(layer_curves_steps(model, Recipe(plan=plan, layers=("fc2*",)), (4,)))
    (point,) = points
    assert (point.accuracy, point.agreement, point.n_samples) == (None, None, 0)
    assert point.bits_per_weight < 1


def test_layers_pruned_together_lose_alone_what_they_lose_together(model):
    """A curve is that of the layer in the recipe."""
    recipe = Recipe().with_plan(pruner="global_magnitude", sparsity=0.8, coding="packed")
    together = {la.name: la.stored_bytes for la in compress(model, recipe).layers}
    points = last_result(layer_curves_steps(model, recipe, (16,)))
    assert {p.layer: p.stored_bytes for p in points} == together


def test_partial_results_grow_point_by_point(model):
    """Cancelling keeps what was measured."""
    steps = layer_curves_steps(model, Recipe(layers=("fc3*",)), (2, 4))
    assert [len(record.result) for record in steps] == [0, 1, 2]


def test_nothing_to_measure_is_an_error(model):
    """A recipe without layers is explained."""
    with pytest.raises(ConfigError, match="chooses no layer"):
        last_result(layer_curves_steps(model, Recipe(layers=("x",))))


def test_sharing_first_layers_changes_no_number(monkeypatch):
    """Points are those of models run as a whole, layer by layer and size by size."""
    lenet, data = load_model("sample:lenet5"), load_dataset("sample").take(300)

    def points():
        return last_result(layer_curves_steps(lenet, Recipe(), (2, 4), data))

    shared = points()
    monkeypatch.setattr(SharedHead, "before", lambda _model, _changed: None)
    assert points() == shared
