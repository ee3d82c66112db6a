"""An algorithm at work beside the words and the formula that say what it does."""

from typing import Any

import streamlit as st

from pages._ui.algorithm_card import formula
from pages._ui.errors import empty_state, raise_bug
from pages._ui.job_panel import job_panel
from pages._ui.show_chart import show_chart
from pages._ui.steps_job import Watched, drawn
from pages._ui.steps_keys import steps_keys
from pages._ui.text import count, plain
from wc_core.jobs import Job
from wc_core.words import _


def steps_view(job: Job) -> None:
    """Show the pictures of a job, or why there are none."""
    job_panel()
    raise_bug(job.error)
    if job.is_active or job.error is not None:
        return
    if job.result is None:
        empty_state(_("The work was cancelled before the first iteration: press *Watch*."))
        return
    watched = job.result
    if not isinstance(watched, Watched):
        st.warning(_("Cancelled: the iterations so far are shown."))
        watched = drawn(watched)
    show_chart(watched.figure)
    steps_keys()
    st.subheader(_("What you see"))
    st.markdown("\n".join(f"- {text}" for text in watched.legend))
    st.subheader(_("What comes out"))
    _result(watched)


def steps_words(name: str) -> None:
    """Say what an algorithm does, in words and as a formula."""
    from wc_core.clustering import CLUSTERERS

    algorithm: Any = CLUSTERERS[name]
    st.header(_(algorithm.title))
    st.markdown(_(algorithm.about))
    formula(algorithm.formula)


def _result(watched: Watched) -> None:
    trace = watched.trace
    if trace.centers is not None and trace.inertia is not None:
        st.markdown(
            _("{k} entries for {n} blocks, inertia {inertia}.").format(
                k=count(len(trace.centers)), n=count(trace.n_blocks), inertia=f"{trace.inertia:.4g}"
            )
        )
    for note in trace.report.notes if trace.report else ():
        st.caption(plain(note))
    if len(trace.frames) == 1:
        st.caption(_("The algorithm was done at once: there is nothing to play."))
