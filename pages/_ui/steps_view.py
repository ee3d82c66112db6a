"""An algorithm at work beside the words and the formula that say what it does."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.algorithm_card import formula
from pages._ui.errors import empty_state, raise_bug
from pages._ui.i18n import current_language
from pages._ui.job_panel import job_panel
from pages._ui.show_chart import show_chart
from pages._ui.steps_job import drawing_of
from pages._ui.steps_keys import steps_keys
from pages._ui.text import count, plain
from wc_core.jobs import Job, JobState
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.trace import Trace


def steps_words(name: str) -> None:
    """Say what an algorithm does, in words and as a formula."""
    from wc_core.clustering import CLUSTERERS

    algorithm: Any = CLUSTERERS[name]
    st.header(_(algorithm.title))
    st.markdown(_(algorithm.about))
    formula(algorithm.formula)


def steps_view(job: Job) -> None:
    """Show the pictures of a job, or why there are none."""
    job_panel()
    raise_bug(job.error)
    trace: Trace | None = job.result
    if job.is_active or job.error is not None:
        return
    if trace is None:
        empty_state(_("The work was cancelled before the first iteration: press *Watch*."))
        return
    if job.state is JobState.CANCELLED:
        st.warning(_("Cancelled: the iterations so far are shown."))
    drawing = drawing_of(trace, current_language())
    show_chart(drawing.figure)
    steps_keys()
    st.subheader(_("What you see"))
    st.markdown("\n".join(f"- {text}" for text in drawing.legend))
    _result(trace)


def _result(trace: "Trace") -> None:
    if trace.centers is None or trace.report is None:
        return  # the work was cancelled
    st.subheader(_("What comes out"))
    st.markdown(
        _("{k} entries for {n} blocks, inertia {inertia}.").format(
            k=count(len(trace.centers)), n=count(trace.n_blocks), inertia=f"{trace.inertia:.4g}"
        )
    )
    for note in trace.report.notes:
        st.caption(plain(note))
    if len(trace.frames) == 1:
        st.caption(_("The algorithm was done at once: there is nothing to play."))
