"""Options of the command line: what is clustered how, and on what it is measured."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wc_core.errors import ConfigError
from wc_core.params import FloatRange, IntRange
from wc_core.presets import PRESETS, preset
from wc_core.recipe import PLAN_SPACE, BlockSpec, LayerPlan, Recipe
from wc_core.words import _

# What a plan holds beside algorithm, clusters and block, each an option of its own.
PLAN_OPTIONS = tuple(name for name in PLAN_SPACE if name != "n_clusters")


_KINDS: Mapping[type, type] = {IntRange: int, FloatRange: float}


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Offer every field of a recipe."""
    plan, recipe = LayerPlan(), Recipe()
    parser.add_argument("--preset", metavar="NAME", help=", ".join(PRESETS))
    parser.add_argument("--recipe", type=Path, metavar="R.json", help=_("a recipe file"))
    parser.add_argument("--algorithm", metavar="NAME", help=plan.algorithm)
    parser.add_argument("--clusters", type=int, metavar="K", help=str(plan.n_clusters))
    parser.add_argument("--block", metavar="ROWSxCOLS", help=str(plan.block))
    for name in PLAN_OPTIONS:
        domain = PLAN_SPACE[name]
        kind = _KINDS.get(type(domain), str)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar="NAME" if kind is str else "N",
            help=domain.describe(),
        )
    for name, owner in (("param", _("of the algorithm")), ("pruner-param", _("of the pruner"))):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="NAME=VALUE", help=owner
        )
    parser.add_argument("--layers", nargs="+", metavar="GLOB", help=_("layers to cluster"))
    parser.add_argument(
        "--include", nargs="+", metavar="GLOB", help=_("layers to take although they are skipped")
    )
    parser.add_argument("--min-weights", type=int, metavar="N", help=str(recipe.min_weights))
    parser.add_argument("--seed", type=int, metavar="S", help=str(recipe.seed))


def add_data(parser: argparse.ArgumentParser) -> None:
    """Offer a data set and how its images are prepared."""
    parser.add_argument("--data", metavar="D", help=_("sample, or a .npz, .zip or .csv file"))
    parser.add_argument(
        "--preprocess", metavar="P", help=_("a preset, or a JSON object of its fields")
    )
    parser.add_argument("--limit", type=int, metavar="N", help=_("use N images only"))


def recipe_from(options: argparse.Namespace) -> Recipe:
    """Start from a preset or a recipe file, then let the options change it.

    Raises
    ------
    ConfigError
        If the file or an option is no part of a recipe, or both a preset and a file are named.
    UnknownNameError
        If no preset has the name.
    """
    if options.preset and options.recipe:
        raise ConfigError(_("--preset and --recipe both say where to start; give one of them"))
    recipe = Recipe.from_json(_read_text(options.recipe)) if options.recipe else Recipe()
    recipe = preset(options.preset).recipe if options.preset else recipe
    given = {
        "algorithm": options.algorithm,
        "n_clusters": options.clusters,
        "block": BlockSpec.parse(options.block) if options.block else None,
        **{name: getattr(options, name) for name in PLAN_OPTIONS},
        "params": dict(_param(text) for text in options.param) or None,
        "pruner_params": dict(_param(text) for text in options.pruner_param) or None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    recipe = recipe.with_plan(**changes) if changes else recipe
    return Recipe.from_dict({**recipe.to_dict(), **_recipe_options(options)})


def _recipe_options(options: argparse.Namespace) -> dict[str, Any]:
    names = ("layers", "include", "min_weights", "seed")
    return {n: getattr(options, n) for n in names if getattr(options, n) is not None}


def _param(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(_("--param is written NAME=VALUE, got {text!r}").format(text=text))
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(_("{path} is not a text file").format(path=path)) from error


def evaluation_config(options: argparse.Namespace, model: Any, dataset: Any) -> Any:
    """Return how a model is measured on a data set, as the options say.

    Raises
    ------
    ConfigError
        If the preprocessing is no preset and no JSON object of its fields.
    NotRunnableError
        If the architecture is unknown.
    """
    from dataclasses import replace

    from wc_core.data import PRESETS as PREPARATIONS
    from wc_core.data import PreprocessSpec
    from wc_core.evaluation import default_config

    config = default_config(model.forward or model.runner(), dataset)
    if options.preprocess and options.preprocess.lstrip().startswith("{"):
        try:
            fields = json.loads(options.preprocess)
        except ValueError as error:
            raise ConfigError(_("--preprocess is not JSON: {e}").format(e=error)) from error
        config = replace(config, preprocess=PreprocessSpec.from_dict(fields))
    elif options.preprocess:
        if options.preprocess not in PREPARATIONS:
            msg = _("no preset is named {name!r}; there are {known}")
            raise ConfigError(msg.format(name=options.preprocess, known=", ".join(PREPARATIONS)))
        config = replace(config, preprocess=PREPARATIONS[options.preprocess])
    return replace(config, limit=options.limit) if options.limit is not None else config
