"""Lloyd's iteration for weighted blocks with masked lanes.

A masked lane (NaN) weighs nothing: it adds nothing to the distance of its block
and nothing to the mean of its cluster. This is k-means on partially observed
points, so the inertia over observed lanes never grows from step to step.
"""

from collections.abc import Generator

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wc_core.clustering._blocks import ROWS_PER_TILE, MaskedBlocks, tiles
from wc_core.clustering._fit import Iteration
from wc_core.progress import Progress
from wc_core.words import ngettext

MAX_TILE = 1 << 21  # distances in a tile, so that many entries do not fill the memory
LARGE = 1 << 24  # distances in one pass above which double precision is felt as time


def lloyd_steps(
    blocks: MaskedBlocks, centers: NDArray[np.floating], max_iter: int, tol: float
) -> Generator[Progress, None, NDArray[np.floating]]:
    """Move centroids to the means of their blocks until that no longer helps; return them.

    Records carry an `Iteration` whose labels and inertia are those of the assignment to the
    centroids before, and whose centers are the means of it; `detail["reseeded"]` lists
    centroids that had no block and moved to the worst-served one.

    Parameters
    ----------
    blocks : MaskedBlocks
    centers : ndarray of shape (n_entries, block_size)
        Where to start.
    max_iter : int
        Most iterations.
    tol : float
        Stop when an iteration lowers the inertia by less than this share of it.
    """
    yield Progress(0, max_iter, result=_start(blocks, centers))
    is_large = len(blocks) * len(centers) > LARGE
    on_the_way = blocks.values.dtype if is_large else np.float64
    before = np.inf
    for step in range(1, max_iter + 1):
        labels, errors = nearest(blocks, centers, on_the_way)
        inertia = float(blocks.weights @ errors)
        centers = means(blocks, labels, centers)
        reseeded = _reseed_empty(blocks, labels, errors, centers)
        yield Progress(
            step,
            max_iter,
            result=Iteration(
                step,
                blocks.values,
                blocks.weights,
                labels,
                centers,
                inertia,
                _reseeding(len(reseeded)),
                {"reseeded": reseeded},
            ),
        )
        if before - inertia <= tol * inertia:
            break
        before = inertia
    return centers


def nearest(
    blocks: MaskedBlocks, centers: NDArray[np.floating], dtype: DTypeLike = np.float64
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each block's nearest entry and its squared distance, both of shape (n_blocks,).

    Distances are compared in `dtype`. In single precision, entries that differ by less than
    the square root of its resolution are not told apart: good enough on the way, not at the end.
    """
    centers = centers.astype(dtype)
    values = blocks.values
    half_norms = 0.5 * np.square(centers).sum(axis=1)
    labels = np.empty(len(values), dtype=np.int64)
    rows_per_tile = max(1, min(ROWS_PER_TILE, MAX_TILE // len(centers)))
    for tile in tiles(len(labels), rows_per_tile):
        products = values[tile].astype(dtype, copy=False) @ centers.T
        labels[tile] = np.argmin(half_norms - products, axis=1)
    for tile in tiles(len(blocks.ragged), rows_per_tile):
        rows = blocks.ragged[tile]
        norms = 0.5 * blocks.observed[tile] @ np.square(centers).T
        products = values[rows].astype(dtype, copy=False) @ centers.T
        labels[rows] = np.argmin(norms - products, axis=1)
    return labels, squared_errors(blocks, labels, centers)


def squared_errors(
    blocks: MaskedBlocks, labels: NDArray[np.integer], centers: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return each block's squared distance to its entry over observed lanes, (n_blocks,)."""
    errors = np.empty(len(labels))
    for tile in tiles(len(labels), ROWS_PER_TILE):
        gap = blocks.values[tile].astype(np.float64) - centers[labels[tile]]
        errors[tile] = np.einsum("ij,ij->i", gap, gap)
    gap = blocks.values[blocks.ragged].astype(np.float64) - centers[labels[blocks.ragged]]
    errors[blocks.ragged] = (np.square(gap) * blocks.observed).sum(axis=1)
    return errors


def means(
    blocks: MaskedBlocks, labels: NDArray[np.integer], centers: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return the weighted mean of each cluster by lane, (n_entries, block_size).

    A lane that nobody observed keeps its value in `centers`.
    """
    k = len(centers)
    total = np.bincount(labels, weights=blocks.weights, minlength=k)
    after = centers.copy()
    for lane in range(centers.shape[1]):
        weighted = blocks.weights * blocks.values[:, lane]
        sums = np.bincount(labels, weights=weighted, minlength=k)
        masked = blocks.weights[blocks.ragged] * (1 - blocks.observed[:, lane])
        mass = total - np.bincount(labels[blocks.ragged], weights=masked, minlength=k)
        # Weights are summed in two orders: what is left of a fully masked lane is rounding.
        seen = mass > 1e-9 * np.maximum(total, np.finfo(float).tiny)
        after[seen, lane] = sums[seen] / mass[seen]
    return after


def _start(blocks: MaskedBlocks, centers: NDArray[np.floating]) -> Iteration:
    return Iteration(0, blocks.values, blocks.weights, centers=centers)


def _reseed_empty(
    blocks: MaskedBlocks,
    labels: NDArray[np.int64],
    errors: NDArray[np.float64],
    centers: NDArray[np.floating],
) -> NDArray[np.intp]:
    """Move centroids without members to the worst-served blocks, in place; return which."""
    members = np.bincount(labels, weights=blocks.weights, minlength=len(centers))
    empty = np.flatnonzero(members == 0)
    if len(empty):
        worst = np.argsort(-blocks.weights * errors, kind="stable")[: len(empty)]
        centers[empty[: len(worst)]] = blocks.values[worst]
    return empty


def _reseeding(n: int) -> str:
    if not n:
        return ""
    return ngettext(
        "{n} entry without blocks moved to the worst-served block",
        "{n} entries without blocks moved to the worst-served blocks",
        n,
    ).format(n=n)
