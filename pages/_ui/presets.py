"""Recipes to start from: one click fills the form."""

from collections.abc import Mapping

import streamlit as st

from pages._ui.layer_scope import ask_for_all_layers
from pages._ui.recipe_changes import change_recipe
from pages._ui.views import view
from wc_core.recipe import Recipe
from wc_core.words import _

KEY = "cluster.preset"


def preset_choice(recipe: Recipe) -> None:
    """Offer the presets; the one that the recipe still is shows as chosen."""
    from wc_core.presets import PRESETS

    titles = {name: _(PRESETS[name].title) for name in PRESETS}
    chosen = next((name for name in PRESETS if PRESETS[name].recipe == recipe), None)
    done = {name: _("preset {title}").format(title=title) for name, title in titles.items()}
    st.radio(
        _("Start from"),
        list(titles),
        index=None,
        horizontal=True,
        key=view(KEY, chosen),
        format_func=titles.__getitem__,
        on_change=_take,
        args=(done,),
        help=_("Fills the form with a recipe that suits any model; then change what you like."),
    )
    if chosen is not None:
        st.caption(_(PRESETS[chosen].about))


def _take(done: Mapping[str, str]) -> None:
    """Put the chosen preset into the project; its undo is called what `done` says."""
    from wc_core.presets import PRESETS

    name = st.session_state[KEY]
    ask_for_all_layers()
    change_recipe(PRESETS[name].recipe, done[name])
