"""Per-layer curves: each layer clustered alone at several sizes, everything else untouched."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from wc_core.compression import CompressedModel, compress
from wc_core.data import Dataset
from wc_core.errors import ConfigError
from wc_core.evaluation import EvaluationConfig, EvaluationReport, SharedHead, evaluate
from wc_core.json_form import finite
from wc_core.layerwise import lone_plans
from wc_core.models import Model, list_layers
from wc_core.progress import Progress
from wc_core.recipe import LayerPlan, Recipe
from wc_core.words import _

DEFAULT_KS = (2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One layer clustered alone with k entries.

    Parameters
    ----------
    layer : str
    k : int
        Entries asked for.
    entries : int
        Entries stored.
    stored_bytes : int
        Indices, codebook, scales and mask of the layer.
    bits_per_weight : float
    sqnr_db : float
    accuracy, agreement : float or None
        Of the whole model, on `n_samples` images; None when the model cannot run or the
        data have no labels.
    n_samples : int
    """

    layer: str
    k: int
    entries: int
    stored_bytes: int
    bits_per_weight: float
    sqnr_db: float
    accuracy: float | None
    agreement: float | None
    n_samples: int

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {**asdict(self), "sqnr_db": finite(self.sqnr_db)}


def layer_curves_steps(
    model: Model,
    recipe: Recipe,
    ks: Sequence[int] = DEFAULT_KS,
    dataset: Dataset | None = None,
    config: EvaluationConfig | None = None,
) -> Iterator[Progress]:
    """Cluster each layer of a recipe alone, with each number of entries.

    Every record's `result` is the tuple of `CurvePoint` so far. Where a model is a chain, the
    layers before the one that changes run once for all its sizes. Without a data set, or
    with a model that cannot run, points carry size and SQNR only.

    Parameters
    ----------
    model : Model
    recipe : Recipe
        Says which layers, and everything of each layer's plan but its `n_clusters`; what layers
        are pruned of together, each is pruned of alone.
    ks : sequence of int
        Codebook entries to try.
    dataset : Dataset, optional
    config : EvaluationConfig, optional

    Raises
    ------
    ConfigError
        If the recipe chooses no layer.
    """
    chosen = [info for info in list_layers(model.infos, recipe) if not info.skipped]
    if not chosen:
        raise ConfigError(_("the recipe chooses no layer that can be clustered"))
    layers, plans = [info.name for info in chosen], lone_plans(model, recipe, chosen)
    measured = dataset is not None and model.forward is not None
    total = len(layers) * len(ks) + measured
    points: list[CurvePoint] = []
    yield Progress(0, total, _("the model as it is") if measured else layers[0], ())
    baseline = evaluate(model, dataset, config) if measured and dataset is not None else None
    for layer in layers:
        head = SharedHead.before(model, _names(model, layer)) if baseline else None
        for k in ks:
            alone = _alone(recipe, layer, replace(plans[layer], n_clusters=k))
            small = compress(model, alone)
            late = head.followed_by(small) if head else small
            report = (
                evaluate(late, dataset, config, reference=baseline)
                if dataset and baseline
                else None
            )
            points.append(_point(small, k, report))
            message = _("{layer}, k = {k}").format(layer=layer, k=k)
            yield Progress(len(points) + measured, total, message, tuple(points))


def _names(model: Model, layer: str) -> set[str]:
    """Return the names under which a layer's weights go: its own, and those tied to it."""
    return {layer, *(info.name for info in model.infos if info.tied_to == layer)}


def _alone(recipe: Recipe, layer: str, plan: LayerPlan) -> Recipe:
    return replace(recipe, plan=plan, layers=(layer,), include=(layer,), overrides={})


def _point(small: CompressedModel, k: int, report: EvaluationReport | None) -> CurvePoint:
    (layer,) = small.layers
    return CurvePoint(
        layer=layer.name,
        k=k,
        entries=layer.entries,
        stored_bytes=layer.stored_bytes,
        bits_per_weight=layer.bits_per_weight,
        sqnr_db=layer.sqnr_db,
        accuracy=report.accuracy if report else None,
        agreement=report.agreement if report else None,
        n_samples=report.n_samples if report else 0,
    )
