"""k as a slider: one layer's entries, error and size at once, before anything is clustered."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.cached import live_layer
from pages._ui.desk import Desk
from pages._ui.errors import empty_state, show_error
from pages._ui.i18n import use_language
from pages._ui.layer_picker import layers_of
from pages._ui.layer_plans import pattern_of
from pages._ui.live_slider import live_slider
from pages._ui.one_layer import LAYER
from pages._ui.runs import start_run
from pages._ui.show_chart import show_chart
from pages._ui.state import project, update
from pages._ui.text import count, decibels, percent, plain, scientific, times
from pages._ui.views import view
from wc_core.errors import WeightClusteringError
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.models import LayerInfo
    from wc_core.recipe import LayerPlan, Recipe
    from wc_core.search import LayerPreview

PICKED, K = "cluster.live_layer", "cluster.live_k"


def live_view(desk: Desk) -> None:
    """Show one layer at whatever k the slider says, or why that is not possible."""
    with st.container(key="cluster_live"):  # the style sheet keeps it from fading
        _follow(desk)


@st.fragment
def _follow(desk: Desk) -> None:
    """Rerun alone when the slider moves: nothing else on the page waits or is drawn again."""
    from wc_core.search import LIVE_KS, why_not_live

    use_language()
    recipe = desk.project.recipe
    infos = {info.name: info for info in layers_of(desk.model, recipe) if not info.skipped}
    if not infos:
        empty_state(_("No layer is chosen: there is nothing to show."))
        return
    info = infos[_layer_choice(infos)]
    plan = recipe.plan_for(info.name)
    if reason := why_not_live(plan):
        empty_state(_("Nothing to drag with this recipe: {reason}.").format(reason=reason))
        return
    low, high = LIVE_KS
    k = st.session_state[view(K, min(max(plan.n_clusters, low), high))]
    slider = st.container()
    try:
        _show(desk, info, plan, k)
    except WeightClusteringError as error:
        show_error(error)
    _take_k(desk, info.name, k)
    with slider:
        live_slider(_("Clusters (k), live"), low, high, K)


def _layer_choice(infos: "dict[str, LayerInfo]") -> str:
    """Ask for a layer; at first the one looked at last, else the largest."""
    if st.session_state.get(PICKED) not in infos:
        last = st.session_state.get(LAYER)
        largest = max(infos, key=lambda name: infos[name].n_weights)
        st.session_state[PICKED] = last if last in infos else largest
    chosen: str = st.selectbox(
        _("Layer"),
        list(infos),
        key=PICKED,
        help=_("The layers that the recipe clusters; the largest of them at first."),
    )
    st.session_state[LAYER] = chosen
    return chosen


def _show(desk: Desk, info: "LayerInfo", plan: "LayerPlan", k: int) -> None:
    from wc_core import charts

    live = live_layer(desk.model, info, plan)
    preview = live.preview(k)
    _sentence(preview, info)
    scaled = plan.scale != "none"
    show_chart(charts.live_codebook(live.bars, live.edges, preview, scaled=scaled))
    with st.grid(3, min_column_width=110, key="cluster_live_numbers"):
        _number(_("Bits per weight"), f"{preview.bits_per_weight:.2f}")
        _number(_("SQNR"), decibels(preview.sqnr_db))
        _number(_("Distortion"), scientific(preview.distortion))


def _sentence(preview: "LayerPreview", info: "LayerInfo") -> None:
    """Say for everybody what the numbers say for engineers."""
    from wc_core.models.weights import ITEM_BYTES

    full = 8 * ITEM_BYTES[info.dtype]
    st.markdown(
        _(
            "**{entries} values stand for {n} weights**: {smaller} smaller than {full} bits for "
            "each, and off by {error} of a typical weight."
        ).format(
            entries=count(preview.entries),
            n=count(preview.n_weights),
            smaller=times(full / preview.bits_per_weight),
            full=full,
            error=percent(preview.relative_error, 1),
        )
    )


def _number(label: str, value: str) -> None:
    st.metric(label, value, border=True, height="stretch")


def _take_k(desk: Desk, layer: str, k: int) -> None:
    """Offer to cluster by the slider's k all layers that share this one's plan."""
    pattern = pattern_of(project().recipe, layer)
    label = _("Cluster all chosen layers with k = {k}").format(k=k)
    if pattern:
        label = _("Cluster {pattern} with k = {k}").format(pattern=plain(pattern), k=k)
    if st.button(
        label,
        key="cluster.live_take",
        icon=":material/play_arrow:",
        help=_("Puts this k into the recipe: file size and accuracy follow below."),
    ):
        changed = update(recipe=_with_k(project().recipe, pattern, k))
        start_run(desk.with_project(changed))
        st.rerun()


def _with_k(recipe: "Recipe", pattern: str, k: int) -> "Recipe":
    """Return the recipe with another k in the plan of a pattern, or in that of all others."""
    if not pattern:
        return recipe.with_plan(n_clusters=k)
    plan = replace(recipe.overrides[pattern], n_clusters=k)
    return replace(recipe, overrides={**recipe.overrides, pattern: plan})
