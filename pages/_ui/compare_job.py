"""The job that compares algorithms: started when asked for, and only for what is not known."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pages._ui.board import board, job_key
from pages._ui.compare_asked import CompareAsked
from pages._ui.compare_shelf import Keys, limited
from pages._ui.desk import Desk
from wc_core.jobs import Job
from wc_core.progress import Progress
from wc_core.words import ngettext

if TYPE_CHECKING:
    from wc_core.search import Comparison


def compare_job(desk: Desk, asked: CompareAsked, keys: Keys, *, fresh: bool) -> Job | None:
    """Find the job of a comparison; start it if it is asked for, or if the model is a sample.

    Parameters
    ----------
    desk : Desk
    asked : CompareAsked
    keys : Keys
    fresh : bool
        Whether the button was pressed: what was cancelled goes on.
    """
    key = job_key("compare", keys.digest)
    job = board().find(key)
    known = keys.found()
    if len(known.rows) == len(asked.algorithms):
        return job
    wanted = not (job and job.is_active) if fresh else desk.is_sample and job is None
    return _start(desk, asked, keys, known, key) if wanted else job


def _start(desk: Desk, asked: CompareAsked, keys: Keys, known: "Comparison", key: str) -> Job:
    from wc_core.search import compare_steps

    measured = limited(desk, asked)
    dataset = desk.dataset if measured.config is not None else None
    model, recipe = desk.model, asked.recipe(desk)

    def steps() -> Iterator[Progress]:
        for record in compare_steps(
            model,
            recipe,
            asked.algorithms,
            dataset,
            measured.config,
            shared=asked.shared,
            reuse=known,
        ):
            keys.keep(record.result)
            yield record

    n = len(asked.algorithms)
    label = ngettext("Running {n} algorithm", "Comparing {n} algorithms", n).format(n=n)
    board().supersede(job_key("compare", ""), key)
    return board().submit(key, steps, label)
