"""Compiled loops over blocks: the nearest entry to each, and what each entry serves.

Blocks are taken a tile at a time, turned so that a lane of all its blocks lies in one piece:
the innermost loop then runs over blocks, which is what vector units are made for. The number of
lanes is the length of a tuple, `lanes`, since that is known to the compiler: for each number up
to `UNROLLED` it makes its own code, and an empty tuple stands for all larger ones.
"""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import fused_kernel

TILE = 256  # blocks; a tile of up to 16 lanes stays in the first cache
UNROLLED = 16  # lanes that are kept in registers while a tile is searched
STRIDE = 8  # lanes that are searched at a time where there are more
_LINE = 64  # bytes of a cache line: loads that cross two of them cost twice


@fused_kernel
def aligned(n_rows: int, like: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return rows of a tile, all zero, that begin where a cache line does."""
    size = like.itemsize
    raw = np.zeros(n_rows * TILE + _LINE // size, like.dtype)
    skipped = (_LINE - np.int64(raw.ctypes.data) % _LINE) // size
    return raw[skipped : skipped + n_rows * TILE].reshape((n_rows, TILE))


@fused_kernel
def search_tile(  # noqa: C901  (one choice made by the compiled code, around two nests of loops)
    tile: NDArray[np.floating],
    lanes: tuple[int, ...],
    table: NDArray[np.floating],
    half_norms: NDArray[np.floating],
    room: NDArray[np.floating],
    nearest: NDArray[np.int32],
) -> None:
    """Find the row of `table` with the least half norm minus product; ties go to the first.

    Parameters
    ----------
    tile : ndarray of shape (n_lanes, TILE)
    lanes : tuple of int
        As many as there are lanes; none for any multiple of `STRIDE`.
    table : ndarray of shape (n_entries, n_lanes)
    half_norms : ndarray of shape (n_entries,)
    room : ndarray of shape (2, TILE)
        For scores.
    nearest : ndarray of int32, shape (TILE,)
        Gets the rows.
    """
    best, scores = room[0], room[1]
    best[:] = np.inf
    nearest[:] = 0
    if len(lanes) > 0:
        for entry in range(len(table)):
            for p in range(TILE):
                score = half_norms[entry]
                for lane in range(len(lanes)):
                    score -= table[entry, lane] * tile[lane, p]
                if score < best[p]:
                    best[p] = score
                    nearest[p] = entry
        return
    for entry in range(len(table)):
        scores[:] = half_norms[entry]
        for first in range(0, table.shape[1], STRIDE):
            for p in range(TILE):
                score = scores[p]
                for lane in range(STRIDE):
                    score -= table[entry, first + lane] * tile[first + lane, p]
                scores[p] = score
        for p in range(TILE):
            if scores[p] < best[p]:
                best[p] = scores[p]
                nearest[p] = entry


@fused_kernel
def tally(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    lanes: tuple[int, ...],
    entries: NDArray[np.float64],
    labels: NDArray[np.int32],
    errors: NDArray[np.float64],
    sums: NDArray[np.float64],
    loads: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Add up what the blocks from `start` to `stop` ask of their entries.

    Parameters
    ----------
    values : ndarray of shape (n_blocks, block_size)
    weights : ndarray of shape (n_blocks,)
    lanes : tuple of int
        As many as there are lanes, or none for any number.
    entries : ndarray of shape (n_entries, block_size)
    labels : ndarray of shape (n_blocks,)
    errors : ndarray of shape (n_blocks,) or (0,)
        Gets squared distances to the entries, unless it is empty.
    sums : ndarray of shape (n_entries, block_size)
        Gets the weighted sums of what blocks are beyond their entry.
    loads : ndarray of shape (n_entries,)
        Gets the sums of weights.

    Returns
    -------
    float
        The sum of weighted squared distances.
    """
    n_lanes = len(lanes) if len(lanes) > 0 else values.shape[1]
    total = 0.0
    for i in range(np.uint64(start), np.uint64(stop)):  # no index is counted from the end
        entry, weight = np.uint64(labels[i]), weights[i]
        error = 0.0
        for number in range(n_lanes):
            lane = np.uint64(number)
            gap = np.float64(values[i, lane]) - entries[entry, lane]
            error += gap * gap
            sums[entry, lane] += weight * gap
        loads[entry] += weight
        total += weight * error
        if len(errors) > 0:
            errors[i] = error
    return total


@fused_kernel
def serve(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    lanes: tuple[int, ...],
    origin: NDArray[np.floating],
    table: NDArray[np.floating],
    half_norms: NDArray[np.floating],
    entries: NDArray[np.float64],
    labels: NDArray[np.int32],
    errors: NDArray[np.float64],
    sums: NDArray[np.float64],
    loads: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Find the nearest entry to each block from `start` to `stop`, and add up as `tally` does.

    Parameters
    ----------
    origin : ndarray of shape (block_size,)
        Is taken off blocks before they are compared, in the precision of `table`.
    table : ndarray of shape (n_entries, n_lanes)
        Entries without the origin; without `lanes` padded with zeros to a multiple of `STRIDE`.
    half_norms : ndarray of shape (n_entries,)
    labels : ndarray of int32, shape (n_blocks,)
        Gets the nearest entries.
    values, weights, lanes, entries, errors, sums, loads, start, stop
        As in `tally`.
    """
    n_lanes = len(lanes) if len(lanes) > 0 else values.shape[1]
    tile = aligned(table.shape[1], table)
    room = aligned(2, table)
    nearest = np.empty(TILE, np.int32)
    total = 0.0
    for first in range(start, stop, TILE):
        last = min(first + TILE, stop)
        for i in range(first, last):
            for lane in range(n_lanes):
                tile[lane, i - first] = values[i, lane] - origin[lane]
        search_tile(tile, lanes, table, half_norms, room, nearest)
        labels[first:last] = nearest[: last - first]
        total += tally(values, weights, lanes, entries, labels, errors, sums, loads, first, last)
    return total


@fused_kernel
def tally_lanes(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    rows: NDArray[np.intp],
    shares: NDArray[np.floating],
    entries: NDArray[np.float64],
    labels: NDArray[np.int32],
    errors: NDArray[np.float64],
    sums: NDArray[np.float64],
    loads: NDArray[np.float64],
    lane_loads: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Add up as `tally` does, for rows that have a weight for every lane.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Those from `start` to `stop` are meant.
    shares : ndarray of shape (n_rows, block_size)
        How much each lane of these rows counts.
    lane_loads : ndarray of shape (n_entries, block_size)
        Gets the sums of weights by lane, and `loads` those of the blocks.
    values, weights, entries, labels, errors, sums
        As in `tally`.
    """
    total = 0.0
    for number in range(start, stop):
        i = rows[number]
        entry, weight = labels[i], weights[i]
        error = 0.0
        for lane in range(values.shape[1]):
            gap = np.float64(values[i, lane]) - entries[entry, lane]
            share = np.float64(shares[number, lane])
            error += share * gap * gap
            sums[entry, lane] += weight * share * gap
            lane_loads[entry, lane] += weight * share
        loads[entry] += weight
        total += weight * error
        if len(errors) > 0:
            errors[i] = error
    return total


@fused_kernel
def serve_lanes(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    rows: NDArray[np.intp],
    shares: NDArray[np.floating],
    origin: NDArray[np.floating],
    table: NDArray[np.floating],
    half_norms: NDArray[np.floating],
    entries: NDArray[np.float64],
    labels: NDArray[np.int32],
    errors: NDArray[np.float64],
    sums: NDArray[np.float64],
    loads: NDArray[np.float64],
    lane_loads: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Find the nearest entry as `serve` does, for rows that have a weight for every lane.

    With s the weight of a lane, s (x - c)^2 is s x^2 - 2 (s x) c + s c^2: a product of twice as
    many lanes, (s x, s) and (c, -c^2 / 2).

    Parameters
    ----------
    table : ndarray of shape (n_entries, n_lanes)
        Entries without the origin, then minus half their squares, then zeros up to a multiple
        of `STRIDE`.
    half_norms : ndarray of shape (n_entries,)
        Zeros.
    values, weights, rows, shares, entries, labels, errors, sums, loads, lane_loads, start, stop
        As in `tally_lanes`.
    """
    width = values.shape[1]
    tile = aligned(table.shape[1], table)
    room = aligned(2, table)
    nearest = np.empty(TILE, np.int32)
    for first in range(start, stop, TILE):
        last = min(first + TILE, stop)
        for number in range(first, last):
            i = rows[number]
            for lane in range(width):
                share = shares[number, lane]
                tile[lane, number - first] = share * (values[i, lane] - origin[lane])
                tile[width + lane, number - first] = share
        search_tile(tile, (), table, half_norms, room, nearest)
        for number in range(first, last):
            labels[rows[number]] = nearest[number - first]
    return tally_lanes(
        values,
        weights,
        rows,
        shares,
        entries,
        labels,
        errors,
        sums,
        loads,
        lane_loads,
        start,
        stop,
    )
