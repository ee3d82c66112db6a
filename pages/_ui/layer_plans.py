"""Plans of their own for some layers: listed, edited, removed, taken back."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.layer_picker import picked
from pages._ui.layer_scope import PATTERNS, layers_text
from pages._ui.plan_text import plan_text
from pages._ui.recipe_changes import change_recipe, show_recipe_anew, undo_button
from pages._ui.state import project
from pages._ui.text import plain
from wc_core.recipe import LayerPlan, Recipe
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.models import Model


def pattern_of(recipe: Recipe, layer: str) -> str:
    """Return the name or pattern whose plan a layer has; empty if it has that of all others."""
    for pattern in recipe.overrides:
        if _is_served(recipe, pattern, layer):
            return pattern
    return ""


def plan_list(desk: Desk) -> None:
    """List the plans of single layers, each with what it serves, to edit and to remove."""
    recipe = desk.project.recipe
    if recipe.overrides:
        st.subheader(_("Layers with settings of their own"))
    for number, (pattern, plan) in enumerate(recipe.overrides.items()):
        with st.container(border=True, key=f"cluster.plan.{number}", gap="small"):
            st.markdown(f"**{plain(pattern)}**: {plain(plan_text(plan))}")
            st.caption(layers_text(_served(desk.model, recipe, pattern)))
            _actions(number, pattern)
    undo_button()


def _actions(number: int, pattern: str) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Edit"),
            key=f"cluster.plan_edit.{number}",
            icon=":material/edit:",
            on_click=_edit,
            args=(pattern,),
            help=_("Shows these settings in the form."),
        )
        st.button(
            _("Remove"),
            key=f"cluster.plan_remove.{number}",
            icon=":material/delete:",
            on_click=_remove,
            args=(pattern, _("{pattern} removed").format(pattern=pattern)),
            help=_("These layers then get the settings of all others."),
        )


def _edit(pattern: str) -> None:
    st.session_state[PATTERNS] = [pattern]
    show_recipe_anew()


def _remove(pattern: str, what: str) -> None:
    recipe = project().recipe
    left = {name: plan for name, plan in recipe.overrides.items() if name != pattern}
    change_recipe(replace(recipe, overrides=left), what)


def _served(model: "Model", recipe: Recipe, pattern: str) -> list[str]:
    """Return the layers that are clustered by the plan of a pattern, not by a closer one's."""
    return [name for name in picked(model, recipe) if _is_served(recipe, pattern, name)]


def _is_served(recipe: Recipe, pattern: str, layer: str) -> bool:
    """Tell whether the plan of a layer is that of the pattern; equal plans are told apart."""
    others, own = LayerPlan(n_clusters=1), LayerPlan(n_clusters=2)
    plans = {name: own if name == pattern else others for name in recipe.overrides}
    return replace(recipe, plan=others, overrides=plans).plan_for(layer) is own
