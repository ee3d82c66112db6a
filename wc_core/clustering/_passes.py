"""Passes over all blocks: each finds its nearest entry, and entries learn what they serve.

A pass is cut into pieces that threads take; how it is cut depends on sizes alone, and what the
pieces add up is added in their order, so that the number of threads changes no bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wc_core.clustering._block_loops import (
    STRIDE,
    UNROLLED,
    serve,
    serve_lanes,
    tally,
    tally_lanes,
)
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.threads import run_pieces

MAX_PIECES = 16
PRODUCTS_PER_PIECE = 1 << 23  # about a tenth of a millisecond
COUNTING = 32  # products that take as long as adding a lane to what its entry serves
LOOKED_AT = 4096  # blocks that say where the middle is


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What a pass found.

    Parameters
    ----------
    entries : ndarray of float64, shape (n_entries, block_size)
    labels : ndarray of int32, shape (n_blocks,)
        The entry of each block.
    inertia : float
    means : ndarray of float64, shape (n_entries, block_size)
        Of the blocks that each entry serves; a lane that none of them shows stays as it was.
    loads : ndarray of float64, shape (n_entries,)
        Weight of the blocks that each entry serves.
    """

    entries: NDArray[np.float64]
    labels: NDArray[np.int32]
    inertia: float
    means: NDArray[np.float64]
    loads: NDArray[np.float64]


class Passes:
    """Blocks made ready for passes.

    Parameters
    ----------
    blocks : MaskedBlocks
    dtype : dtype
        In which distances are compared. In single precision, entries that differ by less than
        the square root of its resolution are not told apart: good enough on the way, not at
        the end. Sums are always taken in double precision.
    """

    def __init__(self, blocks: MaskedBlocks, dtype: DTypeLike = np.float64) -> None:
        self._blocks = blocks
        self._dtype = np.dtype(dtype)
        width = blocks.values.shape[1]
        self._lanes = (0,) * width if width <= UNROLLED else ()
        self._origin = _origin(blocks).astype(self._dtype)
        self._weights = blocks.weights
        if len(blocks.ragged):  # they are added up by lane, and here they weigh nothing
            self._weights = blocks.weights.copy()
            self._weights[blocks.ragged] = 0

    def serve(
        self, centers: NDArray[np.floating], errors: NDArray[np.float64] | None = None
    ) -> Served:
        """Find the nearest entry to each block; ties go to the lower index.

        Parameters
        ----------
        centers : ndarray of shape (n_entries, block_size)
        errors : ndarray of float64, shape (n_blocks,), optional
            Gets the squared distances.
        """
        entries = np.ascontiguousarray(centers, dtype=np.float64)
        labels = np.empty(len(self._blocks), dtype=np.int32)
        gaps = np.empty(0) if errors is None else errors
        near = (entries - self._origin).astype(self._dtype)
        half_norms = 0.5 * np.square(near).sum(axis=1)
        whole = self._lanes, self._origin, padded(near, self._lanes), half_norms
        by_lane = self._by_lane(near, np.zeros_like(half_norms))
        products = entries.size + COUNTING * entries.shape[1]
        last = entries, labels, gaps
        return self._add_up((serve, *whole, *last), (serve_lanes, *by_lane, *last), products)

    def tally(
        self,
        labels: NDArray[np.integer],
        centers: NDArray[np.floating],
        errors: NDArray[np.float64] | None = None,
    ) -> Served:
        """Add up as `serve` does, for labels that are known."""
        entries = np.ascontiguousarray(centers, dtype=np.float64)
        known = np.ascontiguousarray(labels, dtype=np.int32)
        last = entries, known, np.empty(0) if errors is None else errors
        products = COUNTING * entries.shape[1]
        return self._add_up((tally, self._lanes, *last), (tally_lanes, *last), products)

    def _by_lane(
        self, near: NDArray[np.floating], half_prices: NDArray[np.floating]
    ) -> tuple[Any, ...]:
        """Return what rows with weights by lane are searched with; nothing if there are none."""
        if not len(self._blocks.ragged):
            return ()
        table = padded(np.hstack([near, -0.5 * np.square(near)]), ())
        return self._origin, table, half_prices

    def _add_up(self, whole: tuple[Any, ...], by_lane: tuple[Any, ...], products: int) -> Served:
        """Run one loop over all blocks and one over those with weights by lane."""
        blocks = self._blocks
        entries, labels, _errors = whole[-3:]
        k, width = entries.shape
        loop, *given = whole
        given = [blocks.values, self._weights, *given]
        shapes: tuple[tuple[int, ...], ...] = (k, width), (k,)
        inertia, (sums, loads) = self._pieces(loop, given, len(blocks), products, shapes)
        masses = np.broadcast_to(loads[:, None], entries.shape)
        if len(blocks.ragged):
            loop, *given = by_lane
            given = [blocks.values, blocks.weights, blocks.ragged, blocks.observed, *given]
            shapes = *shapes, (k, width)
            n_rows = len(blocks.ragged)
            cost, found = self._pieces(loop, given, n_rows, 3 * products, shapes)
            inertia, sums, loads = inertia + cost, sums + found[0], loads + found[1]
            masses = masses + found[2]
        means = entries + sums / np.where(masses > 0, masses, 1)
        return Served(entries, labels, inertia, means, loads)

    def _pieces(
        self,
        loop: Callable[..., float],
        given: list[Any],
        n_rows: int,
        products: int,
        shapes: tuple[tuple[int, ...], ...],
    ) -> tuple[float, list[NDArray[np.float64]]]:
        """Run a loop over pieces of the rows; return what it returns and sums, all added up."""
        n_pieces = _n_pieces(n_rows, products, shapes[1][0])
        bounds = [n_rows * piece // n_pieces for piece in range(n_pieces + 1)]
        sums = [np.zeros((n_pieces, *shape)) for shape in shapes]

        def work(piece: int) -> float:
            return loop(*given, *(part[piece] for part in sums), bounds[piece], bounds[piece + 1])

        return sum(run_pieces(work, n_pieces)), [part.sum(axis=0) for part in sums]


def _n_pieces(n_rows: int, products: int, n_entries: int) -> int:
    """Return into how many pieces rows are cut: worth a thread, and sums smaller than blocks."""
    worth = n_rows * products // PRODUCTS_PER_PIECE
    n_pieces = min(MAX_PIECES, worth, n_rows // (4 * n_entries))
    return max(1, n_pieces - n_pieces % 4 if n_pieces > 4 else n_pieces)  # as even as threads are


def padded(table: NDArray[np.floating], lanes: tuple[int, ...]) -> NDArray[np.floating]:
    """Return a table as it is searched: without `lanes`, some zeros wider."""
    missing = 0 if lanes else -table.shape[1] % STRIDE
    return np.ascontiguousarray(np.pad(table, ((0, 0), (0, missing))))


def _origin(blocks: MaskedBlocks) -> NDArray[np.float64]:
    """Return by lane where the middle lies if blocks are far from zero, as seen from there.

    Differences of products keep their digits only near zero. A lane with one huge number is
    not far from zero: its deviation is larger than its mean.
    """
    some = blocks.values[:: -(-len(blocks) // LOOKED_AT)].astype(np.float64)
    middle = some.mean(axis=0)
    return np.where(np.abs(middle) > some.std(axis=0), middle, 0.0)
