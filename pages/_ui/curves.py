"""Per-layer curves: the job, and what came out."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.board import board, job_key
from pages._ui.curves_form import CurvesAsked
from pages._ui.desk import Desk
from pages._ui.downloads import table
from pages._ui.errors import empty_state
from pages._ui.one_layer import LAYER
from pages._ui.show_chart import show_chart
from pages._ui.text import count
from wc_core.jobs import Job, JobState
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.search import CurvePoint

COLOURS = 8  # lines that the eye tells apart
ASKED = "tradeoffs.asked"  # what was measured last, by model


def curves_job(desk: Desk, asked: CurvesAsked | None) -> Job | None:
    """Start what was asked, or find what was asked before."""
    if asked is not None and not asked.ks:
        st.error(_("Choose at least one number of clusters."))
        return None
    if asked is not None:
        st.session_state[ASKED] = asked
    asked = asked or st.session_state.get(ASKED)
    if asked is None:
        return None
    digests = (desk.model.digest, desk.project.recipe.digest, desk.evaluation_key)
    key = job_key("curves", *digests, ",".join(map(str, asked.ks)), str(asked.n_images))
    found = board().find(key)
    fresh = st.session_state.get("tradeoffs.submit", False)
    return _start(desk, asked, key) if fresh and (found is None or not found.is_active) else found


def curves_view(desk: Desk, job: Job) -> None:
    """Show the points there are."""
    from wc_core import charts

    points: Sequence[CurvePoint] = job.result or ()
    if not points:
        if not job.is_active:
            empty_state(_("The work was cancelled before the first point."))
        return
    if job.state is JobState.CANCELLED:
        st.warning(_("Cancelled: the points measured so far are shown."))
    measures = _measures(points)
    measure = st.segmented_control(
        _("Against size, show"),
        list(measures),
        key="tradeoffs.measure",
        default=next(iter(measures)),
        required=True,
        format_func=measures.__getitem__,
    )
    n = points[0].n_samples
    if measure != "sqnr_db":
        st.caption(_("Every point is measured on the same {n} images.").format(n=count(n)))
    show_chart(charts.layer_curves(points, measure, highlight=_highlight(points)))
    rows = [_row(point) for point in points]
    table(rows, name="layer_curves_points", alt=_("All points of the curves"))
    if not all(isfinite(point.sqnr_db) for point in points):
        st.caption(_("No SQNR: every different block has an entry of its own, nothing is lost."))


def _start(desk: Desk, asked: CurvesAsked, key: str) -> Job:
    from wc_core.search import layer_curves_steps

    config = replace(desk.config, limit=asked.n_images) if desk.config else None
    dataset = desk.dataset if config is not None and asked.n_images else None
    model, recipe = desk.model, desk.project.recipe
    board().supersede(job_key("curves", ""), key)
    return board().submit(
        key,
        lambda: layer_curves_steps(model, recipe, asked.ks, dataset, config),
        _("Curves of {model}").format(model=model.name),
    )


def _row(point: "CurvePoint") -> dict[str, Any]:
    return {
        _("Layer"): point.layer,
        _("k"): point.k,
        _("Entries"): point.entries,
        _("Bytes"): point.stored_bytes,
        _("Bits per weight"): round(point.bits_per_weight, 3),
        _("SQNR (dB)"): round(point.sqnr_db, 2) if isfinite(point.sqnr_db) else None,
        _("Accuracy"): point.accuracy,
        _("Agreement"): point.agreement,
        _("Images"): point.n_samples,
    }


def _highlight(points: "Sequence[CurvePoint]") -> list[str]:
    """Return the layer last looked at, if there are too many to give each a colour."""
    layer = st.session_state.get(LAYER)
    many = len({point.layer for point in points}) > COLOURS
    return [layer] if many and layer else []


def _measures(points: "Sequence[CurvePoint]") -> dict[str, str]:
    names = {"accuracy": _("Accuracy"), "agreement": _("Agreement"), "sqnr_db": _("SQNR")}
    return {m: label for m, label in names.items() if getattr(points[0], m) is not None}
