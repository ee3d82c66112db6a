"""All jobs of the server by what they compute, so that no page and no reload loses one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator

import streamlit as st

from pages._ui.state import workspace
from wc_core.jobs import Job, JobRunner
from wc_core.progress import Progress

KEPT = 48  # finished jobs hold results; the oldest go first


class Board:
    """Jobs under keys; finished ones stay until newer ones push them out."""

    def __init__(self) -> None:
        self._runner = JobRunner(max_workers=2)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, key: str, start: Callable[[], Iterator[Progress]], label: str) -> Job:
        """Start work, unless the same work is under way; an older result is replaced."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.is_active:
                job = self._jobs[key] = self._runner.submit(start, label)
                self._jobs.move_to_end(key)
                self._forget()
            return job

    def supersede(self, prefix: str, key: str) -> None:
        """Stop and forget running jobs under a prefix, but for the one under `key`."""
        with self._lock:
            for other, job in list(self._jobs.items()):
                if other.startswith(prefix) and other != key and job.is_active:
                    job.cancel()
                    del self._jobs[other]

    def find(self, key: str) -> Job | None:
        """Return the job under a key, running or ended."""
        with self._lock:
            return self._jobs.get(key)

    def active(self, prefix: str) -> dict[str, Job]:
        """Return queued and running jobs whose key begins with `prefix`."""
        with self._lock:
            return {k: j for k, j in self._jobs.items() if k.startswith(prefix) and j.is_active}

    def _forget(self) -> None:
        ended = [key for key, job in self._jobs.items() if not job.is_active]
        for key in ended[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[key]


@st.cache_resource(max_entries=1, show_spinner=False)
def board() -> Board:
    """Return the server's board."""
    return Board()


def job_key(kind: str, *digests: str) -> str:
    """Return the key of a job of this workspace: nobody cancels another person's work."""
    return "/".join((workspace(), kind, *digests))


def active_jobs() -> dict[str, Job]:
    """Return what is being computed for this workspace."""
    return board().active(workspace() + "/")
