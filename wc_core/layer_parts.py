"""What a clustered weight is made of in a file: its tensors, and how each is coded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.codebook import POSITION_DTYPE, CodebookWeight
from wc_core.coding import encode_positions, stored_indices
from wc_core.number_types import NUMBER_TYPES, stored_array
from wc_core.stored import StoredTensor

OLD_PARTS = (  # of versions 1 and 2
    "indices",
    "codebook",
    "scales",
    "residual_indices",
    "residual_codebook",
    "exact_positions",
    "exact_values",
)
PARTS = (*OLD_PARTS, "codebook_step", "residual_codebook_step", "scales_step", "mask")
_STEP_DTYPE = np.float32
_PLAIN = {"indices": "packed", "residual_indices": "packed", "mask": "bitmap"}  # unless said
_OLD = {  # types before version 3
    "codebook": ("float32", "float16"),
    "residual_codebook": ("float32", "float16"),
    "scales": ("float32",),
}


@dataclass(frozen=True, eq=False)
class LayerParts:
    """A clustered weight as a file holds it.

    Parameters
    ----------
    tensors : mapping of str to StoredTensor
        By the names in `PARTS`; those that it does not need are missing.
    codings : mapping of str to str
        How "indices", "residual_indices" and "mask" are coded, of those that there are.
    format : int
        Oldest version of the packed file that has all of them.
    """

    tensors: Mapping[str, StoredTensor]
    codings: Mapping[str, str]
    format: int

    def n_bytes(self, kind: str) -> int:
        """Return the bytes of one kind; those of a second codebook count as the first's.

        Parameters
        ----------
        kind : {"indices", "codebook", "scales", "mask", "exact"}
        """
        return sum(
            stored.n_bytes
            for part, stored in self.tensors.items()
            if part.removeprefix("residual_").partition("_")[0] == kind
        )


def size_kind(part: str) -> str:
    """Return the kind under which a file's size report counts a part.

    Examples
    --------
    >>> size_kind("scales_step"), size_kind("residual_indices")
    ('scales', 'residual')
    """
    return part.partition("_")[0]


def layer_parts(weight: CodebookWeight, coding: str = "cheapest") -> LayerParts:
    """Take a weight apart into what a file holds of it.

    Indices that are coded are so at once; packed ones when they are read.

    Parameters
    ----------
    weight : CodebookWeight
    coding : {"cheapest", "packed", "coded"}
        Of indices and of the positions of what is kept.

    Examples
    --------
    >>> from wc_core.recipe import BlockSpec
    >>> entries = np.array([[0.0], [1.0]], np.float32)
    >>> weight = CodebookWeight(entries, np.zeros(64, np.uint8), BlockSpec(), (8, 8))
    >>> parts = layer_parts(weight, "packed")
    >>> parts.n_bytes("indices"), parts.codings
    (8, {'indices': 'packed'})
    >>> layer_parts(weight, "coded").n_bytes("indices")
    2
    """
    tensors: dict[str, StoredTensor] = {}
    codings: dict[str, str] = {}
    for stage, one in _stages(weight):
        indices = one.indices if weight.live is None else one.indices[weight.live]
        counts = one.counts if one is weight else _live_counts(weight, one)
        kept, way = stored_indices(indices, counts, coding)
        tensors[f"{stage}indices"], codings[f"{stage}indices"] = kept, way
        numbers = _numbers(one.codebook, one.codebook_dtype, one.codebook_step)
        tensors |= {f"{stage}codebook{suffix}": stored for suffix, stored in numbers}
    if weight.scales is not None:
        numbers = _numbers(weight.scales, weight.scale_dtype, weight.scale_step)
        tensors |= {f"scales{suffix}": stored for suffix, stored in numbers}
    if weight.mask is not None:
        positions, codings["mask"] = encode_positions(weight.mask.kept, coding)
        tensors["mask"] = StoredTensor.of(positions)
    if weight.exact is not None:
        tensors["exact_positions"] = StoredTensor.of(weight.exact.positions.astype(POSITION_DTYPE))
        tensors["exact_values"] = StoredTensor.of(weight.exact.values)
    return LayerParts(tensors, codings, _format(tensors, codings))


def stored_parts(tensors: Mapping[str, StoredTensor], codings: Mapping[str, str]) -> LayerParts:
    """Return the parts of a layer that stand in a file already.

    Parameters
    ----------
    tensors : mapping of str to StoredTensor
    codings : mapping of str to str
        As the file names them; older ones name none.
    """
    ways = {part: codings.get(part, way) for part, way in _PLAIN.items() if part in tensors}
    return LayerParts(tensors, ways, _format(tensors, ways))


def _stages(weight: CodebookWeight) -> Iterator[tuple[str, CodebookWeight]]:
    yield "", weight
    if weight.residual is not None:
        yield "residual_", weight.residual


def _live_counts(weight: CodebookWeight, second: CodebookWeight) -> NDArray[np.int64]:
    """Return how many live blocks each entry of a second codebook serves."""
    if weight.live is None:
        return second.counts
    return np.bincount(second.indices[weight.live], minlength=second.entries).astype(np.int64)


def _numbers(
    values: NDArray[np.float32], dtype: str, step: float
) -> Iterator[tuple[str, StoredTensor]]:
    """Yield numbers as they are stored, and the step that they count where there is one."""
    yield "", StoredTensor.of(stored_array(values, dtype, step), dtype)
    if NUMBER_TYPES[dtype].has_step:
        yield "_step", StoredTensor.of(np.array([step], _STEP_DTYPE))


def _format(tensors: Mapping[str, StoredTensor], codings: Mapping[str, str]) -> int:
    """Return the oldest version that has all of it: older readers take it then."""
    known = all(tensors[part].dtype in dtypes for part, dtypes in _OLD.items() if part in tensors)
    if not known or any(way != "packed" for way in codings.values()):
        return 3
    return 2 if "residual_indices" in tensors or "exact_positions" in tensors else 1
