"""Changes of the recipe that happen at a click, and the way back."""

from dataclasses import dataclass

import streamlit as st

from pages._ui.state import project, update
from wc_core.recipe import Recipe
from wc_core.words import _

CHANGES = "cluster.changes"
KEPT = 20
_PLAN = "cluster."  # keys of the widgets that show the recipe
_SHOWN = ".shown"


@dataclass(frozen=True)
class Change:
    """One step that can be taken back.

    Parameters
    ----------
    what : str
        What was done, as a button says it.
    before, after : Recipe
    """

    what: str
    before: Recipe
    after: Recipe


def change_recipe(recipe: Recipe, what: str) -> None:
    """Put another recipe into the project and remember the one before."""
    before = project().recipe
    show_recipe_anew()
    if recipe != before:
        update(recipe=recipe)
        done = [*st.session_state.get(CHANGES, ()), Change(what, before, recipe)]
        st.session_state[CHANGES] = done[-KEPT:]


def show_recipe_anew() -> None:
    """Have the form show what the recipe says, whatever was typed into it and not sent."""
    for key in [k for k in st.session_state if str(k).startswith(_PLAN)]:
        if str(key).endswith(_SHOWN):
            del st.session_state[key]


def undo_button() -> None:
    """Offer to take the last change back, as long as nothing was built on it."""
    done: list[Change] = st.session_state.get(CHANGES, [])
    if not done or done[-1].after != project().recipe:
        return
    st.button(
        _("Undo: {what}").format(what=done[-1].what),
        key="cluster.undo",
        icon=":material/undo:",
        on_click=_undo,
        type="tertiary",
    )


def _undo() -> None:
    *earlier, last = st.session_state[CHANGES]
    st.session_state[CHANGES] = earlier
    show_recipe_anew()
    update(recipe=last.before)
