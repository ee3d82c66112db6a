"""The smallest scores of many, found without sorting them.

The bits of a magnitude in single precision are in the order of the magnitudes, so that counting
their upper and then their lower halves finds any rank exactly in two passes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel
from wc_core.threads import run_pieces

_HALF = 1 << 16
_PIECE = 1 << 21  # scores that are counted in one go


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where what is pruned ends: everything below, and so many of what lies exactly on it.

    Parameters
    ----------
    bits : int
        Of the score on the threshold.
    n_below : int
        Weights with smaller scores.
    n_wanted : int
        Weights to prune: those below, and then of those on the threshold.
    """

    bits: int
    n_below: int
    n_wanted: int


def magnitude_bits(weight: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Return magnitudes in single precision as whole numbers in the same order, flattened."""
    flat = np.ascontiguousarray(weight, np.float32).reshape(-1)
    return flat.view(np.uint32)


def n_wanted(sparsity: float, n_weights: int) -> int:
    """Return how many weights to prune; not all of them, unless that is asked for."""
    most = n_weights if sparsity >= 1 else n_weights - 1
    return min(round(sparsity * n_weights), most)


def find_threshold(layers: "Iterable[Scores]", wanted: int) -> Threshold:
    """Return the threshold over all scores below or on which so many weights lie.

    Parameters
    ----------
    layers : iterable of Scores
        Gone through twice.
    wanted : int
        Weights to prune.
    """
    high, below = _crossing(sum((s.count_high() for s in layers), _NONE), wanted)
    lows = sum((s.count_low(high) for s in layers), _NONE)
    low, below_low = _crossing(lows, wanted - below)
    return Threshold((high << 16) | low, below + below_low, wanted)


def _crossing(counts: NDArray[np.int64], wanted: int) -> tuple[int, int]:
    """Return the first place up to which more than `wanted` are counted, and those before it."""
    sums = np.cumsum(counts)
    at = min(int(np.searchsorted(sums, wanted, side="right")), int(np.flatnonzero(counts)[-1]))
    return at, int(sums[at] - counts[at])


_NONE = np.zeros(_HALF, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of cells, and how many weights each cell has.

    Parameters
    ----------
    bits : ndarray of uint32, shape (n_cells,)
        Of scores that are not negative, or of numbers whose sign is passed over.
    sizes : ndarray of int64, shape (n_cells,) or (1,)
        Weights of each cell; one number if they all have the same.
    """

    bits: NDArray[np.uint32]
    sizes: NDArray[np.int64]

    def count_high(self) -> NDArray[np.int64]:
        """Count weights by the upper half of their scores."""
        return self._count(0, 0)

    def count_low(self, high: int) -> NDArray[np.int64]:
        """Count the weights with a given upper half by the lower half."""
        return self._count(high, _HALF - 1)

    def _count(self, high: int, low_mask: int) -> NDArray[np.int64]:
        n_pieces = -(-len(self.bits) // _PIECE)

        def counted(piece: int) -> NDArray[np.int64]:
            inside = slice(piece * _PIECE, (piece + 1) * _PIECE)
            counts = np.zeros(_HALF, dtype=np.int64)
            sizes = self.sizes if len(self.sizes) == 1 else self.sizes[inside]
            _count(self.bits[inside], sizes, low_mask > 0, np.uint32(high), counts)
            return counts

        return sum(run_pieces(counted, n_pieces), _NONE)

    def kept(self, threshold: Threshold) -> NDArray[np.bool_]:
        """Return which cells stay: those above the threshold, and the later ones on it.

        Cells are taken whole: the first on the threshold that would be too much stays, and
        all later ones with it.
        """
        kept = np.empty(len(self.bits), dtype=np.bool_)
        room = threshold.n_wanted - threshold.n_below
        _keep(self.bits, self.sizes, np.uint32(threshold.bits), room, kept)
        return kept


@kernel
def _count(
    bits: NDArray[np.uint32],
    sizes: NDArray[np.int64],
    lower: bool,
    high: np.uint32,
    counts: NDArray[np.int64],
) -> None:
    alike, size = len(sizes) == 1, sizes[0]
    for i in range(len(bits)):
        score = bits[i] & np.uint32(0x7FFFFFFF)
        if not lower:
            counts[score >> np.uint32(16)] += size if alike else sizes[i]
        elif score >> np.uint32(16) == high:
            counts[score & np.uint32(0xFFFF)] += size if alike else sizes[i]


@kernel
def _keep(
    bits: NDArray[np.uint32],
    sizes: NDArray[np.int64],
    threshold: np.uint32,
    room: int,
    kept: NDArray[np.bool_],
) -> None:
    alike, size = len(sizes) == 1, sizes[0]
    left, is_open = room, True
    for i in range(len(bits)):
        score = bits[i] & np.uint32(0x7FFFFFFF)
        if score == threshold and is_open:
            left -= size if alike else sizes[i]
            is_open = left >= 0
            kept[i] = not is_open
        else:
            kept[i] = score >= threshold
