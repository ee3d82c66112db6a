"""The recipe as a form: what the engine declares decides what is asked."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.errors import show_error
from pages._ui.layer_picker import layer_picker
from pages._ui.layer_plans import plan_list
from pages._ui.layer_scope import Scope, layer_scope, save_plan
from pages._ui.params_form import params_form, start_button
from pages._ui.plan_fields import plan_fields
from pages._ui.plan_pickers import Picked, plan_pickers
from pages._ui.presets import preset_choice
from pages._ui.state import update
from pages._ui.views import view
from wc_core.errors import WeightClusteringError
from wc_core.params import IntRange
from wc_core.recipe import Recipe
from wc_core.words import _, mark

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
    """Ask for a recipe; return it when the button is pressed, unless it is impossible."""
    expert = _expert(desk)
    preset_choice(desk.project.recipe)
    scope = layer_scope(desk)
    picked = plan_pickers(scope.plan)
    asked = None
    try:
        if scope.patterns:
            _some_layers(desk, scope, picked, expert=expert)
        else:
            asked = _all_layers(desk, picked, expert=expert)
    except WeightClusteringError as error:
        show_error(error)
    plan_list(desk)
    return asked


def _expert(desk: Desk) -> bool:
    expert = st.toggle(
        _("Expert settings"),
        key=view("cluster.expert", desk.project.expert),
        help=_("Shows every setting of the recipe; what is hidden keeps its value."),
    )
    if expert != desk.project.expert:
        update(expert=expert)
    return expert


def _all_layers(desk: Desk, picked: Picked, *, expert: bool) -> Recipe | None:
    """Ask for the plan of all layers, and which they are."""
    recipe = desk.project.recipe
    with st.form("cluster.form"):
        plan = plan_fields(recipe.plan, picked, expert=expert)
        chosen = layer_picker(desk.model, recipe, "cluster.layers")
        general = _general_fields(recipe) if expert else {}
        pressed = start_button(_("Cluster"), "cluster.submit")
    return replace(chosen, plan=plan, **general) if pressed else None


def _some_layers(desk: Desk, scope: Scope, picked: Picked, *, expert: bool) -> None:
    """Ask for the plan of some layers, and keep it."""
    with st.form("cluster.form"):
        plan = plan_fields(scope.plan, picked, expert=expert)
        pressed = start_button(_("Use for these layers"), "cluster.plan_save")
    if pressed and scope.is_possible:
        save_plan(desk, scope.patterns, plan)
        st.rerun()


def _general_fields(recipe: Recipe) -> dict[str, Any]:
    return params_form(RECIPE_SPACE, {n: getattr(recipe, n) for n in RECIPE_SPACE}, "cluster")
