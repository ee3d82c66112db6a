"""Reading the packed container, trusting nothing in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.codebook import POSITION_DTYPE, CodebookWeight, ExactBlocks
from wc_core.coding import unpack_indices
from wc_core.compression import CompressedModel
from wc_core.errors import ModelFileError, WeightClusteringError
from wc_core.export._container import Container, open_container
from wc_core.export._safetensors import StoredTensor
from wc_core.layer_report import LayerReport, layer_report, share_of_zeros
from wc_core.models import Model, TensorInfo, list_layers, runnable
from wc_core.models.weights import FLOATS, from_stored
from wc_core.recipe import BlockSpec, Recipe
from wc_core.words import _

GRAPH = "__graph__"
PARTS = (
    "indices",
    "codebook",
    "scales",
    "residual_indices",
    "residual_codebook",
    "exact_positions",
    "exact_values",
)
MAX_WEIGHTS = 1 << 31  # no honest file of today's models decodes to more
MAX_EXPANSION = 1 << 16  # weights per byte of file: a block of 4096 x 16 per one-bit index


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


def check_same(name: str, meant: CodebookWeight, read: CodebookWeight) -> None:
    """Prove that a layer was read as it was meant.

    Raises
    ------
    AssertionError
        If it was not: that is a bug, not bad input.
    """
    if not _same(meant, read):
        msg = f"{name} does not come out of the packed file as it went in"
        raise AssertionError(msg)


def _same(meant: CodebookWeight | None, read: CodebookWeight | None) -> bool:
    if meant is None or read is None:
        return meant is read
    return (
        (meant.shape, meant.block) == (read.shape, read.block)
        and np.array_equal(meant.codebook, read.codebook)
        and np.array_equal(meant.indices, read.indices)
        and _equal(meant.scales, read.scales)
        and _same(meant.residual, read.residual)
        and _same_blocks(meant.exact, read.exact)
    )


def _same_blocks(meant: ExactBlocks | None, read: ExactBlocks | None) -> bool:
    if meant is None or read is None:
        return meant is read
    positions = np.array_equal(meant.positions, read.positions)
    return positions and np.array_equal(meant.values, read.values)


def _equal(meant: NDArray | None, read: NDArray | None) -> bool:
    if meant is None or read is None:
        return meant is read
    return np.array_equal(meant, read)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which file cannot be decoded, and why."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(_damaged(name, error)) from error
    except (WeightClusteringError, KeyError, TypeError, ValueError, AttributeError) as error:
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
    reports = [_report(known[name], weights[name], recipe, layers[name]) for name in weights]
    reports.sort(key=lambda report: list(known).index(report.name))
    skipped = tuple(i for i in list_layers(model.infos, recipe) if i.name not in weights)
    return CompressedModel(model, recipe, weights, tuple(reports), skipped, seconds=0.0)


def _refuse_expansion(layers: Mapping[str, Mapping[str, Any]], n_bytes: int) -> None:
    n_weights = sum(prod(_shape(layer)) for layer in layers.values())
    if n_weights > min(MAX_WEIGHTS, MAX_EXPANSION * n_bytes):
        msg = _("{n_bytes} bytes claim to hold {n_weights} weights")
        raise ModelFileError(msg.format(n_bytes=n_bytes, n_weights=n_weights))


def _shape(layer: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tuple(layer["shape"])
    if not all(isinstance(side, int) and side > 0 for side in shape):
        raise ModelFileError(_("a layer has the shape {shape}").format(shape=shape))
    return shape


def _weight(container: Container, name: str, layer: Mapping[str, Any]) -> CodebookWeight:
    grid = BlockGrid(_shape(layer), BlockSpec.parse(layer["block"]))
    if layer["dtype"] not in FLOATS:
        msg = _("{name} is said to hold {dtype} values")
        raise ModelFileError(msg.format(name=name, dtype=layer["dtype"]))
    prefix = f"{name}."
    parts = {part: container.tensors.get(prefix + part) for part in PARTS}
    return weight_of(name, grid, {part: stored for part, stored in parts.items() if stored})


def weight_of(name: str, grid: BlockGrid, parts: Mapping[str, StoredTensor]) -> CodebookWeight:
    """Rebuild a layer from its parts.

    Raises
    ------
    ModelFileError
        If a part is missing, or they do not fit together.
    """
    scales = None
    if "scales" in parts:
        scales = _array(name, parts, "scales", ("float32",))
        if scales.shape != grid.shape[:1] or not np.isfinite(scales).all():
            msg = _("{name} does not have one finite scale per output channel")
            raise ModelFileError(msg.format(name=name))
    residual = _shared(name, grid, parts, "residual_") if "residual_codebook" in parts else None
    weight = _shared(name, grid, parts)
    return replace(weight, scales=scales, residual=residual, exact=_exact(name, parts))


def _shared(
    name: str, grid: BlockGrid, parts: Mapping[str, StoredTensor], stage: str = ""
) -> CodebookWeight:
    """Return the codebook and the indices of one stage."""
    codebook = _array(name, parts, f"{stage}codebook", ("float32", "float16"))
    if codebook.ndim != 2 or not np.isfinite(codebook).all():
        msg = _("the codebook of {name} is not a table of finite numbers")
        raise ModelFileError(msg.format(name=name))
    width = (len(codebook) - 1).bit_length()
    payload = _array(name, parts, f"{stage}indices", ("uint8",))
    return CodebookWeight(
        codebook=codebook.astype(np.float32),
        indices=unpack_indices(payload.reshape(-1), width, grid.n_blocks),
        block=grid.block,
        shape=grid.shape,
        codebook_dtype=codebook.dtype.name,
    )


def _exact(name: str, parts: Mapping[str, StoredTensor]) -> ExactBlocks | None:
    if "exact_positions" not in parts:
        return None
    positions = _array(name, parts, "exact_positions", (POSITION_DTYPE,))
    values = _array(name, parts, "exact_values", ("float32",))
    if positions.ndim != 1 or not np.isfinite(values).all():
        msg = _("the exact blocks of {name} are no list of finite numbers")
        raise ModelFileError(msg.format(name=name))
    return ExactBlocks(positions.astype(np.intp), values)


def _array(
    name: str, parts: Mapping[str, StoredTensor], part: str, dtypes: tuple[str, ...]
) -> NDArray:
    """Return a part whose dtype must be one of those given."""
    stored = parts.get(part)
    if stored is None or stored.dtype not in dtypes:
        msg = _("{name} is missing or not of type {dtypes}")
        raise ModelFileError(msg.format(name=f"{name}.{part}", dtypes=" / ".join(dtypes)))
    return from_stored(stored.read().data, stored.dtype, stored.shape)


def _model(container: Container, weights: Mapping[str, CodebookWeight]) -> Model:
    """Return the model that the file was made from, with the untouched tensors only."""
    said, layers = container.metadata["model"], container.metadata["layers"]
    parts = {f"{name}.{part}" for name in weights for part in PARTS}
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
    info: TensorInfo, weight: CodebookWeight, recipe: Recipe, said: Mapping[str, Any]
) -> LayerReport:
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
    )
