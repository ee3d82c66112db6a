"""Jobs run aside, tell how far they are, and stop when told."""

import threading

from wc_core import DataError
from wc_core.jobs import JobRunner, JobState
from wc_core.progress import Progress


def counting(total, gate=None):
    for i in range(1, total + 1):
        if gate is not None:
            gate.wait(5)
        yield Progress(i, total, f"step {i}", result=i)


def test_a_job_ends_with_its_last_result():
    """Done, complete, no error."""
    job = JobRunner().submit(lambda: counting(5), "count")
    assert job.wait(5)
    assert (job.state, job.fraction, job.result, job.error) == (JobState.DONE, 1, 5, None)
    assert not job.is_active


def test_cancel_keeps_the_partial_result():
    """What was reached when it was told to stop is still there."""
    first, gate = threading.Event(), threading.Event()

    def steps():
        yield Progress(1, 3, result="half")
        first.set()
        gate.wait(5)
        yield Progress(2, 3, result="more")
        yield Progress(3, 3, result="all")

    job = JobRunner().submit(steps, "slow")
    assert first.wait(5)
    job.cancel()
    gate.set()
    assert job.wait(5)
    assert (job.state, job.result) == (JobState.CANCELLED, "more")


def test_a_queued_job_can_be_cancelled_before_it_starts():
    """It never runs."""
    gate = threading.Event()
    runner = JobRunner(max_workers=1)
    running = runner.submit(lambda: counting(1, gate), "first")
    queued = runner.submit(lambda: counting(1), "second")
    assert queued.state is JobState.QUEUED
    queued.cancel()
    gate.set()
    assert running.wait(5)
    assert queued.wait(5)
    assert (queued.state, queued.result) == (JobState.CANCELLED, None)


def test_cancel_after_the_last_record_changes_nothing():
    """Finished work is finished, not cancelled."""
    job = JobRunner().submit(lambda: counting(2), "count")
    assert job.wait(5)
    job.cancel()
    assert job.state is JobState.DONE


def test_a_failure_is_kept_with_the_partial_result():
    """The error waits for whoever looks; what was reached stays."""

    def steps():
        yield Progress(1, 2, result="half")
        raise DataError("the data ran out")

    job = JobRunner().submit(steps, "fails")
    assert job.wait(5)
    assert (job.state, str(job.error), job.result) == (JobState.FAILED, "the data ran out", "half")


def test_the_time_left_follows_from_the_pace():
    """Unknown before there is a pace, then a number, then nothing again."""
    gate, half = threading.Event(), threading.Event()

    def steps():
        yield Progress(1, 2)
        half.set()
        gate.wait(5)
        yield Progress(2, 2)

    job = JobRunner().submit(steps, "slow")
    assert half.wait(5)
    while job.fraction < 0.5:
        pass
    eta = job.eta_seconds
    assert eta is not None
    assert eta >= 0
    gate.set()
    assert job.wait(5)
    assert job.eta_seconds is None
