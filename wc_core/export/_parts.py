"""What a packed file is made of: the tensors that stand in it, its metadata, and their sizes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core import __version__
from wc_core.codebook import CodebookWeight
from wc_core.errors import ConfigError
from wc_core.export._container import METADATA_KEY
from wc_core.export._layer_reading import weight_of
from wc_core.export._reading import GRAPH
from wc_core.export._safetensors import payload_digest, serialized
from wc_core.json_form import canonical_json
from wc_core.layer_parts import PARTS, LayerParts, layer_parts, size_kind
from wc_core.layer_report import LayerReport
from wc_core.models import Model, TensorInfo
from wc_core.models.weights import stored_bytes
from wc_core.recipe import BlockSpec, Recipe
from wc_core.size import SizeItem, SizeReport
from wc_core.stored import StoredTensor
from wc_core.words import _


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A clustered layer as the file holds it.

    Parameters
    ----------
    report : LayerReport
    block : BlockSpec
    parts : LayerParts
    cell : tuple of int, optional
        Rows and columns of what is pruned together; None where nothing is.
    """

    report: LayerReport
    block: BlockSpec
    parts: LayerParts
    cell: tuple[int, int] | None

    @classmethod
    def of(cls, weight: CodebookWeight, report: LayerReport) -> "StoredLayer":
        """Store a weight as its plan says; packed indices are packed when they are written."""
        cell = weight.mask.cell if weight.mask else None
        return cls(report, weight.block, layer_parts(weight, report.plan.coding), cell)

    def said(self) -> dict[str, Any]:
        """Return what the metadata say of how it is stored."""
        said: dict[str, Any] = {"shape": list(self.report.shape), "block": str(self.block)}
        # Older readers do without these two, so they stand only where older readers would fail.
        if self.cell is not None:
            said["cell"] = f"{self.cell[0]}x{self.cell[1]}"
        if any(way != "packed" for way in self.parts.codings.values()):
            said["codings"] = dict(self.parts.codings)
        return said

    def weight(self) -> CodebookWeight:
        """Rebuild the weight from its parts."""
        return weight_of(self.report.name, self.said(), self.parts.tensors)


class PackedFile:
    """Everything that goes into a packed file; nothing is read or packed before it is written.

    Parameters
    ----------
    model : Model
        The model before.
    recipe : Recipe
    layers : mapping of str to StoredLayer
        The clustered ones, in the order of the model.

    Raises
    ------
    ConfigError
        If a tensor of the model has a name that the container needs for itself.
    """

    def __init__(self, model: Model, recipe: Recipe, layers: Mapping[str, StoredLayer]) -> None:
        self._model = model
        self._recipe = recipe
        self._layers = layers
        self._kinds: dict[str, tuple[str, str]] = {}  # stored name -> (tensor, kind)
        self.tensors: dict[str, StoredTensor] = {}
        reserved = {f"{layer}.{part}" for layer in layers for part in PARTS}
        for tensor, kind, stored in self._stored():
            name = tensor if kind == "raw" else f"{tensor}.{kind}" if kind != "graph" else GRAPH
            if name in self.tensors or (kind == "raw" and name in reserved):
                msg = _("{model} has a tensor named {name}, which the packed file needs for itself")
                raise ConfigError(msg.format(model=model.name, name=name))
            self._kinds[name], self.tensors[name] = (tensor, size_kind(kind)), stored

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the bytes of the file, a tensor at a time."""
        return serialized(self.tensors, {METADATA_KEY: canonical_json(self._metadata())})

    def sizes(self, n_bytes: int) -> SizeReport:
        """Return where the bytes of the file go, which has so many."""
        kinds = self._kinds
        items = [SizeItem(*kinds[name], stored.n_bytes) for name, stored in self.tensors.items()]
        header = n_bytes - sum(item.n_bytes for item in items)
        model = self._model
        fp32 = 4 * sum(prod(info.shape) for info in model.infos if info.tied_to is None)
        return SizeReport((*items, SizeItem("", "header", header)), model.file_bytes, fp32)

    def _stored(self) -> Iterator[tuple[str, str, StoredTensor]]:
        """Yield (tensor of the model, kind, what is stored); tied tensors are stored once."""
        for info in self._model.infos:
            if info.tied_to is not None:
                continue
            if info.name in self._layers:
                for kind, stored in self._layers[info.name].parts.tensors.items():
                    yield info.name, kind, stored
            else:
                yield info.name, "raw", stored_tensor(self._model, info)
        graph = self._model.graph
        if graph is not None:
            yield "", "graph", StoredTensor.from_bytes("uint8", (len(graph),), graph)

    def _metadata(self) -> dict[str, Any]:
        model, layers = self._model, self._layers
        dtypes = {info.name: info.dtype for info in model.infos}
        return {
            # The oldest version that has all that the file holds: older readers take it.
            "format": max((layer.parts.format for layer in layers.values()), default=1),
            "version": __version__,
            "recipe": self._recipe.to_dict(),
            "model": {
                "name": model.name,
                "format": model.format,
                "sha256": model.digest,
                "bytes": model.file_bytes,
                "prefix": model.prefix,
            },
            "layers": {
                name: {
                    **layer.said(),
                    "dtype": dtypes[name],
                    "power": layer.report.power,
                    "mse": layer.report.distortion,
                    "zeros": layer.report.sparsity_before,
                }
                for name, layer in layers.items()
            },
            "tied": {info.name: info.tied_to for info in model.infos if info.tied_to is not None},
            "sha256": payload_digest(self.tensors),
        }


def stored_tensor(model: Model, info: TensorInfo) -> StoredTensor:
    """Return a tensor of a model as a file holds it; it is taken from the model when written."""

    def read() -> NDArray[np.uint8]:
        return np.frombuffer(stored_bytes(model.tensors[info.name], info.dtype), np.uint8)

    return StoredTensor(info.dtype, info.shape, info.n_bytes, read)
