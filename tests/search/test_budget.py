"""From bits per weight to entries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, load_model
from wc_core.models import LayerInfo, list_layers
from wc_core.recipe import PLAN_SPACE
from wc_core.search import entries_for_budget, planned_bits, planned_bytes
from wc_core.search.budget import MOST_ENTRIES

SIDES = st.integers(1, 40)
LAYERS = st.lists(
    st.tuples(SIDES, SIDES).map(lambda s: LayerInfo("w", s, "float32", s[0] * s[1])),
    min_size=1,
    max_size=3,
)
PLANS = st.builds(
    LayerPlan,
    block=st.builds(BlockSpec, st.integers(1, 4), st.integers(1, 6)),
    scale=st.sampled_from(["none", "per_channel"]),
    codebook_dtype=st.sampled_from(["float32", "float16", "int8"]),
    scale_dtype=st.sampled_from(["float32", "int8"]),
    pruner=st.sampled_from(["none", "magnitude", "block_magnitude", "channel", "n_m", "zeros"]),
    sparsity=st.sampled_from([0.1, 0.9]),
    recombine=st.sampled_from(["none", "residual"]),
)


@settings(deadline=None)  # a busy machine is no failure
@given(layers=LAYERS, plan=PLANS, bits=st.floats(0.01, 80))
def test_the_entries_fit_and_one_more_would_not(layers, plan, bits):
    """The answer is the largest that fits, unless every block has an entry already."""
    try:
        k = entries_for_budget(layers, plan, bits)
    except ConfigError:
        assert planned_bits(layers, plan, 1) > bits
        return
    assert planned_bits(layers, plan, k) <= bits
    if planned_bytes(layers, plan, k + 1) > planned_bytes(layers, plan, k):
        assert planned_bits(layers, plan, k + 1) > bits


@settings(deadline=None)  # a busy machine is no failure
@given(layers=LAYERS, plan=PLANS)
def test_the_smallest_budget_named_is_possible(layers, plan):
    """Who follows the message gets an answer."""
    with pytest.raises(ConfigError) as refused:
        entries_for_budget(layers, plan, 1e-9)
    least = float(str(refused.value).partition("takes ")[2].split()[0])
    assert entries_for_budget(layers, plan, least) >= 1


def test_planned_bytes_are_those_of_a_compression_that_finds_all_entries():
    """What is promised is what is stored."""
    model = load_model("sample:lenet5")
    for block, scale in ((BlockSpec(1, 4), "none"), (BlockSpec(3, 5), "per_channel")):
        plan = LayerPlan(n_clusters=20, block=block, scale=scale, coding="packed")
        recipe = Recipe(plan=plan, layers=("fc*",))
        chosen = [info for info in list_layers(model.infos, recipe) if not info.skipped]
        small = compress(model, recipe)
        assert planned_bytes(chosen, plan, 20) == sum(la.stored_bytes for la in small.layers)


def test_pruning_leaves_room_for_more_entries():
    """Pruned blocks need no index, and the positions cost less than that saves."""
    layer = LayerInfo("w", (100, 100), "float32", 10_000)
    plain, pruned = (
        entries_for_budget([layer], LayerPlan(pruner=name, sparsity=0.9), 1.5)
        for name in ("none", "magnitude")
    )
    assert plain == 2
    assert pruned > 64


def test_what_is_planned_for_a_pruned_layer_is_about_what_it_takes():
    """Weights are not normally distributed, but their positions cost much the same."""
    model = load_model("sample:lenet_300_100")
    plan = LayerPlan(n_clusters=32, pruner="magnitude", sparsity=0.9, coding="packed")
    recipe = Recipe(plan=plan, layers=("fc1*",))
    chosen = [info for info in list_layers(model.infos, recipe) if not info.skipped]
    (report,) = compress(model, recipe).layers
    assert planned_bytes(chosen, plan, 32) == pytest.approx(report.stored_bytes, rel=0.05)


def test_no_layer_is_an_error():
    """There is nothing to divide the bits by."""
    with pytest.raises(ConfigError, match="no layer"):
        entries_for_budget([], LayerPlan(), 2.0)


def test_a_budget_without_end_asks_for_no_more_than_a_plan_allows():
    """The limit is the plan's own."""
    assert PLAN_SPACE["n_clusters"].high == MOST_ENTRIES
    large = LayerInfo("w", (1000, 1000), "float32", 10**6)
    assert entries_for_budget([large], LayerPlan(), 1000.0) == MOST_ENTRIES
