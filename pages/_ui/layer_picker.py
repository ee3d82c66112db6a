"""Which layers are clustered: one answer in the recipe, shown as a list and as a table."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.views import view
from wc_core.recipe import Recipe
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.models import LayerInfo, Model

EVERY = ("*",)


def layers_of(model: "Model", recipe: Recipe) -> "tuple[LayerInfo, ...]":
    """Return all tensors of a model, each with the reason if the recipe leaves it out."""
    from wc_core.models import list_layers

    return list_layers(model.infos, recipe)


def picked(model: "Model", recipe: Recipe) -> list[str]:
    """Return the layers that a recipe clusters."""
    return [info.name for info in layers_of(model, recipe) if not info.skipped]


def pickable(model: "Model", recipe: Recipe) -> list[str]:
    """Return the layers that could be clustered, those skipped by default among them."""
    return picked(model, replace(recipe, layers=EVERY, include=EVERY))


def with_picks(model: "Model", recipe: Recipe, picks: Collection[str]) -> Recipe:
    """Return the recipe that clusters exactly these layers.

    Layers that are small or depthwise have to be included by name. All layers that are
    taken by default stay written as `*`, so that the recipe fits other models too.
    """
    by_default = picked(model, replace(recipe, layers=EVERY, include=()))
    include = tuple(name for name in picks if name not in by_default)
    everything = set(by_default) <= set(picks)
    return replace(recipe, layers=EVERY if everything else tuple(picks), include=include)


def layer_picker(model: "Model", recipe: Recipe, key: str) -> Recipe:
    """Ask for the layers to cluster; return the recipe that says so.

    Raises
    ------
    ConfigError
        Never by itself; an empty choice is refused when it is clustered.
    """
    chosen = st.multiselect(
        _("Layers to cluster"),
        pickable(model, recipe),
        key=view(key, picked(model, recipe)),
        help=_(
            "Small and depthwise layers are left out by default, because their codebook costs "
            "what it saves or their accuracy suffers; add them here to take them anyway."
        ),
    )
    if set(chosen) == set(picked(model, recipe)):
        return recipe
    return with_picks(model, recipe, chosen)
