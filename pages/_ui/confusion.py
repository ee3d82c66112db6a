"""Which classes are mixed up, before and after, and the images behind each cell."""

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.flips import flips
from pages._ui.pair import Pair, mode_choice
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from pages._ui.text import count, interval_text, percent
from wc_core.words import _

TRUE, SEEN = "quality.true", "quality.predicted"


def confusion(desk: Desk, result: RunResult) -> None:
    """Show the matrices and let a person open a cell."""
    from wc_core import charts

    if result.before is None or result.after is None:
        return
    pair = Pair(result.before, result.after)
    _summary(pair)
    mode = mode_choice("quality.mode", default="difference")
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
