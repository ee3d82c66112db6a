"""Options of the command line become the same recipe as a file would."""

import argparse

import pytest

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, WeightClusteringError
from wc_core.cli.options import add_data, add_recipe, recipe_from
from wc_core.presets import PRESETS


def asked(*arguments):
    """Return the recipe that options ask for."""
    parser = argparse.ArgumentParser()
    add_recipe(parser)
    add_data(parser)
    return recipe_from(parser.parse_args(list(map(str, arguments))))


def test_no_option_is_the_default_recipe():
    """What a person does not say stays as it is."""
    assert asked() == Recipe()


def test_every_field_of_a_plan_has_an_option():
    """The command line can ask for all that a recipe file can."""
    plan = LayerPlan(
        algorithm="som",
        n_clusters=9,
        block=BlockSpec(1, 4),
        scale="per_channel",
        codebook_dtype="float16",
        scale_dtype="int8",
        recombine="residual",
        residual_clusters=5,
        params={"radius": 0.25, "topology": "chain"},
        pruner="n_m",
        sparsity=0.25,
        pruner_params={"n": 1, "m": 4},
        coding="coded",
    )
    options = "--algorithm som --clusters 9 --block 1x4 --scale per_channel"
    options += " --codebook-dtype float16 --recombine residual --residual-clusters 5"
    options += " --param radius=0.25 --param topology=chain --scale-dtype int8 --coding coded"
    options += " --pruner n_m --sparsity 0.25 --pruner-param n=1 --pruner-param m=4"
    assert asked(*options.split()).plan == plan


def test_options_change_what_the_recipe_file_says(tmp_path):
    """The file comes first."""
    path = tmp_path / "recipe.json"
    path.write_text(Recipe(plan=LayerPlan(n_clusters=7), seed=3).to_json())
    assert asked("--recipe", path, "--seed", 4) == Recipe(plan=LayerPlan(n_clusters=7), seed=4)


@pytest.mark.parametrize("name", PRESETS)
def test_options_change_what_a_preset_says(name):
    """The preset comes first."""
    recipe = PRESETS[name].recipe
    assert asked("--preset", name) == recipe
    assert asked("--preset", name, "--clusters", 7) == recipe.with_plan(n_clusters=7)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--param", "radius"], "NAME=VALUE"),
        (["--block", "big"], "ROWSxCOLS"),
        (["--recombine", "twice"], "'residual'"),
        (["--clusters", "0"], "from 1 to 65536"),
        (["--sparsity", "2"], "from 0.0 to 1.0"),
        (["--pruner", "magic"], "'magnitude'"),
        (["--preset", "smal"], "'small'"),
        (["--preset", "small", "--recipe", "r.json"], "one of them"),
    ],
)
def test_impossible_options_are_explained(arguments, reason):
    """The sentence says what is possible."""
    with pytest.raises(WeightClusteringError, match=reason):
        asked(*arguments)


def test_a_recipe_file_that_is_no_text_is_refused(tmp_path):
    """Whatever lies under the name."""
    path = tmp_path / "recipe.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        asked("--recipe", path)
