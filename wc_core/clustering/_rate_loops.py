"""Compiled loops for entries that have a price: on a line, and for blocks."""

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._block_loops import TILE, aligned, search_tile, tally
from wc_core.compiled import fused_kernel, kernel


@kernel
def lower_envelope(
    centers: NDArray[np.float64],
    prices: NDArray[np.float64],
    kept: NDArray[np.intp],
    borders: NDArray[np.float64],
) -> int:
    """Find which entries are the cheapest somewhere on the line, and where each begins to be.

    Entry j costs (x - c_j)^2 + p_j at x: parabolas of one shape, which cross once.

    Parameters
    ----------
    centers : ndarray of shape (n_entries,)
        Rising.
    prices : ndarray of shape (n_entries,)
    kept : ndarray of shape (n_entries,)
        Gets the entries, in rising order.
    borders : ndarray of shape (n_entries,)
        Gets the place at which each of them takes over from the one before; the first counts for
        nothing.

    Returns
    -------
    int
        How many they are.
    """
    n = 0
    for j in range(len(centers)):
        border = -np.inf
        while n > 0:
            i = kept[n - 1]
            gap = centers[j] - centers[i]
            if gap > 0:
                border = (centers[j] + centers[i]) / 2 + (prices[j] - prices[i]) / (2 * gap)
            else:  # at one place the cheaper of two stays
                border = np.inf if prices[j] >= prices[i] else -np.inf
            if border > borders[n - 1] or (n == 1 and border > -np.inf):
                break
            n -= 1
            border = -np.inf
        if border < np.inf:
            kept[n] = j
            borders[n] = border
            n += 1
    return n


@fused_kernel
def serve_priced(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    lanes: tuple[int, ...],
    priced_lanes: tuple[int, ...],
    origin: NDArray[np.floating],
    table: NDArray[np.floating],
    half_prices: NDArray[np.floating],
    entries: NDArray[np.float64],
    labels: NDArray[np.int32],
    errors: NDArray[np.float64],
    sums: NDArray[np.float64],
    loads: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Find the cheapest entry to each block from `start` to `stop`, and add up as `tally` does.

    Block i of weight w costs w |x - c|^2 + p with entry c of price p. Half of it, less what all
    entries have in common, is p / 2 - (w x) c + w |c|^2 / 2: a product of one lane more.

    Parameters
    ----------
    lanes, priced_lanes : tuple of int
        As many as a block has, and one more; or none for any number.
    origin : ndarray of shape (block_size,)
        Is taken off blocks before they are compared, in the precision of `table`.
    table : ndarray of shape (n_entries, n_lanes)
        Entries without the origin, then minus half their squared norm; without `lanes` padded
        with zeros to a multiple of `STRIDE`.
    half_prices : ndarray of shape (n_entries,)
    values, weights, entries, labels, errors, sums, loads, start, stop
        As in `tally`.
    """
    width = len(lanes) if len(lanes) > 0 else values.shape[1]
    tile = aligned(table.shape[1], table)
    room = aligned(2, table)
    cheapest = np.empty(TILE, np.int32)
    total = 0.0
    for first in range(start, stop, TILE):
        last = min(first + TILE, stop)
        for i in range(first, last):
            for lane in range(width):
                tile[lane, i - first] = weights[i] * (values[i, lane] - origin[lane])
            tile[width, i - first] = weights[i]
        search_tile(tile, priced_lanes, table, half_prices, room, cheapest)
        labels[first:last] = cheapest[: last - first]
        total += tally(values, weights, lanes, entries, labels, errors, sums, loads, first, last)
    return total
