"""Precision, recall and F1 of each class, before and after."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import table
from pages._ui.errors import empty_state
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from pages._ui.text import percent, points
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.evaluation import EvaluationReport


def class_scores(_desk: Desk, result: RunResult) -> None:
    """Show averages, the chart of one score, and the table of all."""
    from wc_core import charts

    before, after = result.before, result.after
    if before is None or after is None or after.f1 is None:
        empty_state(_("These images have no labels, so there are no scores per class."))
        return
    names = {"f1": _("F1"), "precision": _("Precision"), "recall": _("Recall")}
    with st.grid(3, min_column_width=170, key="quality_scores"):
        for score, label in names.items():
            now, then = getattr(after, f"macro_{score}"), getattr(before, f"macro_{score}")
            st.metric(
                _("{score}, mean of classes").format(score=label),
                percent(now),
                points(now, then),
                border=True,
                help=_("Every class counts alike, however many images it has."),
            )
    chosen = st.segmented_control(
        _("Score"),
        list(names),
        default="f1",
        key="quality.score",
        required=True,
        format_func=names.__getitem__,
    )
    show_chart(charts.class_scores(before, after, score=chosen))
    show_chart(charts.accuracy_interval({_("before"): before, _("after"): after}))
    rows = [_row(before, after, i) for i in range(before.n_classes)]
    table(rows, name="class_scores", alt=_("Scores of each class before and after clustering"))


def _row(before: "EvaluationReport", after: "EvaluationReport", i: int) -> dict[str, Any]:
    row: dict[str, Any] = {_("Class"): after.class_names[i], _("Images"): int(after.support[i])}
    labels = {"precision": _("Precision"), "recall": _("Recall"), "f1": _("F1")}
    for score, label in labels.items():
        row[_("{score} before").format(score=label)] = round(float(getattr(before, score)[i]), 4)
        row[_("{score} after").format(score=label)] = round(float(getattr(after, score)[i]), 4)
    return row
