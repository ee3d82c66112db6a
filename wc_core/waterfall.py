"""From the model file as it was to the file written: what each step saves or costs, in bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wc_core.codebook import CodebookWeight
from wc_core.coding import packed_bytes
from wc_core.compression import CompressedModel
from wc_core.size import SizeReport

_FP32_BYTES = 4
# Kinds of `SizeItem` that are added to the indices, in the order in which a reader needs them.
_ADDED = ("codebook", "scales", "mask", "exact", "residual")


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One step on the way.

    Parameters
    ----------
    kind : str
        "original", "fp32", "pruned", "indices", "coded", "codebook", "scales", "mask", "exact",
        "residual", "raw", "graph", "header", "file".
    n_bytes : int
        What the step adds to what was there before; negative where it takes away.
    total : int
        Bytes after the step.
    """

    kind: str
    n_bytes: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether people compare with its total and care little for its change."""
        return self.kind in {"original", "fp32", "file"}


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All steps, from the original file to the one written.

    Parameters
    ----------
    steps : tuple of WaterfallStep
        They add up to the length of the file written, to the byte.
    sizes : SizeReport
        Of the file written.
    """

    steps: tuple[WaterfallStep, ...]
    sizes: SizeReport

    def __getitem__(self, kind: str) -> WaterfallStep:
        """Return a step by its kind."""
        return next(step for step in self.steps if step.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {step.kind: {"bytes": step.n_bytes, "total": step.total} for step in self.steps}


def waterfall(compressed: CompressedModel, sizes: SizeReport) -> Waterfall:
    """Follow the bytes from the original file to the one written.

    The original file; all its numbers at fp32; pruned weights taken out; indices of fixed
    width in place of the clustered weights that are left; the indices coded; codebooks,
    scales, positions of what was kept, exact blocks, second codebooks; untouched tensors in
    their own dtype instead of fp32; graph; header; the file.

    Parameters
    ----------
    compressed : CompressedModel
    sizes : SizeReport
        Of its packed file, as `save` returns it: counted from the bytes written.

    Examples
    --------
    >>> from wc_core import compress, load_model
    >>> from wc_core.export import pack
    >>> small = compress(load_model("sample:lenet5"))
    >>> content, sizes = pack(small)
    >>> steps = waterfall(small, sizes).steps
    >>> steps[0].total == sizes.original_bytes, steps[-1].total == len(content)
    (True, True)
    """
    total, steps = 0, []
    for kind, n_bytes in _changes(compressed, sizes):
        total += n_bytes
        steps.append(WaterfallStep(kind, n_bytes, total))
    return Waterfall(tuple(steps), sizes)


def _changes(compressed: CompressedModel, sizes: SizeReport) -> Iterator[tuple[str, int]]:
    found = dict(sizes.by_kind())
    masks = [weight.mask for weight in compressed.weights.values() if weight.mask is not None]
    pruned = sum(mask.n_pruned_weights for mask in masks)
    packed = sum(map(_packed_bytes, compressed.weights.values()))
    untouched = sizes.fp32_bytes - _FP32_BYTES * compressed.n_clustered
    yield "original", sizes.original_bytes
    yield "fp32", sizes.fp32_bytes - sizes.original_bytes
    yield "pruned", -_FP32_BYTES * pruned
    yield "indices", packed - _FP32_BYTES * (compressed.n_clustered - pruned)
    yield "coded", found.pop("indices", 0) - packed
    for kind in _ADDED:
        yield kind, found.pop(kind, 0)
    yield "raw", found.pop("raw", 0) - untouched
    yield "graph", found.pop("graph", 0)
    yield "header", found.pop("header", 0)
    yield from found.items()
    yield "file", 0


def _packed_bytes(weight: CodebookWeight) -> int:
    """Return what the indices of the first stage take at fixed width."""
    return packed_bytes(len(weight.stored_indices), weight.index_bits)
