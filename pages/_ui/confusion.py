"""Which classes are mixed up, before and after, and the images behind each cell."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.flips import flips
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from pages._ui.text import count, interval_text, percent
from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.evaluation import EvaluationReport

TRUE, SEEN = "quality.true", "quality.predicted"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two evaluations of the same images.

    Parameters
    ----------
    before, after : EvaluationReport
    """

    before: "EvaluationReport"
    after: "EvaluationReport"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.before.class_names

    @property
    def truth(self) -> "NDArray[np.int64]":
        """Labels; without them, what the model said before."""
        labels = self.before.labels
        return self.before.predictions if labels is None else labels

    def matrix(self, report: "EvaluationReport") -> "NDArray[np.int64]":
        """Return truth against what one of the models says, (n_classes, n_classes)."""
        import numpy as np

        n = self.before.n_classes
        # Without a finite answer there is no class, and with no class no cell.
        answered = (report.predictions >= 0) & (self.truth >= 0)
        cells = self.truth[answered] * n + report.predictions[answered]
        return np.bincount(cells, minlength=n * n).reshape(n, n)

    def name(self, label: int) -> str:
        """Return the name of a class; a dash where the model gave no answer."""
        return self.names[label] if label >= 0 else "–"


def confusion(desk: Desk, result: RunResult) -> None:
    """Show the matrices and let a person open a cell."""
    from wc_core import charts

    if result.before is None or result.after is None:
        return
    pair = Pair(result.before, result.after)
    _summary(pair)
    mode = st.segmented_control(
        _("Show"),
        ["before", "after", "difference"],
        default="difference",
        key="quality.mode",
        required=True,
        format_func=lambda m: {
            "before": _("Before"),
            "after": _("After"),
            "difference": _("Difference"),
        }[m],
    )
    _first_pick(pair)
    figure = charts.confusion_matrix(
        pair.matrix(pair.before),
        pair.names,
        mode,
        other=pair.matrix(pair.after),
        fade_diagonal=mode != "difference",
    )
    left, right = st.columns([3, 2])
    with left:
        show_chart(figure, on_pick=_pick)
    with right:
        _cell_choice(pair)
        flips(desk, pair, st.session_state[TRUE], st.session_state[SEEN])


def _summary(pair: Pair) -> None:
    before, after = pair.before, pair.after
    changed = int((before.predictions != after.predictions).sum())
    if before.labels is None:
        st.info(
            _("These images have no labels: rows are what the model said before clustering."),
            icon=":material/info:",
        )
    else:
        st.markdown(
            _("Accuracy {before} before, {after} after ({interval}).").format(
                before=percent(before.accuracy),
                after=percent(after.accuracy),
                interval=interval_text(after.interval, after.n_samples),
            )
        )
    st.markdown(
        _("{n} of {total} images are seen differently; the two models agree on {share}.").format(
            n=count(changed), total=count(after.n_samples), share=percent(after.agreement)
        )
    )


def _cell_choice(pair: Pair) -> None:
    """Let the keyboard pick a cell too."""
    options = range(len(pair.names))
    st.selectbox(
        _("True class") if pair.before.labels is not None else _("Class before"),
        options,
        key=TRUE,
        format_func=lambda i: pair.names[i],
        help=_("Or click a cell of the matrix."),
    )
    st.selectbox(_("Seen as"), options, key=SEEN, format_func=lambda i: pair.names[i])


def _first_pick(pair: Pair) -> None:
    """Open the cell off the diagonal that gained most, until somebody picks one."""
    n = pair.before.n_classes
    if st.session_state.get(TRUE, n) < n and st.session_state.get(SEEN, n) < n:
        return
    gained = pair.matrix(pair.after) - pair.matrix(pair.before)
    gained[range(n), range(n)] = 0
    st.session_state[TRUE], st.session_state[SEEN] = map(int, divmod(int(gained.argmax()), n))


def _pick(cell: str) -> None:
    true, _comma, seen = cell.partition(",")
    if true.isdigit() and seen.isdigit():
        st.session_state[TRUE], st.session_state[SEEN] = int(true), int(seen)
