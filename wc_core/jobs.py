"""Background work: a bounded pool that takes records from generators until told to stop."""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any

from wc_core.progress import Progress


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Job:
    """One piece of work, watched from outside; safe to read from any thread.

    Parameters
    ----------
    label : str
        What is being done, for people.

    Attributes
    ----------
    state : JobState
    record : Progress
        The last record taken.
    error : Exception or None
        Why the job failed.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.state = JobState.QUEUED
        self.record = Progress(0, 1)
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._started_at = time.monotonic()
        self._ended_at: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether the job is queued or running."""
        return not self._ended.is_set()

    @property
    def fraction(self) -> float:
        """Share of the work that is done, from 0 to 1."""
        return self.record.fraction

    @property
    def message(self) -> str:
        """What is being done right now."""
        return self.record.message

    @property
    def result(self) -> Any:
        """The final result of a finished job, the partial one of any other (or None)."""
        return self.record.result

    @property
    def seconds(self) -> float:
        """Seconds since the job started running."""
        return (self._ended_at or time.monotonic()) - self._started_at

    @property
    def eta_seconds(self) -> float | None:
        """Seconds left at the pace so far; None before there is a pace."""
        if self.state is not JobState.RUNNING or self.fraction < 0.01:
            return None
        return self.seconds * (1 - self.fraction) / self.fraction

    def cancel(self) -> None:
        """Stop before the next record; what was reached so far stays in `result`."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it came within `timeout` seconds."""
        return self._ended.wait(timeout)

    def run(self, start: Callable[[], Iterator[Progress]]) -> None:
        """Take records until the work ends, fails or is cancelled. Called by `JobRunner`."""
        self._started_at = time.monotonic()
        self.state = JobState.RUNNING
        try:
            self.state = self._take_records(start)
        except Exception as error:
            # The thread has no caller: whoever watches the job raises or shows the error.
            self.error = error
            self.state = JobState.FAILED
        finally:
            self._ended_at = time.monotonic()
            self._ended.set()

    def _take_records(self, start: Callable[[], Iterator[Progress]]) -> JobState:
        if self._stop.is_set():
            return JobState.CANCELLED
        for record in start():
            self.record = record
            if self._stop.is_set() and record.done < record.total:
                return JobState.CANCELLED
        return JobState.DONE


class JobRunner:
    """A bounded pool of workers; jobs beyond its size wait their turn.

    Parameters
    ----------
    max_workers : int, default=2
        Jobs that run at once.

    Examples
    --------
    >>> runner = JobRunner()
    >>> job = runner.submit(lambda: (Progress(i, 3, result=i) for i in (1, 2, 3)), "count")
    >>> job.wait(5), job.state, job.result
    (True, <JobState.DONE: 'done'>, 3)
    """

    def __init__(self, max_workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="job")

    def submit(self, start: Callable[[], Iterator[Progress]], label: str) -> Job:
        """Queue work; `start` is called in the worker and returns the generator to run."""
        job = Job(label)
        context = contextvars.copy_context()  # messages come out in the language of the asker
        self._pool.submit(context.run, job.run, start)
        return job
