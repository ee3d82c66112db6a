"""The one orchestrator: a model and a recipe in, a compressed model out."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from numpy.typing import NDArray

from wc_core.clustering import check_plan
from wc_core.codebook import CodebookWeight, sqnr_db
from wc_core.errors import ConfigError
from wc_core.layer_report import LayerReport, judged_layer
from wc_core.models import Forward, LayerInfo, Model, Runner, list_layers
from wc_core.models.weights import round_to
from wc_core.progress import Progress, last_result
from wc_core.recipe import LayerPlan, Recipe
from wc_core.stages import ClusteredWeight, cluster_weight_steps
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
        """Bits of indices, codebooks and scales over the weights of the clustered layers."""
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
    infos = list_layers(model.infos, recipe)
    chosen = [info for info in infos if not info.skipped]
    _check(model, recipe, infos, chosen)
    total = sum(info.n_weights for info in chosen)
    started = time.perf_counter()
    weights: dict[str, CodebookWeight] = {}
    reports: list[LayerReport] = []
    done = 0

    def snapshot() -> CompressedModel:
        skipped = tuple(i if i.skipped else _left_out(i) for i in infos if i.name not in weights)
        seconds = time.perf_counter() - started
        return CompressedModel(model, recipe, dict(weights), tuple(reports), skipped, seconds)

    latest = snapshot()
    for info in chosen:
        layer_started = time.perf_counter()
        plan = recipe.plan_for(info.name)
        yield Progress(done, total, info.name, latest)
        for step in _layer_steps(model.tensors[info.name], plan, recipe.seed, info.name):
            said = f"{info.name}: {step.message}" if step.message else info.name
            yield Progress(done + step.fraction * info.n_weights, total, said, latest)
        clustered: ClusteredWeight = step.result
        weights[info.name] = clustered.weight
        seconds = time.perf_counter() - layer_started
        report = judged_layer(info, clustered.weight, plan, model.tensors[info.name])
        reports.append(replace(report, seconds=seconds, fit=clustered.fit, second=clustered.second))
        done += info.n_weights
        latest = snapshot()
        yield Progress(done, total, info.name, latest)


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


def _check(
    model: Model, recipe: Recipe, infos: tuple[LayerInfo, ...], chosen: list[LayerInfo]
) -> None:
    names = {info.name for info in infos}
    unknown = sorted(recipe.overrides.keys() - names)
    if unknown:
        msg = _("the recipe has plans for {layers}, which {model} does not have")
        raise ConfigError(msg.format(layers=", ".join(unknown), model=model.name))
    if not chosen:
        raise ConfigError(_nothing_chosen(model, recipe, infos))
    for plan in {id(p): p for p in (recipe.plan, *recipe.overrides.values())}.values():
        check_plan(plan)


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


def _layer_steps(weight: NDArray, plan: LayerPlan, seed: int, name: str) -> Iterator[Progress]:
    try:
        yield from cluster_weight_steps(weight, plan, seed)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error
