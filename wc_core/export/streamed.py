"""Compression straight to a file: no more than a few layers are in memory at any time."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from wc_core.compression import CompressedModel, planned
from wc_core.export._layer_reading import check_same
from wc_core.export._parts import PackedFile, StoredLayer
from wc_core.export._reading import weights_of
from wc_core.export._safetensors import write_at_once
from wc_core.layerwise import ClusteredLayer, layer_steps
from wc_core.models import Model
from wc_core.progress import Progress
from wc_core.recipe import Recipe
from wc_core.size import SizeReport
from wc_core.stored import StoredTensor
from wc_core.words import _


@dataclass(frozen=True, slots=True, eq=False)
class WrittenModel:
    """A compressed model that stands in its file.

    Parameters
    ----------
    compressed : CompressedModel
        Its weights are read from the file when they are asked for.
    sizes : SizeReport
    clustering, packing, writing : float
        Seconds that were spent on each; while one layer is packed, others are clustered.
    """

    compressed: CompressedModel
    sizes: SizeReport
    clustering: float
    packing: float
    writing: float


def compress_to_file_steps(model: Model, recipe: Recipe, path: str | Path) -> Iterator[Progress]:
    """Cluster the layers that a recipe names and write the packed file.

    The bytes are those that `save` writes of what `compress` returns. Each layer is packed when
    it is done, put into a nameless temporary file beside the output, read back and compared; the
    output appears when it is complete. A run that is closed or fails leaves nothing.

    Parameters
    ----------
    model : Model
    recipe : Recipe
    path : str or Path
        Replaced if it exists.

    Yields
    ------
    Progress
        The last record's result is a `WrittenModel`, all others have none.

    Raises
    ------
    ConfigError, UnknownNameError
        As `compress_steps` and `pack`.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from wc_core import load_model
    >>> from wc_core.progress import last_result
    >>> path = Path(tempfile.mkdtemp()) / "small.safetensors"
    >>> steps = compress_to_file_steps(load_model("sample:lenet5"), Recipe(), path)
    >>> last_result(steps).sizes.stored_bytes == path.stat().st_size
    True
    """
    path = Path(path)
    infos, chosen = planned(model, recipe)
    started = perf_counter()
    packing = 0.0
    with _Spill(path.parent) as spill:
        done: dict[str, StoredLayer] = {}
        for record in layer_steps(model, recipe, chosen):
            if record.result is not None:
                since = perf_counter()
                done[record.result.report.name] = _spilled(record.result, spill)
                packing += perf_counter() - since
            yield replace(record, result=None)
        clustered = perf_counter()
        yield Progress(1, 1, _("writing the file"))
        layers = {info.name: done[info.name] for info in chosen}
        packed = PackedFile(model, recipe, layers)
        weights = write_at_once(path, packed.pieces(), lambda part: weights_of(part, path.name))
    reports = tuple(layer.report for layer in layers.values())
    skipped = tuple(info for info in infos if info.skipped)
    clustering = clustered - started - packing
    compressed = CompressedModel(model, recipe, weights, reports, skipped, clustering)
    writing = perf_counter() - clustered
    written = WrittenModel(
        compressed, packed.sizes(path.stat().st_size), clustering, packing, writing
    )
    yield Progress(1, 1, result=written)


class _Spill:
    """A temporary file without a name, which goes when it is closed, whatever happens."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  (closed by us)
        self._end = 0

    def __enter__(self) -> "_Spill":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def keep(self, tensor: StoredTensor) -> StoredTensor:
        """Write a tensor, and return it as one that is read from here."""
        data, start = tensor.read().data, self._end
        while data:
            data = data[self._file.write(data) :]
        self._end += tensor.n_bytes
        return replace(tensor, read=partial(self._read, start, tensor.n_bytes))

    def _read(self, start: int, n_bytes: int) -> NDArray[np.uint8]:
        return np.frombuffer(os.pread(self._file.fileno(), n_bytes, start), np.uint8)


def _spilled(layer: ClusteredLayer, spill: _Spill) -> StoredLayer:
    """Pack a layer, put it aside, and prove that it comes back as it was."""
    meant = StoredLayer.of(layer.weight, layer.report)
    tensors = {part: spill.keep(stored) for part, stored in meant.parts.tensors.items()}
    kept = replace(meant, parts=replace(meant.parts, tensors=tensors))
    check_same(layer.report.name, layer.weight, kept.weight)
    return kept
