"""Recipes survive JSON and refuse what they cannot mean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe
from wc_core.number_types import NUMBER_TYPES
from wc_core.recipe import PRUNER_NAMES

plans = st.builds(
    LayerPlan,
    n_clusters=st.integers(1, 4096),
    block=st.builds(BlockSpec, st.integers(1, 16), st.integers(1, 16)),
    scale=st.sampled_from(["none", "per_channel"]),
    codebook_dtype=st.sampled_from(list(NUMBER_TYPES)),
    scale_dtype=st.sampled_from(list(NUMBER_TYPES)),
    pruner=st.sampled_from(["none", *PRUNER_NAMES]),
    sparsity=st.floats(0, 1),
    pruner_params=st.dictionaries(st.sampled_from(["n", "m"]), st.integers(1, 9), max_size=2),
    coding=st.sampled_from(["cheapest", "packed", "coded"]),
    recombine=st.sampled_from(["none", "article", "residual"]),
    residual_clusters=st.integers(1, 4096),
    params=st.dictionaries(st.sampled_from(["max_iter", "tol"]), st.integers(1, 9), max_size=2),
)
names = st.text(min_size=1, max_size=12)
recipes = st.builds(
    Recipe,
    plan=plans,
    layers=st.lists(names, min_size=1, max_size=3).map(tuple),
    include=st.lists(names, max_size=2).map(tuple),
    overrides=st.dictionaries(names, plans, max_size=2),
    min_weights=st.integers(0, 10_000),
    seed=st.integers(0, 2**32 - 1),
)


@given(recipes)
def test_recipes_round_trip_through_json(recipe):
    """A recipe file says all there is to say."""
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.digest == recipe.digest


def test_what_a_recipe_does_without_it_does_not_name():
    """Recipes keep their digest, and older programs read them, when plans get new fields."""
    plain = LayerPlan().to_dict()
    assert plain.keys() == {
        "algorithm", "n_clusters", "block", "scale", "params", "codebook_dtype",
    }  # fmt: skip
    assert Recipe().digest.startswith("7305d3e55f301df9")  # as of version 0.1
    second = LayerPlan(recombine="residual", residual_clusters=4).to_dict()
    assert second.keys() - plain.keys() == {"recombine", "residual_clusters"}
    pruned = LayerPlan(pruner="n_m", pruner_params={"n": 1}, sparsity=0.5).to_dict()
    assert pruned.keys() - plain.keys() == {"pruner", "pruner_params"}


@given(recipes)
def test_the_digest_does_not_depend_on_the_order_of_keys(recipe):
    """Two files that mean the same are the same recipe."""
    shuffled = json.dumps(dict(reversed(recipe.to_dict().items())))
    assert Recipe.from_json(shuffled).digest == recipe.digest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "JSON object"),
        ('{"version": 99}', "version 99"),
        ('{"clusters": 4}', "unknown keys clusters"),
        ('{"plan": {"n_clusters": 0}}', "from 1 to 65536"),
        ('{"plan": {"n_clusters": "16"}}', "got '16'"),
        ('{"plan": {"block": "big"}}', "ROWSxCOLS"),
        ('{"plan": {"block": "0x4"}}', "from 1 to 4096"),
        ('{"plan": {"scale": "per_row"}}', "'per_channel'"),
        ('{"plan": {"params": 3}}', "params must be a JSON object"),
        ('{"plan": {"pruner_params": 3}}', "pruner_params must be a JSON object"),
        ('{"plan": {"pruner": "magic"}}', "'magnitude'"),
        ('{"plan": {"sparsity": 1.5}}', "from 0.0 to 1.0"),
        ('{"plan": {"codebook_dtype": "int4"}}', "'int8'"),
        ('{"plan": {"scale_dtype": "int4"}}', "'int8'"),
        ('{"plan": {"coding": "zip"}}', "'coded'"),
        ('{"plan": 3}', "plan must be a JSON object"),
        ('{"layers": "fc1"}', "list of patterns"),
        ('{"layers": 3}', "list of patterns"),
        ('{"overrides": {"fc1": 3}}', "fc1 must be a JSON object"),
        ('{"seed": -1}', "seed must be"),
        ('{"min_weights": 1.5}', "min_weights must be"),
    ],
)
def test_impossible_recipes_are_refused_with_the_reason(text, reason):
    """The sentence names what is wrong and what is possible."""
    with pytest.raises(ConfigError, match=reason):
        Recipe.from_json(text)


def test_overrides_win_over_the_general_plan():
    """A layer named in `overrides` has its own plan; the others share one."""
    own = LayerPlan(n_clusters=4)
    recipe = Recipe(overrides={"fc1.weight": own})
    assert recipe.plan_for("fc1.weight") is own
    assert recipe.plan_for("fc2.weight") is recipe.plan


def test_overrides_are_patterns_of_which_the_longest_wins():
    """A layer's own name comes before any pattern; of patterns of one length the first."""
    plans = {
        pattern: LayerPlan(n_clusters=k)
        for k, pattern in enumerate(("*", "fc*", "fc1.*", "f*1.w*", "fc2.weight"), start=1)
    }
    recipe = Recipe(overrides=plans)
    assert recipe.plan_for("fc2.weight") is plans["fc2.weight"]
    assert recipe.plan_for("fc1.weight") is plans["f*1.w*"]
    assert recipe.plan_for("fc3.weight") is plans["fc*"]
    assert recipe.plan_for("conv.weight") is plans["*"]
    tie = {name: LayerPlan(n_clusters=k) for k, name in enumerate(("fc?", "f*1"), start=1)}
    assert Recipe(overrides=tie).plan_for("fc1") is tie["f*1"]
    assert Recipe(overrides={"fc[1]": plans["*"]}).plan_for("fc[1]") is plans["*"]


def test_names_with_brackets_match_themselves():
    """A layer name is matched as it stands before it is taken as a pattern."""
    assert Recipe(layers=("blocks[0].weight",)).chooses("blocks[0].weight")
