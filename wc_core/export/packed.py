"""The packed container: one safetensors file with indices, codebooks, scales and untouched tensors.

docs/format.md describes it precisely enough to write a reader in another language.
"""

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from wc_core import __version__
from wc_core.codebook import POSITION_DTYPE, CodebookWeight
from wc_core.coding import pack_indices
from wc_core.compression import CompressedModel
from wc_core.errors import ConfigError, ModelFileError
from wc_core.export._reading import GRAPH, METADATA_KEY, is_packed, read_packed
from wc_core.export._safetensors import (
    StoredTensor,
    payload_digest,
    serialized,
    write_at_once,
)
from wc_core.json_form import canonical_json
from wc_core.models import Model, load_model
from wc_core.models.weights import stored_bytes
from wc_core.size import SizeItem, SizeReport
from wc_core.words import _


def pack(compressed: CompressedModel) -> tuple[bytes, SizeReport]:
    """Return the bytes of the packed file, read back and compared, and where they go.

    The same compressed model gives the same bytes, always.

    Raises
    ------
    ConfigError
        If a tensor of the model has a name that the container needs for itself.
    """
    kinds: dict[str, tuple[str, str]] = {}  # stored name -> (tensor, kind)
    tensors: dict[str, StoredTensor] = {}
    for tensor, kind, stored in _stored_tensors(compressed):
        name = tensor if kind == "raw" else f"{tensor}.{kind}" if kind != "graph" else GRAPH
        if name in tensors:
            msg = _("{model} has a tensor named {name}, which the packed file needs for itself")
            raise ConfigError(msg.format(model=compressed.name, name=name))
        # The parts of a second codebook, or of exact blocks, are one kind.
        kinds[name], tensors[name] = (tensor, kind.partition("_")[0]), stored
    content = serialized(tensors, {METADATA_KEY: canonical_json(_metadata(compressed, tensors))})
    _verify(compressed, read_packed(content, compressed.name))
    return content, _size_report(compressed, kinds, tensors, len(content))


def save(compressed: CompressedModel, path: str | Path) -> SizeReport:
    """Write the packed file, whose every tensor decodes to what was meant, and report its size.

    Parameters
    ----------
    compressed : CompressedModel
    path : str or Path
        Replaced if it exists; on failure what was there stays.

    Returns
    -------
    SizeReport
        Counted from the bytes written.

    Raises
    ------
    ConfigError
        As `pack`.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from wc_core import compress, load, load_model
    >>> small = compress(load_model("sample:lenet_300_100"))
    >>> path = Path(tempfile.mkdtemp()) / "small.safetensors"
    >>> save(small, path).stored_bytes == path.stat().st_size
    True
    >>> again = load(path)
    >>> all((again.weights[n].decode() == w.decode()).all() for n, w in small.weights.items())
    True
    """
    content, sizes = pack(compressed)
    write_at_once(Path(path), content)
    return sizes


def load(path: str | Path) -> CompressedModel:
    """Read a packed file.

    Raises
    ------
    ModelFileError
        If the file is not one of ours, is damaged, or claims impossible sizes.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = _("{path} cannot be read: {reason}")
        raise ModelFileError(msg.format(path=path, reason=error.strerror)) from error
    return read_packed(content, path.name)


def open_model(source: str | Path, *, name: str | None = None) -> Model:
    """Read a model of any kind, dense or packed; a packed one is decoded.

    Raises
    ------
    ModelFileError, UnsafeFileError
        As `load_model` and `load`.
    """
    if not str(source).startswith("sample:") and is_packed(Path(source)):
        return load(source).decoded()
    return load_model(source, name=name)


def _stored_tensors(compressed: CompressedModel) -> Iterator[tuple[str, str, StoredTensor]]:
    """Yield (tensor of the model, kind, what is stored); tied tensors are stored once."""
    model = compressed.original
    for info in model.infos:
        if info.tied_to is not None:
            continue
        if info.name in compressed.weights:
            for kind, stored in _parts(compressed.weights[info.name]):
                yield info.name, kind, stored
        else:
            data = stored_bytes(model.tensors[info.name], info.dtype)
            yield info.name, "raw", StoredTensor.from_bytes(info.dtype, info.shape, data)
    if model.graph is not None:
        yield "", "graph", StoredTensor.from_bytes("uint8", (len(model.graph),), model.graph)


def _parts(weight: CodebookWeight) -> Iterator[tuple[str, StoredTensor]]:
    yield "indices", StoredTensor.of(pack_indices(weight.indices, weight.index_bits))
    yield "codebook", StoredTensor.of(weight.codebook.astype(weight.codebook_dtype))
    if weight.scales is not None:
        yield "scales", StoredTensor.of(weight.scales)
    if weight.residual is not None:
        for part, stored in _parts(weight.residual):
            yield f"residual_{part}", stored
    if weight.exact is not None:
        yield "exact_positions", StoredTensor.of(weight.exact.positions.astype(POSITION_DTYPE))
        yield "exact_values", StoredTensor.of(weight.exact.values)


def _metadata(compressed: CompressedModel, tensors: Mapping[str, StoredTensor]) -> dict[str, Any]:
    model = compressed.original
    dtypes = {info.name: info.dtype for info in model.infos}
    return {
        "format": _format_version(compressed),
        "version": __version__,
        "recipe": compressed.recipe.to_dict(),
        "model": {
            "name": model.name,
            "format": model.format,
            "sha256": model.digest,
            "bytes": model.file_bytes,
            "prefix": model.prefix,
        },
        "layers": {
            layer.name: {
                "dtype": dtypes[layer.name],
                "shape": list(layer.shape),
                "block": str(compressed.weights[layer.name].block),
                "power": layer.power,
                "mse": layer.distortion,
                "zeros": layer.sparsity_before,
            }
            for layer in compressed.layers
        },
        "tied": {info.name: info.tied_to for info in model.infos if info.tied_to is not None},
        "sha256": payload_digest(tensors),
    }


def _format_version(compressed: CompressedModel) -> int:
    """Return the oldest version that has all that the file holds: older readers take it."""
    weights = compressed.weights.values()
    return 2 if any(weight.residual or weight.exact for weight in weights) else 1


def _size_report(
    compressed: CompressedModel,
    kinds: Mapping[str, tuple[str, str]],
    tensors: Mapping[str, StoredTensor],
    n_bytes: int,
) -> SizeReport:
    items = [SizeItem(*kinds[name], stored.data.nbytes) for name, stored in tensors.items()]
    header = n_bytes - sum(item.n_bytes for item in items)
    model = compressed.original
    fp32 = 4 * sum(prod(info.shape) for info in model.infos if info.tied_to is None)
    return SizeReport((*items, SizeItem("", "header", header)), model.file_bytes, fp32)


def _verify(before: CompressedModel, after: CompressedModel) -> None:
    """Prove that what was packed decodes to what was meant: a mismatch is a bug, not bad input."""
    for name, weight in before.weights.items():
        if not np.array_equal(weight.decode(), after.weights[name].decode()):
            msg = f"packed file of {before.name}: {name} does not decode to itself"
            raise AssertionError(msg)
