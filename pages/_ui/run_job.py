"""What the Cluster button sets going: measure, cluster, write the file, measure again."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wc_core.errors import WeightClusteringError
from wc_core.progress import Progress
from wc_core.recipe import Recipe
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.compression import CompressedModel
    from wc_core.data import Dataset
    from wc_core.evaluation import EvaluationConfig, EvaluationReport
    from wc_core.models import Model
    from wc_core.size import SizeReport

FILES_KEPT = 24
# Where each phase begins and ends on the bar; a guess, since nobody has measured yet.
BEFORE, CLUSTER, AFTER = (0.0, 0.25), (0.25, 0.7), (0.75, 1.0)


@dataclass(frozen=True, eq=False)
class RunResult:
    """What one run found; fields are None until (or unless) they are known.

    Parameters
    ----------
    compressed : CompressedModel
    size : SizeReport
        Of the file at `path`.
    path : Path
    before, after : EvaluationReport
    no_accuracy : str
        Why the model was not run.
    """

    compressed: "CompressedModel | None" = None
    size: "SizeReport | None" = None
    path: Path | None = None
    before: "EvaluationReport | None" = None
    after: "EvaluationReport | None" = None
    no_accuracy: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the file is written: without it there is no size to show."""
        return self.size is not None


@dataclass(frozen=True, eq=False)
class RunTask:
    """Everything a run needs, loaded beforehand: a worker must not touch the page.

    Parameters
    ----------
    model : Model
    recipe : Recipe
    dataset : Dataset, optional
    config : EvaluationConfig, optional
    path : Path
        The file to write.
    baseline : EvaluationReport, optional
        If it is known already.
    partial : CompressedModel, optional
        Layers of a cancelled run: nothing more is clustered, only written and measured.
    problem : str
        Why the model cannot be measured, without a config.
    """

    model: "Model"
    recipe: Recipe
    dataset: "Dataset | None"
    config: "EvaluationConfig | None"
    path: Path
    baseline: "EvaluationReport | None" = None
    partial: "CompressedModel | None" = None
    problem: str = ""


def run_steps(task: RunTask) -> Iterator[Progress]:
    """Run a task; each record's result is the `RunResult` so far."""
    result = RunResult(before=task.baseline)
    if result.before is None:
        result = yield from _measure(task, result, task.model, "before", BEFORE)
    result = yield from _cluster(task, result)
    yield Progress(CLUSTER[1], 1, _("writing the file"), result)
    result = replace(result, size=_write(task, result.compressed), path=task.path)
    if result.before is not None:
        result = yield from _measure(task, result, result.compressed, "after", AFTER)
    yield Progress(1, 1, result=result)


def baseline_steps(task: RunTask) -> Iterator[Progress]:
    """Measure the model as it is; each record's result is the `RunResult` so far."""
    result = yield from _measure(task, RunResult(), task.model, "before", (0, 1))
    yield Progress(1, 1, result=result)


def _measure(
    task: RunTask, result: RunResult, model: Any, field: str, span: tuple[float, float]
) -> Generator[Progress, None, RunResult]:
    """Evaluate before or after; what cannot be measured becomes a sentence, not a failure."""
    from wc_core.evaluation import evaluate_steps

    if task.config is None or task.dataset is None:
        return replace(result, no_accuracy=task.problem)
    try:
        for record in evaluate_steps(model, task.dataset, task.config, reference=result.before):
            if record.result is not None:
                result = replace(result, **{field: record.result})
            yield _on_bar(record, span, _("measuring the accuracy"), result)
    except WeightClusteringError as error:
        return replace(result, no_accuracy=str(error))
    return result


def _cluster(task: RunTask, result: RunResult) -> Generator[Progress, None, RunResult]:
    from wc_core.compression import compress_steps

    if task.partial is not None:
        return replace(result, compressed=task.partial)
    for record in compress_steps(task.model, task.recipe):
        result = replace(result, compressed=record.result)
        yield _on_bar(record, CLUSTER, record.message, result)
    return result


def _write(task: RunTask, compressed: Any) -> "SizeReport":
    from wc_core.export import save

    folder = task.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    size = save(compressed, task.path)
    newest_first = sorted(folder.glob("*.safetensors"), key=lambda p: -p.stat().st_mtime)
    for old in newest_first[FILES_KEPT:]:
        old.unlink(missing_ok=True)
    return size


def _on_bar(
    record: Progress, span: tuple[float, float], message: str, result: RunResult
) -> Progress:
    """Place a phase on the whole bar; never at its end, which only the last record reaches."""
    start, end = span
    done = min(start + (end - start) * record.fraction, 0.999)
    return Progress(done, 1, message, result)
