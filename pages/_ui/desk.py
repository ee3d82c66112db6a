"""What lies on the desk: the project's model and data, and the work done on them."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages._ui.board import board, job_key
from pages._ui.cached import dataset_of, model_of
from pages._ui.project import Project, root
from pages._ui.run_job import RunResult, RunTask, baseline_steps, run_steps
from pages._ui.state import project, update, workspace
from wc_core.errors import WeightClusteringError
from wc_core.jobs import Job
from wc_core.recipe import Recipe
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.data import Dataset
    from wc_core.evaluation import EvaluationConfig
    from wc_core.models import Model


@dataclass(frozen=True, eq=False)
class Desk:
    """A model, a data set and how they meet.

    Parameters
    ----------
    project : Project
    model : Model
    dataset : Dataset, optional
    config : EvaluationConfig, optional
        None without a data set or with a model that cannot run.
    problem : str
        Why the data set could not be read.
    """

    project: Project
    model: "Model"
    dataset: "Dataset | None"
    config: "EvaluationConfig | None"
    problem: str = ""

    def with_project(self, changed: Project) -> "Desk":
        """Return the desk after a change that leaves model and data as they are."""
        return replace(self, project=changed)

    @property
    def is_sample(self) -> bool:
        """Whether the model is one of ours, small enough to be clustered unasked."""
        return self.project.model.kind == "sample"

    @property
    def task(self) -> RunTask:
        """What a job needs to know, without what earlier jobs found."""
        path = self.compressed_path(self.project.recipe)
        return RunTask(self.model, self.project.recipe, self.dataset, self.config, path)

    def compressed_path(self, recipe: Recipe) -> Path:
        """Where the file of a recipe is written."""
        name = _digest(self.model.digest, recipe.digest)[:32]
        return root() / "compressed" / workspace() / f"{name}.safetensors"

    @property
    def evaluation_key(self) -> str:
        """Digest of everything that decides an accuracy, but the weights."""
        config = json.dumps(self.config.to_dict(), sort_keys=True) if self.config else ""
        return _digest(self.dataset.digest if self.dataset else "", config)

    @property
    def baseline_key(self) -> str:
        """Key of the job that measures the model as it is."""
        return job_key("baseline", self.model.digest, self.evaluation_key)

    @property
    def run_key(self) -> str:
        """Key of the job that clusters by the project's recipe."""
        recipe = self.project.recipe.digest
        return job_key("run", self.model.digest, recipe, self.evaluation_key)


def open_desk() -> Desk:
    """Read the project's model and data.

    Raises
    ------
    WeightClusteringError
        If the model cannot be read; a data set that cannot be read is `problem`.
    """
    current = project()
    model = model_of(current.model)
    try:
        dataset = dataset_of(current.data)
        config = _config(model, dataset, current) if model.forward else None
    except WeightClusteringError as error:
        return Desk(current, model, None, None, str(error))
    return Desk(current, model, dataset, config)


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
    if found is None and (desk.is_sample or desk.project.ran == desk.project.recipe.digest):
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


def _config(model: "Model", dataset: "Dataset", current: Project) -> "EvaluationConfig":
    from wc_core.data import PreprocessSpec
    from wc_core.evaluation import default_config

    config = default_config(model.forward, dataset)
    if current.preprocess is None:
        return config
    return replace(config, preprocess=PreprocessSpec.from_dict(current.preprocess))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
