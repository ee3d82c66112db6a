"""The comparison: a sentence, a table, charts; it grows while the algorithms run."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.compare_asked import CompareAsked
from pages._ui.compare_cards import findings, ideas, title_of
from pages._ui.compare_codebooks import compare_codebooks
from pages._ui.compare_shelf import Keys
from pages._ui.compare_table import compare_table
from pages._ui.desk import Desk
from pages._ui.errors import empty_state
from pages._ui.show_chart import show_chart
from pages._ui.text import decibels, percent, plain, shape_text
from wc_core.jobs import Job, JobState
from wc_core.words import _, ngettext

if TYPE_CHECKING:
    from wc_core.search import Comparison, ComparisonRow

GROWS_SECONDS = 1.0


def compare_view(desk: Desk, asked: CompareAsked, keys: Keys, job: Job | None) -> None:
    """Show the rows that there are."""
    known = keys.found()
    _grow(keys, len(known.rows), job)
    rows = sorted((row for row in known.rows if not row.refusal), key=_worst_last)
    st.header(_("Result"))
    _state(known, job)
    if rows:
        _said(desk, asked, known, rows)
        compare_table([*rows, *(row for row in known.rows if row.refusal)])
        _scores(desk, known, rows, job)
        compare_codebooks(desk, rows)
    findings(known.rows)
    ideas(asked.algorithms)


def _worst_last(row: "ComparisonRow") -> float:
    return -row.sqnr_db if row.sqnr_db is not None else 0.0


def _grow(keys: Keys, n_shown: int, job: Job | None) -> None:
    """Run the page again whenever another algorithm is done."""
    if job is None or not job.is_active:
        return

    @st.fragment(run_every=GROWS_SECONDS)
    def watch() -> None:
        if len(keys.found().rows) > n_shown:
            st.rerun()

    watch()


def _state(known: "Comparison", job: Job | None) -> None:
    if job is not None and job.is_active:
        st.caption(_("Rows appear one by one, as the algorithms get done."))
    elif not known.rows and job is None:
        empty_state(_("Nothing is compared yet: press *Compare* (Ctrl + Enter)."))
    elif job is not None and job.state is JobState.CANCELLED:
        st.warning(_("Cancelled: what was finished is shown. *Compare* does the rest."))


def _said(
    desk: Desk, asked: CompareAsked, known: "Comparison", rows: "list[ComparisonRow]"
) -> None:
    """Say in words under which terms the algorithms ran, and which came out first."""
    terms = {"k": asked.n_clusters, "block": shape_text((asked.block.rows, asked.block.cols))}
    if asked.layer:
        where = _("layer {layer}").format(layer=plain(asked.layer))
    else:
        n = len(asked.layers(desk))
        where = ngettext("{n} layer", "{n} layers", n).format(n=n)
    text = _("All with k = {k} and blocks of {block} on {where}.").format(where=where, **terms)
    if asked.budget is not None:
        text += " " + _("So many entries fit in {bits} bits per weight.").format(
            bits=f"{asked.budget:g}"
        )
    st.caption(text)
    if len(rows) > 1:
        st.markdown(" ".join([_least_error(rows), _most_accurate(known, rows)]).strip())


def _least_error(rows: "list[ComparisonRow]") -> str:
    first, last = rows[0], rows[-1]
    return _("Least error: **{name}**, {value}; most: {other}, {least}.").format(
        name=title_of(first.algorithm),
        value=decibels(first.sqnr_db or 0.0),
        other=title_of(last.algorithm),
        least=decibels(last.sqnr_db or 0.0),
    )


def _most_accurate(known: "Comparison", rows: "list[ComparisonRow]") -> str:
    """Name the highest accuracy, and how many others chance may have put below it."""
    measured = [row for row in rows if row.accuracy is not None and row.interval is not None]
    if not measured or known.baseline is None:
        return ""
    best = max(measured, key=lambda row: row.accuracy or 0.0)
    low = best.interval[0] if best.interval else 0.0
    close = sum((row.accuracy or 0.0) >= low for row in measured) - 1
    text = _("Highest accuracy: **{name}**, {value} (before: {before}).").format(
        name=title_of(best.algorithm),
        value=percent(best.accuracy, 1),
        before=percent(known.baseline.accuracy, 1),
    )
    if close:
        text += " " + ngettext(
            "{n} other lies within its 95 % interval, so their order may be chance.",
            "{n} others lie within its 95 % interval, so their order may be chance.",
            close,
        ).format(n=close)
    return text


def _scores(desk: Desk, known: "Comparison", rows: "list[ComparisonRow]", job: Job | None) -> None:
    from wc_core import charts

    named = {title_of(row.algorithm): row for row in rows}
    measured: dict[str, Any] = {}
    if known.baseline is not None:
        measured = {"baseline": known.baseline.accuracy, "interval": known.baseline.interval}
    measure = "accuracy" if rows[0].accuracy is not None or not rows[0].n_samples else "agreement"
    left, right = st.columns(2, gap="large")
    with left:
        show_chart(charts.compared_scores(named, "sqnr_db"))
    with right:
        if rows[0].n_samples:
            show_chart(charts.compared_scores(named, measure, **measured))
        else:
            said = job.result.no_accuracy if job and job.result else ""
            empty_state(plain(said or desk.problem or _("The model was not run on any image.")))
    left, right = st.columns(2, gap="large")
    with left:
        show_chart(charts.compared_scores(named, "seconds"))
    with right:
        show_chart(charts.compared_scores(named, "perplexity"))
