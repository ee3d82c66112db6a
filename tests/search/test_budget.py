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
    codebook_dtype=st.sampled_from(["float32", "float16"]),
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
        plan = LayerPlan(n_clusters=20, block=block, scale=scale)
        recipe = Recipe(plan=plan, layers=("fc*",))
        chosen = [info for info in list_layers(model.infos, recipe) if not info.skipped]
        small = compress(model, recipe)
        assert planned_bytes(chosen, plan, 20) == sum(la.stored_bytes for la in small.layers)


def test_no_layer_is_an_error():
    """There is nothing to divide the bits by."""
    with pytest.raises(ConfigError, match="no layer"):
        entries_for_budget([], LayerPlan(), 2.0)


def test_a_budget_without_end_asks_for_no_more_than_a_plan_allows():
    """The limit is the plan's own."""
    assert PLAN_SPACE["n_clusters"].high == MOST_ENTRIES
    large = LayerInfo("w", (1000, 1000), "float32", 10**6)
    assert entries_for_budget([large], LayerPlan(), 1000.0) == MOST_ENTRIES
