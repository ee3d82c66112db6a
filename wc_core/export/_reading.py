"""Reading the packed container, trusting nothing in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from wc_core.blocks import BlockGrid
from wc_core.codebook import POSITION_DTYPE, CodebookWeight, ExactBlocks
from wc_core.coding import unpack_indices
from wc_core.compression import CompressedModel
from wc_core.errors import ModelFileError, WeightClusteringError
from wc_core.export._safetensors import StoredTensor, payload_digest
from wc_core.layer_report import LayerReport, layer_report, share_of_zeros
from wc_core.models import Model, TensorInfo, list_layers, runnable
from wc_core.models.weights import FLOATS, SAFETENSORS_DTYPES, from_stored
from wc_core.recipe import BlockSpec, Recipe
from wc_core.words import _

METADATA_KEY = "weight_clustering_lab"
FORMAT_VERSIONS = (1, 2)  # 2 adds second codebooks and exact blocks
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


@dataclass(frozen=True, eq=False)
class _Container:
    """A file taken apart: what it says of itself, and its tensors by stored name."""

    metadata: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]
    n_bytes: int

    def array(self, name: str, dtypes: tuple[str, ...]) -> NDArray:
        """Return a stored tensor whose dtype must be one of those given."""
        stored = self.tensors.get(name)
        if stored is None or stored.dtype not in dtypes:
            msg = _("{name} is missing or not of type {dtypes}")
            raise ModelFileError(msg.format(name=name, dtypes=" / ".join(dtypes)))
        return from_stored(stored.data.tobytes(), stored.dtype, stored.shape)


def is_packed(path: Path) -> bool:
    """Tell whether a file claims to be a packed one, from its header alone."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = file.read(length) if 2 <= length <= 100_000_000 else b""
    except OSError:
        return False
    return METADATA_KEY in _metadata_of(header)


def read_packed(content: bytes, name: str) -> CompressedModel:
    """Rebuild a compressed model from the bytes of a packed file.

    Raises
    ------
    ModelFileError
        If anything in it is missing, damaged or impossible.
    """
    try:
        container = _open(content, name)
        return _rebuild(container)
    except ModelFileError as error:
        raise ModelFileError(_damaged(name, error)) from error
    except (WeightClusteringError, KeyError, TypeError, ValueError, AttributeError) as error:
        # Metadata is somebody's JSON: any shape of it may turn up, none may crash the reader.
        raise ModelFileError(_damaged(name, error)) from error


def _damaged(name: str, error: Exception) -> str:
    msg = _("{name} cannot be decoded: {reason}. Compress the model again")
    return msg.format(name=name, reason=str(error).rstrip(".") or type(error).__name__)


def _metadata_of(header: bytes) -> Mapping[str, str]:
    try:
        metadata = json.loads(header)["__metadata__"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _open(content: bytes, name: str) -> _Container:
    try:
        listed = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise ModelFileError(_("it is no safetensors file: {e}").format(e=error)) from error
    length = int.from_bytes(content[:8], "little")
    text = _metadata_of(content[8 : 8 + length]).get(METADATA_KEY)
    if text is None:
        msg = _("it is a safetensors file, but not one that this program packed")
        raise ModelFileError(msg)
    metadata = json.loads(text)
    if metadata["format"] not in FORMAT_VERSIONS:
        msg = _("its format has version {found}; this program reads versions {known}")
        known = ", ".join(map(str, FORMAT_VERSIONS))
        raise ModelFileError(msg.format(found=metadata["format"], known=known))
    tensors = {
        key: StoredTensor.from_bytes(
            SAFETENSORS_DTYPES[value["dtype"]], value["shape"], bytes(value["data"])
        )
        for key, value in listed
    }
    if payload_digest(tensors) != metadata["sha256"]:
        raise ModelFileError(_("its tensors do not match their checksum"))
    return _Container(metadata, tensors, len(content))


def _rebuild(container: _Container) -> CompressedModel:
    metadata = container.metadata
    recipe = Recipe.from_dict(metadata["recipe"])
    layers: Mapping[str, Mapping[str, Any]] = metadata["layers"]
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


def _weight(container: _Container, name: str, layer: Mapping[str, Any]) -> CodebookWeight:
    grid = BlockGrid(_shape(layer), BlockSpec.parse(layer["block"]))
    if layer["dtype"] not in FLOATS:
        msg = _("{name} is said to hold {dtype} values")
        raise ModelFileError(msg.format(name=name, dtype=layer["dtype"]))
    scales = None
    if f"{name}.scales" in container.tensors:
        scales = container.array(f"{name}.scales", ("float32",))
        if scales.shape != grid.shape[:1] or not np.isfinite(scales).all():
            msg = _("{name} does not have one finite scale per output channel")
            raise ModelFileError(msg.format(name=name))
    residual = None
    if f"{name}.residual_codebook" in container.tensors:
        residual = _shared(container, name, grid, "residual_")
    weight = _shared(container, name, grid)
    exact = _exact(container, name)
    return replace(weight, scales=scales, residual=residual, exact=exact)


def _shared(container: _Container, name: str, grid: BlockGrid, stage: str = "") -> CodebookWeight:
    """Return the codebook and the indices of one stage."""
    codebook = container.array(f"{name}.{stage}codebook", ("float32", "float16"))
    if codebook.ndim != 2 or not np.isfinite(codebook).all():
        msg = _("the codebook of {name} is not a table of finite numbers")
        raise ModelFileError(msg.format(name=name))
    width = (len(codebook) - 1).bit_length()
    payload = container.array(f"{name}.{stage}indices", ("uint8",))
    return CodebookWeight(
        codebook=codebook.astype(np.float32),
        indices=unpack_indices(payload.reshape(-1), width, grid.n_blocks),
        block=grid.block,
        shape=grid.shape,
        codebook_dtype=codebook.dtype.name,
    )


def _exact(container: _Container, name: str) -> ExactBlocks | None:
    if f"{name}.exact_positions" not in container.tensors:
        return None
    positions = container.array(f"{name}.exact_positions", (POSITION_DTYPE,))
    values = container.array(f"{name}.exact_values", ("float32",))
    if positions.ndim != 1 or not np.isfinite(values).all():
        msg = _("the exact blocks of {name} are no list of finite numbers")
        raise ModelFileError(msg.format(name=name))
    return ExactBlocks(positions.astype(np.intp), values)


def _model(container: _Container, weights: Mapping[str, CodebookWeight]) -> Model:
    """Return the model that the file was made from, with the untouched tensors only."""
    said, layers = container.metadata["model"], container.metadata["layers"]
    parts = {f"{name}.{part}" for name in weights for part in PARTS}
    raw = {k: v for k, v in container.tensors.items() if k not in parts and k != GRAPH}
    infos = {name: TensorInfo(name, stored.shape, stored.dtype) for name, stored in raw.items()}
    infos |= {n: TensorInfo(n, w.shape, str(layers[n]["dtype"])) for n, w in weights.items()}
    for copy, first in container.metadata["tied"].items():
        infos[copy] = TensorInfo(copy, infos[first].shape, infos[first].dtype, tied_to=first)
    tensors = {n: from_stored(s.data.tobytes(), s.dtype, s.shape) for n, s in raw.items()}
    tensors |= {n: tensors[i.tied_to] for n, i in infos.items() if i.tied_to in tensors}
    graph = container.tensors[GRAPH].data.tobytes() if GRAPH in container.tensors else None
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
