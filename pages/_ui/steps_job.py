"""Watching an algorithm: the work, and the pictures that come out of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.board import board, job_key
from pages._ui.desk import Desk
from pages._ui.i18n import current_language
from pages._ui.steps_asked import StepsAsked
from wc_core.jobs import Job, JobState
from wc_core.json_form import canonical_json
from wc_core.progress import Progress
from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.trace import Trace

AT_ONCE = 0.4  # seconds in which toy data are done: shorter than a progress bar is of use
KEPT = 12  # drawings of some megabytes each; traces are small and stay with their jobs


@dataclass(frozen=True, eq=False)
class Drawing:
    """What there is to see of a trace: the figure, and a sentence for each kind of mark."""

    figure: Any
    legend: list[str]


def steps_job(desk: Desk, asked: StepsAsked) -> Job:
    """Find the work that was asked for, or start it; pressing the button starts it again."""
    from wc_core.clustering import CLUSTERERS

    key, code = _key(desk, asked), current_language()
    job = board().find(key)
    failed = job is not None and job.state in {JobState.CANCELLED, JobState.FAILED}
    if job is None or (failed and st.session_state.get("steps.submit", False)):
        board().supersede(job_key("steps", ""), key)
        label = _("Watching: {algorithm}").format(algorithm=_(CLUSTERERS[asked.algorithm].title))
        job = board().submit(key, lambda: watch_steps(desk, asked, code), label)
        job.wait(AT_ONCE)
    return job


def watch_steps(desk: Desk, asked: StepsAsked, code: str) -> Iterator[Progress]:
    """Run the algorithm, each record with the `Trace` so far, and draw it in a language."""
    from wc_core.trace import trace_steps

    values, weights = _points(desk, asked)
    trace: Trace | None = None
    for record in trace_steps(values, weights, asked.plan, asked.seed):
        trace = record.result
        yield replace(record, done=0.9 * record.fraction, total=1)
    if trace is not None:
        drawing_of(trace, code)  # here, since it takes longer than a page may
        yield Progress(1, 1, result=trace)


@lru_cache(maxsize=KEPT)
def drawing_of(trace: "Trace", code: str) -> Drawing:
    """Draw a trace; its words are in the language in use, whose code tells drawings apart."""
    from wc_core.charts import algorithm_steps, steps_legend

    return Drawing(algorithm_steps(trace), steps_legend(trace))


def _points(
    desk: Desk, asked: StepsAsked
) -> "tuple[NDArray[np.floating], NDArray[np.floating] | None]":
    from wc_core.stages import layer_blocks
    from wc_core.toys import toy_points

    if asked.toy:
        return toy_points(asked.toy), None
    layer = layer_blocks(desk.model.tensors[asked.layer], asked.plan)
    return layer.values, layer.weights


def _key(desk: Desk, asked: StepsAsked) -> str:
    """Return the key of a job: all that decides what it says, its language included."""
    model = desk.model.digest if asked.layer else ""
    wanted = asdict(asked) | {"block": str(asked.block), "language": current_language()}
    return job_key("steps", model, canonical_json(wanted))
