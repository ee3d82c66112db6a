"""For which layers the form asks: all, or some that get a plan of their own."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.errors import show_error
from pages._ui.layer_picker import pickable
from pages._ui.recipe_changes import change_recipe, show_recipe_anew
from pages._ui.text import listed, plain
from wc_core.errors import ConfigError
from wc_core.recipe import LayerPlan
from wc_core.words import _, ngettext

PATTERNS = "cluster.patterns"
FRESH = "cluster.patterns.fresh"
BASE = "cluster.patterns.base"


@dataclass(frozen=True)
class Scope:
    """For which layers the form asks.

    Parameters
    ----------
    patterns : tuple of str
        Names and patterns; empty for all layers that have no settings of their own.
    plan : LayerPlan
        What they have at present.
    is_possible : bool
        Whether every pattern matches a layer.
    """

    patterns: tuple[str, ...]
    plan: LayerPlan
    is_possible: bool = True


def layer_scope(desk: Desk) -> Scope:
    """Ask for which layers the settings are; call outside of a form."""
    recipe = desk.project.recipe
    if st.session_state.pop(FRESH, False):
        ask_for_all_layers()
    names = pickable(desk.model, recipe)
    chosen = st.multiselect(
        _("Settings for"),
        list(dict.fromkeys([*recipe.overrides, *patterns(names), *names])),
        key=PATTERNS,
        accept_new_options=True,
        placeholder=_("All other layers") if recipe.overrides else _("All layers"),
        help=_(
            "Choose layers, or type a pattern, to give them settings of their own: in fc* the star "
            "stands for any letters. Empty: all layers without settings of their own."
        ),
    )
    wanted = tuple(text.strip() for text in chosen)
    base = wanted[0] if len(wanted) == 1 and wanted[0] in recipe.overrides else ""
    if st.session_state.get(BASE, "") != base:  # another plan: nothing typed is meant for it
        show_recipe_anew()
    st.session_state[BASE] = base
    plan = recipe.overrides[base] if base else recipe.plan
    return Scope(wanted, plan, not wanted or _is_possible(desk, wanted, names))


def ask_for_all_layers() -> None:
    """Have the form ask for all layers again; call before it is shown."""
    st.session_state[PATTERNS] = []


def save_plan(desk: Desk, chosen: tuple[str, ...], plan: LayerPlan) -> None:
    """Give layers a plan of their own; the form then shows that of all others again.

    Raises
    ------
    ConfigError
        If a pattern matches no layer that could be clustered.
    """
    check_patterns(chosen, pickable(desk.model, desk.project.recipe))
    recipe = desk.project.recipe
    change_recipe(
        replace(recipe, overrides={**recipe.overrides, **dict.fromkeys(chosen, plan)}),
        _("settings of {patterns}").format(patterns=", ".join(chosen)),
    )
    st.session_state[FRESH] = True


def _is_possible(desk: Desk, wanted: tuple[str, ...], names: list[str]) -> bool:
    """Say which layers are meant, or what is wrong with the patterns."""
    try:
        check_patterns(wanted, names)
    except ConfigError as error:
        show_error(error)
        return False
    meant = [name for name in names if any(_matches(name, pattern) for pattern in wanted)]
    st.caption(layers_text(meant))
    return True


def check_patterns(wanted: Collection[str], names: Collection[str]) -> None:
    """Raise unless every pattern matches one of the layers.

    Raises
    ------
    ConfigError
        Says what was asked, and which layers there are.
    """
    for pattern in wanted:
        if not any(_matches(name, pattern) for name in names):
            msg = _(
                "no layer that can be clustered matches {pattern!r}; in a pattern * stands for any "
                "letters, as in {example}. The layers are {names}"
            )
            example = next(iter(patterns(names)), "fc*")
            raise ConfigError(
                msg.format(pattern=pattern, names=listed(list(names)), example=example)
            )


def patterns(names: Collection[str]) -> list[str]:
    """Return patterns for layers whose names begin alike, if there is more than one kind.

    Examples
    --------
    >>> patterns(["conv1.weight", "conv2.weight", "fc1.weight"])
    ['conv*', 'fc*']
    """
    heads = [match[0] for name in names if (match := re.match(r"[A-Za-z_]+", name))]
    kinds = dict.fromkeys(heads)
    return [f"{kind}*" for kind in kinds] if len(kinds) > 1 else []


def layers_text(names: list[str]) -> str:
    """Return how many layers there are, and the first of their names."""
    if not names:
        return _("no layer at present: none that is clustered matches, or a closer pattern does")
    return ngettext("{n} layer: {names}", "{n} layers: {names}", len(names)).format(
        n=len(names), names=plain(listed(names))
    )


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)
