"""Reading the packed container, trusting nothing in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite, prod
from pathlib import Path
from typing import Any

from wc_core.codebook import CodebookWeight
from wc_core.compression import CompressedModel
from wc_core.errors import ModelFileError, WeightClusteringError
from wc_core.export._container import Container, open_container
from wc_core.export._layer_reading import shape_of, weight_of
from wc_core.layer_parts import stored_parts
from wc_core.layer_report import LayerReport, layer_report, share_of_zeros
from wc_core.models import Model, TensorInfo, list_layers, runnable
from wc_core.models.weights import FLOATS, from_stored
from wc_core.recipe import Recipe
from wc_core.stored import StoredTensor
from wc_core.words import _

GRAPH = "__graph__"
MAX_WEIGHTS = 1 << 31  # no honest file of today's models decodes to more
ALWAYS = 1 << 26  # weights that a file of any length may decode to: a quarter of a gigabyte
PER_BYTE = 256  # weights that it may have beyond, for each of its bytes


def read_packed(source: bytes | Path, name: str) -> CompressedModel:
    """Rebuild a compressed model from a packed file, or its bytes.

    Raises
    ------
    ModelFileError
        If anything in it is missing, damaged or impossible.
    """
    with _named(name):
        return _rebuild(open_container(source))


def weights_of(source: bytes | Path, name: str) -> Mapping[str, CodebookWeight]:
    """Return the clustered layers of a packed file, each read when it is asked for.

    Raises
    ------
    ModelFileError
        As `read_packed`; what is wrong with one layer, when it is read.
    """
    with _named(name):
        container = open_container(source)
        _refuse_expansion(container.layers, container.n_bytes)
        return _Weights(container, name)


class _Weights(Mapping[str, CodebookWeight]):
    """Clustered layers that are rebuilt anew whenever they are asked for."""

    def __init__(self, container: Container, name: str) -> None:
        self._container = container
        self._name = name

    def __getitem__(self, name: str) -> CodebookWeight:
        layer = self._container.layers[name]
        with _named(self._name):
            return _weight(self._container, name, layer)

    def __iter__(self) -> Iterator[str]:
        return iter(self._container.layers)

    def __len__(self) -> int:
        return len(self._container.layers)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which file cannot be decoded, and why."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(_damaged(name, error)) from error
    except (
        WeightClusteringError, LookupError, TypeError, ValueError, AttributeError,
        ArithmeticError, RecursionError,
    ) as error:  # fmt: skip
        # Metadata is somebody's JSON: any shape of it may turn up, none may crash the reader.
        raise ModelFileError(_damaged(name, error)) from error


def _damaged(name: str, error: Exception) -> str:
    msg = _("{name} cannot be decoded: {reason}. Compress the model again")
    return msg.format(name=name, reason=str(error).rstrip(".") or type(error).__name__)


def _rebuild(container: Container) -> CompressedModel:
    metadata = container.metadata
    recipe = Recipe.from_dict(metadata["recipe"])
    layers = container.layers
    _refuse_expansion(layers, container.n_bytes)
    weights = {name: _weight(container, name, layer) for name, layer in layers.items()}
    model = _model(container, weights)
    known = {info.name: info for info in model.infos}
    reports = [_report(known[name], weights[name], recipe, container) for name in weights]
    reports.sort(key=lambda report: list(known).index(report.name))
    skipped = tuple(i for i in list_layers(model.infos, recipe) if i.name not in weights)
    return CompressedModel(model, recipe, weights, tuple(reports), skipped, seconds=0.0)


def _refuse_expansion(layers: Mapping[str, Mapping[str, Any]], n_bytes: int) -> None:
    n_weights = sum(prod(shape_of(layer)) for layer in layers.values())
    if n_weights > min(MAX_WEIGHTS, ALWAYS + PER_BYTE * n_bytes):
        msg = _("{n_bytes} bytes claim to hold {n_weights} weights")
        raise ModelFileError(msg.format(n_bytes=n_bytes, n_weights=n_weights))


def _weight(container: Container, name: str, layer: Mapping[str, Any]) -> CodebookWeight:
    if layer["dtype"] not in FLOATS:
        msg = _("{name} is said to hold {dtype} values")
        raise ModelFileError(msg.format(name=name, dtype=layer["dtype"]))
    return weight_of(name, layer, _tensors(container, name))


def _tensors(container: Container, name: str) -> dict[str, StoredTensor]:
    """Return the parts of a layer that the file has."""
    parts = {part: container.tensors.get(f"{name}.{part}") for part in container.parts}
    return {part: stored for part, stored in parts.items() if stored is not None}


def _model(container: Container, weights: Mapping[str, CodebookWeight]) -> Model:
    """Return the model that the file was made from, with the untouched tensors only."""
    said, layers = container.metadata["model"], container.metadata["layers"]
    parts = {f"{name}.{part}" for name in weights for part in container.parts}
    raw = {k: v for k, v in container.tensors.items() if k not in parts and k != GRAPH}
    infos = {name: TensorInfo(name, stored.shape, stored.dtype) for name, stored in raw.items()}
    infos |= {n: TensorInfo(n, w.shape, str(layers[n]["dtype"])) for n, w in weights.items()}
    for copy, first in container.metadata["tied"].items():
        infos[copy] = TensorInfo(copy, infos[first].shape, infos[first].dtype, tied_to=first)
    tensors = {n: from_stored(s.read().data, s.dtype, s.shape) for n, s in raw.items()}
    tensors |= {n: tensors[i.tied_to] for n, i in infos.items() if i.tied_to in tensors}
    graph = container.tensors[GRAPH].read().tobytes() if GRAPH in container.tensors else None
    forward, missing = runnable({n: i.shape for n, i in infos.items()}, graph)
    return Model(
        name=str(said["name"]),
        format="packed",
        digest=str(said["sha256"]),
        file_bytes=int(said["bytes"]),
        infos=tuple(infos[name] for name in sorted(infos, key=_natural)),
        tensors=tensors,
        prefix=str(said["prefix"]),
        forward=forward,
        missing=missing,
        graph=graph,
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort layer 2 before layer 10, and a weight before its bias."""
    parts = name.removesuffix(".weight").split(".")
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _report(
    info: TensorInfo, weight: CodebookWeight, recipe: Recipe, container: Container
) -> LayerReport:
    said = container.layers[info.name]
    power, distortion, zeros = float(said["power"]), float(said["mse"]), float(said["zeros"])
    if not all(isfinite(value) and value >= 0 for value in (power, distortion, zeros)):
        raise ModelFileError(_("the errors noted for {name} are no numbers").format(name=info.name))
    return layer_report(
        info,
        weight,
        recipe.plan_for(info.name),
        power=power,
        distortion=distortion,
        sparsity_before=zeros,
        sparsity_after=share_of_zeros(weight.decode()),
        parts=stored_parts(_tensors(container, info.name), said.get("codings", {})),
    )
