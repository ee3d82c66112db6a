"""The work done on what lies on the desk: found if it was done, started if it is wanted."""

from dataclasses import replace
from typing import Any

from pages._ui.board import board, job_key
from pages._ui.desk import Desk
from pages._ui.run_job import RunResult, baseline_steps, run_steps
from pages._ui.state import update
from wc_core.jobs import Job
from wc_core.words import _

CHEAP = 5_000_000  # weights that are clustered again after a restart without asking


def baseline(desk: Desk) -> Job | None:
    """Return the job that measures the model as it is, started if need be, or None."""
    if desk.config is None:
        return None
    label = _("Baseline of {model}").format(model=desk.model.name)
    found = board().find(desk.baseline_key)
    task = desk.task  # made here: the worker knows no session
    return found or board().submit(desk.baseline_key, lambda: baseline_steps(task), label)


def run_of(desk: Desk) -> Job | None:
    """Return the job of the project's recipe: running, ended, or started now if that is cheap."""
    found = board().find(desk.run_key)
    ran = desk.project.ran == desk.project.recipe.digest
    if found is None and (desk.is_sample or (ran and desk.model.n_parameters < CHEAP)):
        return start_run(desk)
    return found


def start_run(desk: Desk, partial: Any = None) -> Job:
    """Cluster by the project's recipe, or only write and measure what a cancelled run left."""
    known = board().find(desk.baseline_key)
    measured: RunResult | None = known.result if known and not known.is_active else None
    task = replace(desk.task, baseline=measured.before if measured else None, partial=partial)
    label = _("Clustering {model}").format(model=desk.model.name)
    board().supersede(job_key("run", ""), desk.run_key)
    job = board().submit(desk.run_key, lambda: run_steps(task), label)
    if desk.project.ran != desk.project.recipe.digest and partial is None and not desk.is_sample:
        update(ran=desk.project.recipe.digest)
    return job
