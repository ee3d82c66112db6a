"""The fields of the form that compares algorithms; each shows what was asked last."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.compare_asked import CompareAsked, layer_choices
from pages._ui.curves_form import IMAGES
from pages._ui.desk import Desk
from pages._ui.layer_picker import layers_of, picked
from pages._ui.params_form import params_form
from pages._ui.text import count
from pages._ui.views import view
from wc_core.recipe import PLAN_SPACE, BlockSpec
from wc_core.words import _, ngettext

if TYPE_CHECKING:
    from wc_core.params import Domain

BITS = 1.5  # shown first where the size is set in bits
SIDE = {"min_value": 1, "max_value": 4096, "step": 1}


def algorithms_field(last: CompareAsked) -> tuple[str, ...]:
    """Ask for algorithms; those of a first comparison are listed first."""
    from wc_core.clustering import CLUSTERERS

    names = sorted(CLUSTERERS, key=lambda name: not CLUSTERERS[name].introductory)
    chosen = st.pills(
        _("Algorithms"),
        names,
        selection_mode="multi",
        key=view("compare.algorithms", list(last.algorithms)),
        format_func=lambda name: _(CLUSTERERS[name].title),
    )
    return tuple(name for name in names if name in chosen)


def layer_field(desk: Desk, last: CompareAsked) -> str:
    """Ask for one layer or all of the recipe."""
    recipe = desk.project.recipe
    sizes = {info.name: info.n_weights for info in layers_of(desk.model, recipe)}
    n_layers = len(picked(desk.model, recipe))
    every = ngettext(
        "The {n} layer of the recipe", "All {n} layers of the recipe", n_layers
    ).format(n=n_layers)
    return str(
        st.selectbox(
            _("Layer"),
            layer_choices(desk),
            key=view("compare.layer", last.layer),
            format_func=lambda name: f"{name} · {count(sizes[name])}" if name else every,
            help=_("Behind the name stands the number of its weights."),
        )
    )


def block_fields(last: CompareAsked) -> BlockSpec:
    """Ask for the sides of a block."""
    rows, cols = st.columns(2)
    how: dict[str, Any] = {**SIDE, "help": _("How many neighbouring weights share one index.")}
    return BlockSpec(
        int(rows.number_input(_("Block rows"), key=view("compare.rows", last.block.rows), **how)),
        int(cols.number_input(_("Columns"), key=view("compare.cols", last.block.cols), **how)),
    )


def clusters_field(last: CompareAsked) -> dict[str, Any]:
    """Ask for the number of entries."""
    space = {"n_clusters": PLAN_SPACE["n_clusters"]}
    return {**params_form(space, {"n_clusters": last.n_clusters}, "compare")}


def bits_field(last: CompareAsked) -> dict[str, Any]:
    """Ask for a budget in bits per weight."""
    bits = st.number_input(
        _("Bits per weight"),
        min_value=0.001,
        max_value=64.0,
        step=0.25,
        format="%.3f",
        key=view("compare.bits", last.budget or BITS),
        help=_("The largest number of entries is taken whose indices and codebook fit."),
    )
    return {"n_clusters": last.n_clusters, "budget": float(bits)}


def polish_field(last: CompareAsked) -> int:
    """Ask for the Lloyd steps that every algorithm gets afterwards which knows them."""
    from wc_core.clustering import CLUSTERERS

    spaces = (CLUSTERERS[name].param_space for name in CLUSTERERS)
    space: dict[str, Domain] = next({"polish": s["polish"]} for s in spaces if "polish" in s)
    return int(params_form(space, {"polish": last.polish}, "compare")["polish"])


def images_field(desk: Desk, last: CompareAsked) -> int:
    """Ask on how many images an accuracy rests."""
    if desk.config is None or desk.dataset is None:
        st.caption(_("Without a model that runs on a data set there is no accuracy."))
        return 0
    most = len(desk.dataset)
    return int(
        st.selectbox(
            _("Images for each accuracy"),
            sorted({min(n, most) for n in (*IMAGES, last.n_images)}),
            key=view("compare.images", min(last.n_images, most)),
            format_func=count,
            help=_(
                "More images, surer numbers, longer wait. The images are spread over all classes."
            ),
        )
    )
