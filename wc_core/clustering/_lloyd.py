"""Lloyd's iteration for weighted blocks with masked lanes.

A masked lane (NaN) weighs nothing: it adds nothing to the distance of its block
and nothing to the mean of its cluster. This is k-means on partially observed
points, so the inertia over observed lanes never grows from step to step.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.cluster import kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin_min
from threadpoolctl import ThreadpoolController

from wc_core.progress import Progress

ROWS_PER_TILE = 4096  # one tile of distances stays in cache; one big product would not
MAX_TILE = 1 << 21  # distances in a tile, so that many entries do not fill the memory
# k-means++ on a sample, since on all blocks it would cost more than Lloyd's iteration.
SEEDING_BLOCKS_PER_CLUSTER = 64
MIN_SEEDING_BLOCKS = 8192
LARGE = 1 << 24  # distances in one pass above which double precision is felt as time
MAX_SEEDING_WORK = 50_000_000  # blocks times clusters: some seconds, in which nobody can cancel


@dataclass(frozen=True, slots=True)
class MaskedBlocks:
    """Blocks in the form that the kernels want.

    Parameters
    ----------
    values : ndarray of shape (n_blocks, block_size)
        Masked lanes hold 0.
    weights : ndarray of shape (n_blocks,)
        Non-negative.
    ragged : ndarray of shape (n_ragged,)
        Rows that have masked lanes.
    observed : ndarray of shape (n_ragged, block_size)
        1 where a lane of these rows counts, 0 where it is masked.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.float64]
    ragged: NDArray[np.intp]
    observed: NDArray[np.floating]

    @classmethod
    def from_nan(cls, X: NDArray[np.floating], weights: NDArray[np.floating]) -> "MaskedBlocks":
        """Read NaN as masked."""
        masked = np.isnan(X)
        ragged = np.flatnonzero(masked.any(axis=1))
        observed = (~masked[ragged]).astype(X.dtype)
        values = np.where(masked, X.dtype.type(0), X) if len(ragged) else X
        return cls(np.ascontiguousarray(values), weights.astype(np.float64), ragged, observed)


