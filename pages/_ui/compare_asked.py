"""What algorithms are compared on, as one frozen value, and what was asked last."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.layer_picker import layers_of, pickable, picked
from wc_core.recipe import BlockSpec, Recipe

if TYPE_CHECKING:
    from wc_core.models import LayerInfo

ASKED = "compare.asked"
EVERY_LAYER = ""
IMAGES = 1000  # of somebody else's data; of the samples, which are small, all are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareAsked:
    """One comparison.

    Parameters
    ----------
    layer : str
        The layer to cluster; empty for all that the recipe chooses.
    algorithms : tuple of str
    block : BlockSpec
    n_clusters : int
    budget : float, optional
        Bits per weight that `n_clusters` was computed from.
    polish : int
        Lloyd steps afterwards.
    n_images : int
        Images that accuracies rest on; 0 without any.
    """

    layer: str
    algorithms: tuple[str, ...]
    block: BlockSpec
    n_clusters: int
    budget: float | None = None
    polish: int = 0
    n_images: int = 0

    @property
    def shared(self) -> dict[str, int]:
        """Parameters that every algorithm gets which knows them."""
        return {"polish": self.polish} if self.polish else {}

    def recipe(self, desk: Desk) -> Recipe:
        """Return the recipe of the project with these layers and this plan."""
        base = desk.project.recipe
        plan = replace(base.plan, block=self.block, n_clusters=self.n_clusters)
        recipe = replace(base, plan=plan, overrides={})
        if self.layer == EVERY_LAYER:
            return recipe
        return replace(recipe, layers=(self.layer,), include=(self.layer,))

    def layers(self, desk: Desk) -> "list[LayerInfo]":
        """Return the layers that are clustered."""
        return [info for info in layers_of(desk.model, self.recipe(desk)) if not info.skipped]


def asked_last(desk: Desk) -> CompareAsked:
    """Return what was asked last, or what a first comparison takes, for the model in use."""
    from wc_core.search import default_algorithms

    asked: CompareAsked | None = st.session_state.get(ASKED)
    layer = _largest(desk)
    n_images = _images(desk)
    if asked is None:
        return CompareAsked(
            layer=layer,
            algorithms=default_algorithms(),
            block=BlockSpec(1, 4),
            n_clusters=32,
            n_images=n_images,
        )
    if asked.layer not in layer_choices(desk):
        asked = replace(asked, layer=layer)
    if n_images == 0 or asked.n_images == 0:
        asked = replace(asked, n_images=n_images)
    return asked


def layer_choices(desk: Desk) -> list[str]:
    """Return the layers to choose from, and at the end all of the recipe if it takes any."""
    recipe = desk.project.recipe
    every = [EVERY_LAYER] if picked(desk.model, recipe) else []
    return [*pickable(desk.model, recipe), *every]


def _largest(desk: Desk) -> str:
    """Return the largest layer that the recipe takes, or could take."""
    sizes = {info.name: info.n_weights for info in layers_of(desk.model, desk.project.recipe)}
    recipe = desk.project.recipe
    names = picked(desk.model, recipe) or pickable(desk.model, recipe)
    return max(names, key=sizes.__getitem__, default=EVERY_LAYER)


def _images(desk: Desk) -> int:
    if desk.config is None or desk.dataset is None:
        return 0
    return len(desk.dataset) if desk.is_sample else min(IMAGES, len(desk.dataset))
