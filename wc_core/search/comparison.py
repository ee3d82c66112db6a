"""Several algorithms on the same layers, under the same plan: what each makes of them."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from wc_core.clustering import CLUSTERERS
from wc_core.compression import compress_steps
from wc_core.data import Dataset
from wc_core.errors import ConfigError, WeightClusteringError
from wc_core.evaluation import EvaluationConfig, EvaluationReport, evaluate_steps
from wc_core.models import Model, list_layers
from wc_core.progress import Progress, last_result
from wc_core.recipe import LayerPlan, Recipe
from wc_core.search.comparison_row import ComparisonRow, measured_row
from wc_core.words import _

_MEASURING = 0.3  # share of an algorithm's time on the bar; a guess, nobody has measured yet


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Algorithms side by side.

    Parameters
    ----------
    rows : tuple of ComparisonRow
        In the order asked for.
    baseline : EvaluationReport, optional
        The model as it is.
    no_accuracy : str
        Why the model was not run, if it was meant to be.
    """

    rows: tuple[ComparisonRow, ...] = ()
    baseline: EvaluationReport | None = None
    no_accuracy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "baseline": self.baseline.to_dict() if self.baseline else None,
            "no_accuracy": self.no_accuracy,
        }


def default_algorithms() -> tuple[str, ...]:
    """Return the few algorithms that a first comparison takes."""
    return tuple(name for name in CLUSTERERS if CLUSTERERS[name].introductory)


def recipe_with(recipe: Recipe, algorithm: str, shared: Mapping[str, Any] | None = None) -> Recipe:
    """Return a recipe with another algorithm in all its plans.

    Parameters
    ----------
    recipe : Recipe
        A plan that has the algorithm already keeps its parameters; others get the defaults.
    algorithm : str
    shared : mapping, optional
        Parameters to set, as far as the algorithm declares them.
    """
    declared = CLUSTERERS[algorithm].param_space
    given = {name: value for name, value in (shared or {}).items() if name in declared}

    def changed(plan: LayerPlan) -> LayerPlan:
        own = plan.params if plan.algorithm == algorithm else {}
        return replace(plan, algorithm=algorithm, params={**own, **given})

    overrides = {layer: changed(plan) for layer, plan in recipe.overrides.items()}
    return replace(recipe, plan=changed(recipe.plan), overrides=overrides)


def compare_steps(
    model: Model,
    recipe: Recipe,
    algorithms: Sequence[str],
    dataset: Dataset | None = None,
    config: EvaluationConfig | None = None,
    *,
    shared: Mapping[str, Any] | None = None,
    reuse: Comparison | None = None,
) -> Iterator[Progress]:
    """Cluster the layers of a recipe with one algorithm after the other.

    Every record's `result` is the `Comparison` so far, so work that is cancelled keeps the
    rows that were finished. An algorithm that refuses is a row that says why. They run one
    at a time, which makes their seconds comparable.

    Parameters
    ----------
    model : Model
    recipe : Recipe
        Which layers, and everything of their plans but the algorithm.
    algorithms : sequence of str
        Names in `wc_core.CLUSTERERS`.
    dataset : Dataset, optional
        Without one, or with a model that cannot run, rows have no accuracy.
    config : EvaluationConfig, optional
    shared : mapping, optional
        Parameters for every algorithm that declares them, such as `polish`.
    reuse : Comparison, optional
        Rows and baseline of the same model, recipe and data: they are not computed again.

    Raises
    ------
    ConfigError
        If no algorithm is given or the recipe chooses no layer.
    UnknownNameError
        If an algorithm is unknown.
    """
    names = tuple(dict.fromkeys(algorithms))
    recipes = {name: recipe_with(recipe, name, shared) for name in names}
    _check(model, recipe, names)
    known = {row.algorithm: row for row in reuse.rows} if reuse else {}
    total = _MEASURING + sum(name not in known for name in names)
    n_done = 0
    result = Comparison(baseline=reuse.baseline if reuse else None)
    yield Progress(0, total, "", result)
    if dataset is not None and result.baseline is None and model.forward is not None:
        for record in _baseline_steps(model, dataset, config):
            result = record.result or result
            yield Progress(_MEASURING * record.fraction, total, record.message, result)
    for name in names:
        if name not in known:
            steps = _row_steps(model, recipes[name], dataset, result.baseline)
            known[name] = yield from _placed(steps, name, _MEASURING + n_done, total, result)
            n_done += 1
        result = replace(result, rows=(*result.rows, known[name]))
        yield Progress(_MEASURING + n_done, total, _(CLUSTERERS[name].title), result)


