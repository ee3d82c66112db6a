"""What is being computed right now: how far, how long still, and a way to stop it."""

import streamlit as st

from pages._ui.board import active_jobs
from pages._ui.i18n import use_language
from pages._ui.text import duration, plain
from wc_core.jobs import Job
from wc_core.words import _

POLL_SECONDS = 0.5


def job_panel() -> None:
    """Show all jobs of this workspace while they run; the page reruns once when one ends."""
    jobs = active_jobs()
    if not jobs:
        return

    @st.fragment(run_every=POLL_SECONDS)
    def watch() -> None:
        use_language()
        for n, (key, job) in enumerate(jobs.items()):
            _show(_name(key, list(jobs)[:n]), job)
        if not all(job.is_active for job in jobs.values()):
            st.rerun()

    watch()


def _name(key: str, earlier: list[str]) -> str:
    """Return the kind of a job, numbered if several of a kind are shown."""
    kind = key.split("/")[1]
    same = sum(other.split("/")[1] == kind for other in earlier)
    return f"{kind}.{same + 1}" if same else kind


def _show(kind: str, job: Job) -> None:
    with st.container(border=True, key=f"job_{kind}"):
        bar, button = st.columns([4, 1], vertical_alignment="center")
        bar.progress(job.fraction, text=_caption(job))
        if button.button(
            _("Cancel"),
            key=f"job.cancel.{kind}",
            icon=":material/cancel:",
            width="stretch",
            help=_("Stops after the current step; what is done so far is kept."),
        ):
            job.cancel()


def _caption(job: Job) -> str:
    parts = [plain(job.label)]
    if job.message:
        parts.append(plain(job.message))
    left = job.eta_seconds
    if left is not None:
        parts.append(_("about {time} left").format(time=duration(left)))
    return " · ".join(parts)
