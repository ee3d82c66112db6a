"""What is picked outside of the form, because it decides which fields the form has."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages._ui.algorithm_card import algorithm_card, pruner_card
from pages._ui.views import view
from wc_core.recipe import PLAN_SPACE, LayerPlan
from wc_core.words import _


@dataclass(frozen=True)
class Picked:
    """A way to prune and an algorithm."""

    pruner: str
    algorithm: str

    def into(self, plan: LayerPlan) -> LayerPlan:
        """Return the plan with these; the parameters of what is new are its defaults."""
        changes: dict[str, Any] = {}
        if self.pruner != plan.pruner:
            changes |= {"pruner": self.pruner, "pruner_params": {}}
        if self.algorithm != plan.algorithm:
            changes |= {"algorithm": self.algorithm, "params": {}}
        return replace(plan, **changes)


def plan_pickers(plan: LayerPlan) -> Picked:
    """Ask how to prune and how to cluster; call outside of a form."""
    return Picked(_pruner(plan), _algorithm(plan))


def _pruner(plan: LayerPlan) -> str:
    from wc_core.pruning import PRUNERS

    titles = {"none": _("No pruning")} | {name: _(PRUNERS[name].title) for name in PRUNERS}
    chosen: str = st.selectbox(
        _(PLAN_SPACE["pruner"].label),
        list(titles),
        key=view("cluster.pruner", plan.pruner),
        format_func=titles.__getitem__,
        help=_(PLAN_SPACE["pruner"].help),
    )
    if chosen != "none":
        pruner_card(chosen)
    return chosen


def _algorithm(plan: LayerPlan) -> str:
    from wc_core.clustering import CLUSTERERS

    chosen: str = st.selectbox(
        _("Algorithm"),
        list(CLUSTERERS),
        key=view("cluster.algorithm", plan.algorithm),
        format_func={name: _(CLUSTERERS[name].title) for name in CLUSTERERS}.__getitem__,
        help=_("How the entries of the codebook are found."),
    )
    algorithm_card(chosen)
    return chosen