def compare(
    model: Model,
    recipe: Recipe | None = None,
    algorithms: Sequence[str] | None = None,
    dataset: Dataset | None = None,
    config: EvaluationConfig | None = None,
    *,
    shared: Mapping[str, Any] | None = None,
) -> Comparison:
    """Cluster the layers of a recipe with several algorithms; see `compare_steps`.

    By default with the few of `default_algorithms`.

    Examples
    --------
    >>> from wc_core import load_model
    >>> two = compare(load_model("sample:lenet5"), Recipe(layers=("fc3*",)), ["som", "kmeans"])
    >>> [(row.algorithm, row.entries) for row in two.rows]
    [('som', 16), ('kmeans', 16)]
    """
    chosen = default_algorithms() if algorithms is None else algorithms
    steps = compare_steps(model, recipe or Recipe(), chosen, dataset, config, shared=shared)
    compared: Comparison = last_result(steps)
    return compared


def _check(model: Model, recipe: Recipe, names: tuple[str, ...]) -> None:
    if not names:
        raise ConfigError(_("choose at least one algorithm to compare"))
    if all(info.skipped for info in list_layers(model.infos, recipe)):
        raise ConfigError(_("the recipe chooses no layer that can be clustered"))


def _baseline_steps(
    model: Model, dataset: Dataset, config: EvaluationConfig | None
) -> Iterator[Progress]:
    """Measure the model as it is; what cannot be measured becomes a sentence, not a failure."""
    said = _("the model as it is")
    try:
        for record in evaluate_steps(model, dataset, config):
            result = Comparison(baseline=record.result) if record.result else None
            yield replace(record, message=said, result=result)
    except WeightClusteringError as error:
        yield Progress(1, 1, said, Comparison(no_accuracy=str(error)))


def _placed(
    steps: Generator[Progress, None, ComparisonRow],
    name: str,
    done: float,
    total: float,
    result: Comparison,
) -> Generator[Progress, None, ComparisonRow]:
    """Place the records of one algorithm, whose total is 1, on the bar of all."""
    title = _(CLUSTERERS[name].title)
    while True:
        try:
            record = next(steps)
        except StopIteration as end:
            return cast(ComparisonRow, end.value)
        message = f"{title}: {record.message}"
        # The end of the bar is the last row's own record.
        yield Progress(done + min(record.done, 0.999), total, message, result)


def _row_steps(
    model: Model, recipe: Recipe, dataset: Dataset | None, baseline: EvaluationReport | None
) -> Generator[Progress, None, ComparisonRow]:
    """Cluster with one algorithm and measure what comes out."""
    plan = recipe.plan
    try:
        for record in compress_steps(model, recipe):
            yield Progress((1 - _MEASURING) * record.fraction, 1, record.message)
    except WeightClusteringError as error:
        return ComparisonRow(algorithm=plan.algorithm, plan=plan, refusal=str(error))
    small = record.result
    row = measured_row(small, plan)
    if dataset is None or baseline is None:
        return row
    for record in evaluate_steps(small, dataset, reference=baseline):
        yield Progress(1 - _MEASURING * (1 - record.fraction), 1, record.message)
    report: EvaluationReport = record.result
    return replace(
        row,
        accuracy=report.accuracy,
        agreement=report.agreement,
        interval=report.interval,
        n_samples=report.n_samples,
    )
