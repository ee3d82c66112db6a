"""An algorithm at work beside the words and the formula that say what it does."""

from typing import Any

import streamlit as st

from pages._ui.errors import empty_state, raise_bug
from pages._ui.job_panel import job_panel
from pages._ui.show_chart import show_chart
from pages._ui.steps_job import Watched
from pages._ui.steps_keys import steps_keys
from pages._ui.text import count, plain
from wc_core.jobs import Job
from wc_core.words import _


def steps_view(job: Job) -> None:
    """Show the pictures of a job, or why there are none."""
    job_panel()
    raise_bug(job.error)
    watched: Watched | None = job.result
    if watched is not None:
        picture, words = st.columns([2, 1], gap="large")
        with picture:
            show_chart(watched.figure)
            steps_keys()
        with words:
            _words(watched)
    elif job.error is None and not job.is_active:
        empty_state(_("The work was cancelled: press *Watch* to start it again."))


def _words(watched: Watched) -> None:
    from wc_core.clustering import CLUSTERERS

    algorithm: Any = CLUSTERERS[watched.trace.plan.algorithm]
    st.header(_(algorithm.title))
    st.markdown(_(algorithm.about))
    st.latex(algorithm.formula)
    st.subheader(_("What you see"))
    st.markdown("\n".join(f"- {text}" for text in watched.legend))
    _result(watched)


def _result(watched: Watched) -> None:
    trace = watched.trace
    st.subheader(_("What comes out"))
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
