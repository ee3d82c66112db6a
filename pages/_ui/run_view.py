"""The result of a run: what was saved, what it cost, and what was left alone."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import table
from pages._ui.findings import findings
from pages._ui.one_layer import one_layer
from pages._ui.plan_text import plan_text
from pages._ui.run_job import RunResult
from pages._ui.run_numbers import numbers
from pages._ui.runs import start_run
from pages._ui.show_chart import show_chart
from pages._ui.stored_says import stored_row
from pages._ui.take_along import take_along, to_export
from pages._ui.text import percent, plain, shape_text
from wc_core.jobs import Job, JobState
from wc_core.words import _, ngettext

if TYPE_CHECKING:
    from wc_core.compression import CompressedModel
    from wc_core.layer_report import LayerReport


def run_view(desk: Desk, job: Job) -> None:
    """Show what a run has found so far."""
    result: RunResult = job.result
    if result.compressed is None or not result.compressed.layers:
        if not job.is_active:
            st.info(_("The work was cancelled before the first layer was done."))
        return
    if job.state is JobState.CANCELLED and not result.is_complete:
        _partial(desk, result.compressed)
    numbers(result)
    _remarks(result.compressed)
    findings(result.compressed.layers)
    tabs = st.tabs(
        [_("Layers"), _("One layer"), _("Left as they are"), _("Download")],
        key="cluster.tabs",
        on_change="rerun",
    )
    shows = (_layers, one_layer, _skipped, lambda r: take_along(desk, r))
    for tab, show in zip(tabs, shows, strict=True):
        if tab.open:
            with tab:
                show(result)
    if result.is_complete:
        to_export(_("Next: export it"))


def _partial(desk: Desk, compressed: "CompressedModel") -> None:
    done = len(compressed.layers)
    st.warning(
        ngettext(
            "Cancelled: {n} layer is clustered, the others are as they were; no file is written.",
            "Cancelled: {n} layers are clustered, the others are as they were; no file is written.",
            done,
        ).format(n=done)
    )
    if st.button(_("Write and measure what is done"), key="cluster.finish"):
        start_run(desk, partial=compressed)
        st.rerun()


def _remarks(compressed: "CompressedModel") -> None:
    clamped = [layer for layer in compressed.layers if layer.clamped]
    if clamped:
        names = ", ".join(f"{plain(r.name)} ({r.entries})" for r in clamped[:6])
        st.info(
            _(
                "Fewer entries than asked for: {names}. There are no more different blocks, or the "
                "algorithm has no use for more."
            ).format(names=names + (" …" if len(clamped) > 6 else "")),
            icon=":material/info:",
        )


def _layers(result: RunResult) -> None:
    from wc_core import charts

    reports = result.compressed.layers if result.compressed else ()
    show_chart(charts.layer_sizes(reports))
    show_chart(charts.layer_error(reports))
    table(
        [layer_row(report) for report in reports],
        name="clustered_layers",
        alt=_("What clustering did to each layer"),
    )


def layer_row(report: "LayerReport") -> dict[str, Any]:
    """Return one layer's numbers under the names people read."""
    row = {
        _("Layer"): report.name,
        _("Shape"): shape_text(report.shape),
        _("Weights"): report.n_weights,
        _("Block"): str(report.plan.block),
        _("Entries"): report.entries,
        _("Bits per weight"): round(report.bits_per_weight, 3),
        _("Bytes"): report.stored_bytes,
        _("SQNR (dB)"): round(report.sqnr_db, 2) if report.sqnr_db != float("inf") else None,
        _("Used entries"): percent(report.utilization, 0),
        _("Perplexity"): round(report.perplexity, 1),
        _("Index entropy"): round(report.index_entropy, 2),
        **stored_row(report),
        _("Seconds"): round(report.seconds, 3),
    }
    if report.residual_entries:
        row[_("Residual entries")] = report.residual_entries
    if report.n_exact:
        row[_("Exact blocks")] = report.n_exact
    row[_("Plan")] = plan_text(report.plan)
    return row


def _skipped(result: RunResult) -> None:
    skipped = result.compressed.skipped if result.compressed else ()
    if not skipped:
        st.caption(_("Every tensor of the model was clustered."))
        return
    rows = [
        {
            _("Tensor"): info.name,
            _("Shape"): shape_text(info.shape),
            _("Weights"): info.n_weights,
            _("Why"): info.skipped,
        }
        for info in skipped
    ]
    table(rows, name="left_as_they_are", alt=_("Tensors that were not clustered, and why"))
