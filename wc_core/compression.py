"""The one orchestrator: a model and a recipe in, a compressed model out."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from wc_core.clustering import check_plan
from wc_core.codebook import CodebookWeight, sqnr_db
from wc_core.errors import ConfigError
from wc_core.layer_report import LayerReport
from wc_core.layerwise import ClusteredLayer, layer_steps
from wc_core.models import Forward, LayerInfo, Model, Runner, list_layers
from wc_core.models.weights import round_to
from wc_core.progress import Progress, last_result
from wc_core.pruning import check_pruning
from wc_core.recipe import Recipe
from wc_core.words import _


@dataclass(frozen=True, eq=False)
class CompressedModel:
    """A model some of whose weights are shared.

    Parameters
    ----------
    original : Model
        The model before. After loading from a file it holds the untouched tensors only.
    recipe : Recipe
    weights : mapping of str to CodebookWeight
        The clustered layers.
    layers : tuple of LayerReport
        In the order of the model.
    skipped : tuple of LayerInfo
        Tensors left as they were, each with the reason.
    seconds : float
        Time that clustering took.
    """

    original: Model
    recipe: Recipe
    weights: Mapping[str, CodebookWeight]
    layers: tuple[LayerReport, ...]
    skipped: tuple[LayerInfo, ...]
    seconds: float

    @property
    def name(self) -> str:
        """Name of the model, for people."""
        return self.original.name

    @property
    def forward(self) -> Forward | None:
        """How the model is run, if that is known."""
        return self.original.forward

    @property
    def n_clustered(self) -> int:
        """Weights in clustered layers."""
        return sum(layer.n_weights for layer in self.layers)

    @property
    def bits_per_weight(self) -> float:
        """Everything stored for the clustered layers over all their weights, pruned ones too."""
        return 8 * sum(layer.stored_bytes for layer in self.layers) / max(1, self.n_clustered)

    @property
    def sqnr_db(self) -> float:
        """Signal-to-quantization-noise ratio over all clustered weights, in decibels."""
        signal = sum(layer.power * layer.n_weights for layer in self.layers)
        noise = sum(layer.distortion * layer.n_weights for layer in self.layers)
        return sqnr_db(signal, noise)

    def decoded(self) -> Model:
        """Return the dense model; untouched tensors are shared with `original`, not copied."""
        infos = {info.name: info for info in self.original.infos}
        changed = {
            name: round_to(weight.decode(), infos[name].dtype)
            for name, weight in self.weights.items()
        }
        for info in self.original.infos:
            if info.tied_to in changed:
                changed[info.name] = changed[info.tied_to]
        return self.original.with_tensors(changed)

    def runner(self) -> Runner:
        """Return the compressed model ready to run.

        Raises
        ------
        NotRunnableError
            If the architecture is unknown.
        """
        return self.decoded().runner()


def compress_steps(model: Model, recipe: Recipe) -> Iterator[Progress]:
    """Cluster the layers that a recipe names.

    Every record's `result` is a `CompressedModel` of the layers done so far (the
    others untouched), so work that is cancelled leaves something to use. Progress
    counts weights.

    Parameters
    ----------
    model : Model
    recipe : Recipe

    Raises
    ------
    ConfigError
        If the recipe chooses no layer, names a layer that the model lacks, or a plan
        is impossible; the message names the layer.
    UnknownNameError
        If an algorithm is unknown.
    """
    infos, chosen = planned(model, recipe)
    started = time.perf_counter()
    done: dict[str, ClusteredLayer] = {}

    def snapshot() -> CompressedModel:
        weights = {i.name: done[i.name].weight for i in infos if i.name in done}
        reports = tuple(done[name].report for name in weights)
        skipped = tuple(i if i.skipped else _left_out(i) for i in infos if i.name not in weights)
        seconds = time.perf_counter() - started
        return CompressedModel(model, recipe, weights, reports, skipped, seconds)

    latest = snapshot()
    for record in layer_steps(model, recipe, chosen):
        if record.result is not None:
            done[record.result.report.name] = record.result
            latest = snapshot()
        yield replace(record, result=latest)


def compress(model: Model, recipe: Recipe | None = None) -> CompressedModel:
    """Cluster the layers that a recipe names; see `compress_steps`.

    Examples
    --------
    >>> from wc_core import LayerPlan, load_model
    >>> small = compress(load_model("sample:lenet5"), Recipe(plan=LayerPlan(n_clusters=4)))
    >>> {layer.index_bits for layer in small.layers}
    {2}
    """
    compressed: CompressedModel = last_result(compress_steps(model, recipe or Recipe()))
    return compressed


def planned(model: Model, recipe: Recipe) -> tuple[tuple[LayerInfo, ...], list[LayerInfo]]:
    """Return all tensors of a model, and those that a recipe clusters, once it is checked.

    Raises
    ------
    ConfigError, UnknownNameError
        As `compress_steps`.
    """
    infos = list_layers(model.infos, recipe)
    chosen = [info for info in infos if not info.skipped]
    names = {info.name for info in infos}
    unknown = sorted(
        pattern
        for pattern in recipe.overrides.keys() - names
        if not any(fnmatchcase(name, pattern) for name in names)
    )
    if unknown:
        msg = _("the recipe has plans for {layers}, which {model} does not have")
        raise ConfigError(msg.format(layers=", ".join(unknown), model=model.name))
    if not chosen:
        raise ConfigError(_nothing_chosen(model, recipe, infos))
    for plan in {id(p): p for p in (recipe.plan, *recipe.overrides.values())}.values():
        check_plan(plan)
        check_pruning(plan)
    return infos, chosen


def _nothing_chosen(model: Model, recipe: Recipe, infos: tuple[LayerInfo, ...]) -> str:
    matching = [info for info in infos if recipe.chooses(info.name)]
    if not matching:
        msg = _("no tensor of {model} matches {patterns}; it has {names}")
        shown = ", ".join(info.name for info in infos[:8]) + (", ..." if len(infos) > 8 else "")
        return msg.format(model=model.name, patterns=", ".join(recipe.layers), names=shown)
    msg = _("every layer chosen is skipped; {layer}: {reason}. Include layers by name to take them")
    return msg.format(layer=matching[0].name, reason=matching[0].skipped)


def _left_out(info: LayerInfo) -> LayerInfo:
    return replace(info, skipped=_("not reached: the work was cancelled before"))
