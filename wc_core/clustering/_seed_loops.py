"""The compiled loop of k-means++: one draw, with trials."""

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._block_loops import TILE
from wc_core.compiled import fused_kernel


@fused_kernel
def gaps_from(
    tile: NDArray[np.floating],
    lanes: tuple[int, ...],
    place: NDArray[np.floating],
    gaps: NDArray[np.floating],
) -> None:
    """Measure squared distances from a tile of points to a place.

    Parameters
    ----------
    tile : ndarray of shape (block_size, TILE)
    lanes : tuple of int
        As many as there are lanes, or none for any number.
    place : ndarray of shape (block_size,)
    gaps : ndarray of shape (TILE,)
        Gets the distances.
    """
    if len(lanes) > 0:
        for p in range(TILE):
            gap = tile[0, p] - place[0]
            total = gap * gap
            for lane in range(1, len(lanes)):
                gap = tile[lane, p] - place[lane]
                total += gap * gap
            gaps[p] = total
        return
    gaps[:] = 0
    for lane in range(len(place)):
        for p in range(TILE):
            gap = tile[lane, p] - place[lane]
            gaps[p] += gap * gap


@fused_kernel
def draw_far(
    points: NDArray[np.floating],
    lanes: tuple[int, ...],
    weights: NDArray[np.floating],
    closest: NDArray[np.floating],
    last: int,
    luck: NDArray[np.float64],
) -> int:
    """Draw points with odds of weight times squared distance; return the most useful of them.

    Parameters
    ----------
    points : ndarray of shape (n_tiles, block_size, TILE)
        Point i is place i % TILE of tile i // TILE.
    lanes : tuple of int
        As many as there are lanes, or none for any number.
    weights : ndarray of shape (n_tiles, TILE)
        0 for places without a point.
    closest : ndarray of shape (n_tiles, TILE)
        Squared distance of each point to those drawn before the last one; gets that to all.
    last : int
        The point drawn last.
    luck : ndarray of shape (n_trials,)
        Numbers from 0 to 1.

    Returns
    -------
    int
        The trial that leaves the least to the others; -1 if nothing is left to draw.
    """
    gaps = np.empty(TILE, points.dtype)
    odds = np.empty(len(points))
    place = points[last // TILE, :, last % TILE].copy()
    left = 0.0
    for number in range(len(points)):
        gaps_from(points[number], lanes, place, gaps)
        weight, near = weights[number], closest[number]
        part = gaps[0] * 0
        for p in range(TILE):
            near[p] = gaps[p] if gaps[p] < near[p] else near[p]
            part += weight[p] * near[p]
        odds[number] = part
        left += odds[number]
    if not left > 0:
        return -1
    best, least = -1, np.inf
    for trial in range(len(luck)):
        row = drawn(weights, closest, odds, luck[trial] * left)
        place[:] = points[row // TILE, :, row % TILE]
        total = 0.0
        for number in range(len(points)):
            gaps_from(points[number], lanes, place, gaps)
            weight, near = weights[number], closest[number]
            part = gaps[0] * 0
            for p in range(TILE):
                part += weight[p] * (gaps[p] if gaps[p] < near[p] else near[p])
            total += part
        if total < least:
            best, least = row, total
    return best


@fused_kernel
def drawn(
    weights: NDArray[np.floating],
    closest: NDArray[np.floating],
    odds: NDArray[np.float64],
    target: float,
) -> int:
    """Return the point where running sums of the odds reach a number, one with odds above 0."""
    number = 0
    while number < len(odds) - 1 and (target >= odds[number] or odds[number] == 0):
        target -= odds[number]
        number += 1
    while odds[number] == 0:  # rounding led beyond the last
        number -= 1
    row = -1
    for p in range(TILE):
        share = weights[number, p] * closest[number, p]
        if share > 0:
            row = number * TILE + p
            if target < share:
                break
            target -= share
    return row
