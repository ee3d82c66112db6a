"""The finished run that a page looks at, or the reason why there is none."""

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.errors import empty_state, raise_bug
from pages._ui.job_panel import job_panel
from pages._ui.run_job import RunResult
from pages._ui.runs import run_of
from wc_core.words import _


def finished(desk: Desk, *, evaluated: bool = False) -> RunResult | None:
    """Return the result of the project's recipe, or show why there is none yet.

    Parameters
    ----------
    desk : Desk
    evaluated : bool
        Whether the page needs the evaluation as well.
    """
    job = run_of(desk)
    job_panel()
    if job is None:
        _way_to_cluster(_("This model is not clustered yet."))
        return None
    if job.error is not None:
        raise_bug(job.error)
        return None
    result: RunResult | None = job.result
    if result is None or result.compressed is None or not result.compressed.layers:
        if job.is_active:
            st.caption(_("The page fills as soon as the work is done."))
        else:
            _way_to_cluster(_("The work was cancelled before the first layer was done."))
        return None
    if evaluated and result.after is None:
        return _unevaluated(result, job.is_active)
    if not job.is_active and not result.is_complete:
        st.warning(_("The work was cancelled: only the layers that were done are shown."))
    return result


def _unevaluated(result: RunResult, running: bool) -> RunResult | None:
    if running:
        st.caption(_("The page fills as soon as the work is done."))
        return None
    if result.no_accuracy:
        return result
    _way_to_cluster(_("The work was cancelled before the clustered model was measured."))
    return None


def _way_to_cluster(reason: str) -> None:
    empty_state(reason)
    st.page_link("pages/lab/cluster.py", label=_("Go to Cluster"), icon=":material/grain:")