def lloyd_steps(
    blocks: MaskedBlocks,
    n_clusters: int,
    max_iter: int,
    tol: float,
    random_state: np.random.RandomState,
) -> Iterator[Progress]:
    """Cluster blocks; each record's result is the centroids so far, (n_entries, block_size).

    Parameters
    ----------
    blocks : MaskedBlocks
    n_clusters : int
        Clusters wanted; fewer come out when there are fewer distinct blocks.
    max_iter : int
        Most iterations.
    tol : float
        Stop when an iteration lowers the inertia by less than this share of it.
    random_state : RandomState
        Draws the seeding sample and the k-means++ seeds.
    """
    threads = ThreadpoolController()
    with threads.limit(limits=1):
        centers = _seed(blocks, n_clusters, random_state)
    yield Progress(0, max_iter, result=centers)
    if len(centers) < n_clusters:
        return  # every distinct block has an entry of its own: nothing is left to improve
    is_large = len(blocks.values) * len(centers) > LARGE
    on_the_way = blocks.values.dtype if is_large else np.float64
    before = np.inf
    for step in range(1, max_iter + 1):
        with threads.limit(limits=1):
            labels, errors = nearest(blocks, centers, on_the_way)
            inertia = float(blocks.weights @ errors)
            centers = _means(blocks, labels, centers)
            _reseed_empty(blocks, labels, errors, centers)
        yield Progress(step, max_iter, result=centers)
        if before - inertia <= tol * inertia:
            break
        before = inertia


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
    labels = np.empty(len(blocks.values), dtype=np.int64)
    rows_per_tile = max(1, min(ROWS_PER_TILE, MAX_TILE // len(centers)))
    for tile in _tiles(len(labels), rows_per_tile):
        products = values[tile].astype(dtype, copy=False) @ centers.T
        labels[tile] = np.argmin(half_norms - products, axis=1)
    for tile in _tiles(len(blocks.ragged), rows_per_tile):
        rows = blocks.ragged[tile]
        norms = 0.5 * blocks.observed[tile] @ np.square(centers).T
        products = values[rows].astype(dtype, copy=False) @ centers.T
        labels[rows] = np.argmin(norms - products, axis=1)
    return labels, _squared_errors(blocks, labels, centers)


def _tiles(n_rows: int, size: int) -> Iterator[slice]:
    """Yield slices of `size` rows that cover all rows."""
    return (slice(start, start + size) for start in range(0, n_rows, size))


def _squared_errors(
    blocks: MaskedBlocks, labels: NDArray[np.int64], centers: NDArray[np.floating]
) -> NDArray[np.float64]:
    errors = np.empty(len(labels))
    for tile in _tiles(len(labels), ROWS_PER_TILE):
        gap = blocks.values[tile].astype(np.float64) - centers[labels[tile]]
        errors[tile] = np.einsum("ij,ij->i", gap, gap)
    gap = blocks.values[blocks.ragged].astype(np.float64) - centers[labels[blocks.ragged]]
    errors[blocks.ragged] = (np.square(gap) * blocks.observed).sum(axis=1)
    return errors


def _means(
    blocks: MaskedBlocks, labels: NDArray[np.int64], centers: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return the weighted mean of each cluster by lane; a lane nobody observed keeps its value."""
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


def _reseed_empty(
    blocks: MaskedBlocks,
    labels: NDArray[np.int64],
    errors: NDArray[np.float64],
    centers: NDArray[np.floating],
) -> None:
    """Move centroids without members to the worst-served blocks, in place."""
    members = np.bincount(labels, weights=blocks.weights, minlength=len(centers))
    empty = np.flatnonzero(members == 0)
    if len(empty):
        worst = np.argsort(-blocks.weights * errors, kind="stable")[: len(empty)]
        centers[empty[: len(worst)]] = blocks.values[worst]


def _seed(
    blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
) -> NDArray[np.floating]:
    """Choose distinct blocks by k-means++ with local trials on a sample of the blocks."""
    candidates = _whole_blocks(blocks, n_clusters)
    wanted = min(len(candidates), _sample_size(n_clusters))
    if wanted < len(candidates):
        candidates = np.sort(random_state.choice(candidates, wanted, replace=False))
    chosen = blocks.values[candidates]
    if len(chosen) > n_clusters:
        seeds, _ = kmeans_plusplus(
            chosen,
            n_clusters,
            sample_weight=blocks.weights[candidates],
            random_state=random_state,
        )
    else:
        seeds = chosen
    seeds = np.unique(seeds, axis=0)
    return seeds if len(seeds) == n_clusters else _top_up(blocks, seeds, n_clusters)


def _sample_size(n_clusters: int) -> int:
    """Return how many blocks k-means++ looks at; with very many clusters it takes them all."""
    useful = max(SEEDING_BLOCKS_PER_CLUSTER * n_clusters, MIN_SEEDING_BLOCKS)
    return max(n_clusters, min(useful, MAX_SEEDING_WORK // n_clusters))


def _whole_blocks(blocks: MaskedBlocks, n_clusters: int) -> NDArray[np.intp]:
    """Return the rows to seed from: those without masked lanes, unless there are too few."""
    weighty = blocks.weights > 0
    whole = weighty.copy()
    whole[blocks.ragged] = False
    rows = whole if np.count_nonzero(whole) >= n_clusters else weighty
    return np.flatnonzero(rows)


def _top_up(
    blocks: MaskedBlocks, seeds: NDArray[np.floating], n_clusters: int
) -> NDArray[np.floating]:
    """Add distinct blocks that are no seeds yet; with too few of them, take them all."""
    distinct = np.unique(blocks.values[blocks.weights > 0], axis=0)
    if len(distinct) <= n_clusters:
        return distinct
    _nearest_seed, gaps = pairwise_distances_argmin_min(distinct, seeds)
    others = np.argsort(-gaps, kind="stable")[: n_clusters - len(seeds)]
    return np.vstack([seeds, distinct[others]])
