"""The recipe as a form: what the engine declares decides what is asked."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui.algorithm_card import algorithm_card
from pages._ui.desk import Desk
from pages._ui.layer_picker import layer_picker
from pages._ui.params_form import params_form, start_button
from pages._ui.state import update
from pages._ui.views import view
from wc_core.params import IntRange
from wc_core.recipe import PLAN_SPACE, BlockSpec, LayerPlan, Recipe
from wc_core.words import _, mark

SIMPLE = ("n_clusters",)
RECIPE_SPACE = {
    "min_weights": IntRange(
        0,
        10**9,
        label=mark("Smallest layer"),
        help=mark("Layers with fewer weights are left as they are."),
    ),
    "seed": IntRange(
        0,
        2**32 - 1,
        label=mark("Seed"),
        help=mark("Same model, same recipe, same seed: the same bytes."),
    ),
}


def recipe_form(desk: Desk) -> Recipe | None:
    """Ask for a recipe; return it when the button is pressed.

    Raises
    ------
    ConfigError
        If what was asked for is impossible.
    """
    from wc_core.clustering import CLUSTERERS

    recipe = desk.project.recipe
    expert = st.toggle(
        _("Expert settings"),
        key=view("cluster.expert", desk.project.expert),
        help=_("Shows every setting of the recipe; what is hidden keeps its value."),
    )
    if expert != desk.project.expert:
        update(expert=expert)
    algorithm = st.selectbox(
        _("Algorithm"),
        list(CLUSTERERS),
        key=view("cluster.algorithm", recipe.plan.algorithm),
        format_func={name: _(CLUSTERERS[name].title) for name in CLUSTERERS}.__getitem__,
        help=_("How the entries of the codebook are found."),
    )
    algorithm_card(algorithm)
    with st.form("cluster.form"):
        plan = _plan_fields(recipe.plan, algorithm, expert)
        chosen = layer_picker(desk.model, recipe, "cluster.layers")
        general = _general_fields(recipe) if expert else {}
        pressed = start_button(_("Cluster"), "cluster.submit")
    if not pressed:
        return None
    return replace(chosen, plan=_plan(recipe.plan, algorithm, plan), **general)


def _plan_fields(plan: LayerPlan, algorithm: str, expert: bool) -> dict[str, Any]:
    names = PLAN_SPACE if expert else SIMPLE
    space = {name: PLAN_SPACE[name] for name in names}
    shown = params_form(space, {name: getattr(plan, name) for name in space}, "cluster")
    st.caption(_("Block: how many neighbouring weights share one index"))
    rows, cols = st.columns(2)
    side = {"min_value": 1, "max_value": 4096, "step": 1}
    shown["rows"] = rows.number_input(
        _("Rows"),
        key=view("cluster.block_rows", plan.block.rows),
        **side,
        help=_("Rows are output channels."),
    )
    shown["cols"] = cols.number_input(
        _("Columns"),
        key=view("cluster.block_cols", plan.block.cols),
        **side,
        help=_("Columns are the weights of one output channel; 1 × 25 is a whole 5 × 5 kernel."),
    )
    if expert:
        shown["params"] = _algorithm_fields(plan, algorithm)
    return shown


def _algorithm_fields(plan: LayerPlan, algorithm: str) -> dict[str, Any]:
    from wc_core.clustering import CLUSTERERS, free_params

    cls: Any = CLUSTERERS[algorithm]
    known = plan.params if plan.algorithm == algorithm else {}
    defaults = {**cls().get_params(), **known}
    return params_form(free_params(cls), defaults, f"cluster.{algorithm}")


def _general_fields(recipe: Recipe) -> dict[str, Any]:
    return params_form(RECIPE_SPACE, {n: getattr(recipe, n) for n in RECIPE_SPACE}, "cluster")


def _plan(plan: LayerPlan, algorithm: str, shown: dict[str, Any]) -> LayerPlan:
    values = dict(shown)
    block = BlockSpec(int(values.pop("rows")), int(values.pop("cols")))
    if algorithm != plan.algorithm:
        values.setdefault("params", {})
    return replace(plan, algorithm=algorithm, block=block, **values)
