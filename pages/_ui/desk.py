"""What lies on the desk: the project's model and data, and how they meet."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pages._ui.board import job_key
from pages._ui.cached import dataset_of, model_of
from pages._ui.project import Project, root
from pages._ui.run_job import RunTask
from pages._ui.state import project, workspace
from wc_core.errors import WeightClusteringError
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
        Why there is no accuracy: what is wrong with the model or the data.
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
        return RunTask(
            self.model, self.project.recipe, self.dataset, self.config, path, problem=self.problem
        )

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
    except WeightClusteringError as error:
        return Desk(current, model, None, None, str(error))
    problem = model.missing or _mismatch(model, dataset, current)
    config = None if problem else _config(model, dataset, current)
    return Desk(current, model, dataset, config, problem)


def _mismatch(model: "Model", dataset: "Dataset", current: Project) -> str:
    """Return why it makes no sense to run the model on our sample images, if so."""
    forward = model.forward
    if forward is None or current.data.kind != "sample":
        return ""
    if (forward.n_classes, forward.input_shape[0]) == (len(dataset.class_names), 1):
        return ""
    return _(
        "the model in use tells {n} classes apart in images of {channels} channels, and the sample "
        "images are grey ones of {m} classes: open the model's own images on the Model page"
    ).format(n=forward.n_classes, channels=forward.input_shape[0], m=len(dataset.class_names))


def _config(model: "Model", dataset: "Dataset", current: Project) -> "EvaluationConfig":
    from wc_core.data import PreprocessSpec
    from wc_core.evaluation import default_config

    config = default_config(model.forward, dataset)
    if current.preprocess is None:
        return config
    return replace(config, preprocess=PreprocessSpec.from_dict(current.preprocess))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
