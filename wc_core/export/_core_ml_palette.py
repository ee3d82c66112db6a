"""A clustered weight as Core ML holds it: indices of 1 to 8 bits and a small table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.codebook import CodebookWeight
from wc_core.masks import Mask
from wc_core.models.weights import round_to
from wc_core.words import _

WIDTHS = (1, 2, 3, 4, 6, 8)  # bits of an index that Core ML has
MOST = 1 << WIDTHS[-1]
_LOOK = 1 << 16  # weights that are looked at before all of them are


@dataclass(frozen=True, eq=False)
class Palette:
    """Arguments of Core ML's `constexpr_lut_to_dense`, or `constexpr_lut_to_sparse`.

    Parameters
    ----------
    indices : ndarray of uint8
        Of as many sides as the weight; with a mask a list of those that are kept.
    lut : ndarray of float32, shape (1, ..., 1, 2 ** bits, vector size)
    axis : int or None
        Side of the weight along which the numbers of an entry lie; None for single numbers.
    scales : ndarray of float32, shape (out, 1, ..., 1), or None
        Factors of `constexpr_blockwise_shift_scale`.
    kept : ndarray of bool, of the shape of the weight, or None
        All others are zero: `constexpr_sparse_to_dense`.
    """

    indices: NDArray[np.uint8]
    lut: NDArray[np.float32]
    axis: int | None
    scales: NDArray[np.float32] | None = None
    kept: NDArray[np.bool_] | None = None

    @property
    def bits(self) -> int:
        """Bits of an index."""
        return int(self.lut.shape[-2] - 1).bit_length()


def palette(weight: CodebookWeight, dtype: str) -> Palette | str:
    """Return a weight as a palette, or the reason why it has to be stored dense.

    Either its own codebook and indices, or, where Core ML has no form for those (two codebooks,
    blocks over several sides, exact blocks), the different numbers that it holds, if they are few.

    Parameters
    ----------
    weight : CodebookWeight
    dtype : str
        Type of the weight in the model, to which decoded numbers are rounded.
    """
    return _own(weight, dtype) or _few_numbers(weight, dtype) or _reason(weight, dtype)


def decoded(weight: CodebookWeight, dtype: str) -> NDArray[np.float32]:
    """Return the weight as Core ML is to have it: in float32, rounded to its type."""
    return round_to(weight.decode(), dtype).astype(np.float32)


def _own(weight: CodebookWeight, dtype: str) -> Palette | None:
    """Return the weight's codebook and indices, if Core ML has a form for them."""
    if weight.residual is not None or weight.exact is not None:
        return None
    if weight.scales is not None and dtype != "float32":
        return None  # it is the product that is rounded
    entries = round_to(weight.codebook, dtype).astype(np.float32)
    if weight.mask is not None:
        return _pruned(weight, weight.mask, entries) if weight.block.size == 1 else None
    axis = _axis(weight)
    if axis is None or len(entries) > MOST:
        return None
    sides = list(weight.shape)
    sides[axis] //= weight.block.size
    along = axis if weight.block.size > 1 else None
    indices = weight.indices.astype(np.uint8).reshape(sides)
    return Palette(indices, _lut(entries, len(sides)), along, _factors(weight))


def _pruned(weight: CodebookWeight, mask: Mask, entries: NDArray[np.float32]) -> Palette | None:
    """Return a pruned weight: with a mask, or with an entry for zero, what takes fewer bits."""
    kept = mask.rows(slice(0, weight.shape[0])).reshape(weight.shape)
    indices = weight.indices.reshape(weight.shape)
    n, n_kept, rank = kept.size, np.count_nonzero(kept), len(weight.shape)
    if len(entries) <= MOST and n_kept and weight.scales is None:
        survivors = indices[kept].astype(np.uint8)
        sparse = Palette(survivors, _lut(entries, rank), None, kept=kept)
        if len(entries) == MOST or n + n_kept * sparse.bits < n * _bits(len(entries) + 1):
            return sparse
    if len(entries) >= MOST:
        return None
    zero = np.zeros_like(entries[:1])
    whole = np.where(kept, indices, len(entries)).astype(np.uint8)
    return Palette(whole, _lut(np.concatenate([entries, zero]), rank), None, _factors(weight))


def _factors(weight: CodebookWeight) -> NDArray[np.float32] | None:
    if weight.scales is None:
        return None
    return weight.scales.reshape(-1, *[1] * (len(weight.shape) - 1))


def _axis(weight: CodebookWeight) -> int | None:
    """Return the side along which every block lies whole, if there is one."""
    rows, cols = weight.block.rows, weight.block.cols
    if cols == 1:
        return 0 if weight.shape[0] % rows == 0 else None
    # A row of the matrix is made of all sides but the first, the last one running fastest.
    last = max((at for at, side in enumerate(weight.shape) if side > 1), default=0)
    fits = rows == 1 and last > 0 and weight.shape[last] % cols == 0
    return last if fits else None


def _few_numbers(weight: CodebookWeight, dtype: str) -> Palette | None:
    """Return the different numbers of a weight as a palette, if they are few enough."""
    numbers = decoded(weight, dtype)
    flat = numbers.reshape(-1).view(np.uint32)  # by their bits, so that -0 stays what it is
    if len(np.unique(flat[:_LOOK])) > MOST:
        return None
    values, indices = np.unique(flat, return_inverse=True)
    if len(values) > MOST:
        return None
    lut = _lut(values.view(np.float32)[:, None], numbers.ndim)
    return Palette(indices.astype(np.uint8).reshape(numbers.shape), lut, None)


def _lut(entries: NDArray[np.float32], rank: int) -> NDArray[np.float32]:
    """Fill a table up to a power of two that Core ML has, for indices of so many sides."""
    table = np.zeros((1 << _bits(len(entries)), entries.shape[1]), np.float32)
    table[: len(entries)] = entries
    return table.reshape(*[1] * rank, *table.shape)


def _bits(n_entries: int) -> int:
    return next(width for width in WIDTHS if n_entries <= 1 << width)


def _reason(weight: CodebookWeight, dtype: str) -> str:
    """Say why neither codebook and indices nor the different numbers make a palette."""
    if weight.residual is not None:
        return _("two codebooks, which together hold more than 256 numbers")
    if weight.exact is not None:
        return _("blocks that are stored exactly, and more than 256 numbers with them")
    if weight.scales is not None and dtype != "float32":
        msg = _("a factor per channel, whose products are rounded to {dtype}")
        return msg.format(dtype=dtype)
    if weight.entries > MOST or (weight.mask is not None and weight.block.size == 1):
        return _("more than 256 entries, zero included")
    if weight.mask is not None:
        return _("pruned blocks, and more than 256 numbers")
    msg = _("blocks of {block} do not lie whole along one side of {shape}")
    shape = " × ".join(map(str, weight.shape))
    return msg.format(block=weight.block, shape=shape)
