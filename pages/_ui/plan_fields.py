"""The fields of a plan, in the order of the work: prune, cluster, quantize, code."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui.params_form import params_form
from pages._ui.plan_pickers import Picked
from pages._ui.plan_text import besides_text, params_text
from pages._ui.text import plain
from pages._ui.views import view
from wc_core.params import Domain
from wc_core.recipe import PLAN_SPACE, BlockSpec, LayerPlan
from wc_core.words import _

SIDE = {"min_value": 1, "max_value": 4096, "step": 1}
SLIDER_STEP = 0.5  # per cent


def plan_fields(plan: LayerPlan, picked: Picked, *, expert: bool) -> LayerPlan:
    """Ask for everything else; call inside of a form.

    Parameters
    ----------
    plan : LayerPlan
        What the fields show first; what is hidden keeps its value.
    picked : Picked
    expert : bool
        Whether all fields are shown.
    """
    base = picked.into(plan)
    shown = _prune_fields(base, expert) | _cluster_fields(base, expert)
    if expert:
        _heading(_("Quantize"))
        shown |= _planned(base, "codebook_dtype", "scale_dtype")
        _heading(_("Code"))
        shown |= _planned(base, "coding")
    elif said := _hidden(base):
        st.caption(_("Expert settings kept: {settings}").format(settings=plain(", ".join(said))))
    return replace(base, **shown)


def _hidden(plan: LayerPlan) -> list[str]:
    """Return what the plan holds that only the expert form shows."""
    from wc_core.pruning import PRUNERS

    own: list[str] = []
    if plan.pruner != "none":
        own = params_text(PRUNERS[plan.pruner].param_space, plan.pruner_params)
    return [*own, *besides_text(plan)]


def _prune_fields(plan: LayerPlan, expert: bool) -> dict[str, Any]:
    if plan.pruner == "none":
        return {}
    from wc_core.pruning import PRUNERS

    cls: Any = PRUNERS[plan.pruner]
    shown: dict[str, Any] = {}
    if expert:
        _heading(_("Prune"))
    if cls.takes_sparsity:
        shown["sparsity"] = _sparsity(plan.sparsity)
    if expert and cls.param_space:
        defaults = {name: getattr(cls(), name) for name in cls.param_space}
        key = f"cluster.pruner.{plan.pruner}"
        shown["pruner_params"] = _own_fields(cls.param_space, defaults, plan.pruner_params, key)
    return shown


def _sparsity(share: float) -> float:
    """Ask in per cent; a share that lies between two steps of the slider stays if it is let be."""
    nearest = SLIDER_STEP * round(100 * share / SLIDER_STEP)
    asked = st.slider(
        _(PLAN_SPACE["sparsity"].label),
        0.0,
        100.0,
        step=SLIDER_STEP,
        format="%.1f %%",
        key=view("cluster.sparsity", nearest),
        help=_(PLAN_SPACE["sparsity"].help),
    )
    return share if asked == nearest else round(asked / 100, 6)


def _cluster_fields(plan: LayerPlan, expert: bool) -> dict[str, Any]:
    if expert:
        _heading(_("Cluster"))
    shown = _planned(plan, "n_clusters") | {"block": _block(plan.block)}
    if expert:
        shown |= _planned(plan, "scale")
        shown["params"] = _algorithm_fields(plan)
        shown |= _planned(plan, "recombine", "residual_clusters")
    return shown


def _planned(plan: LayerPlan, *names: str) -> dict[str, Any]:
    space = {name: PLAN_SPACE[name] for name in names}
    return params_form(space, {name: getattr(plan, name) for name in names}, "cluster")


def _block(block: BlockSpec) -> BlockSpec:
    st.caption(_("Block: how many neighbouring weights share one index"))
    rows, cols = st.columns(2)
    high = rows.number_input(
        _("Rows"),
        key=view("cluster.block_rows", block.rows),
        **SIDE,
        help=_("Rows are output channels."),
    )
    wide = cols.number_input(
        _("Columns"),
        key=view("cluster.block_cols", block.cols),
        **SIDE,
        help=_("Columns are the weights of one output channel; 1 × 25 is a whole 5 × 5 kernel."),
    )
    return BlockSpec(int(high), int(wide))


def _algorithm_fields(plan: LayerPlan) -> dict[str, Any]:
    from wc_core.clustering import CLUSTERERS, free_params

    cls: Any = CLUSTERERS[plan.algorithm]
    key = f"cluster.{plan.algorithm}"
    return _own_fields(free_params(cls), cls().get_params(), plan.params, key)


def _heading(text: str) -> None:
    """Name a stage of the work, where the form is long."""
    st.markdown(f"**{text}**")


def _own_fields(
    space: Mapping[str, Domain], defaults: Mapping[str, Any], known: Mapping[str, Any], key: str
) -> dict[str, Any]:
    """Ask for parameters; write down those that were written before or differ from the default."""
    asked = params_form(space, {**defaults, **known}, key)
    return {name: v for name, v in asked.items() if name in known or v != defaults[name]}
