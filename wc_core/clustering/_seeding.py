"""Where to begin: k-means++ on a sample of the blocks, and micro-clusters of all of them."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, distinct_rows, tiles
from wc_core.clustering._lloyd import lloyd_steps, means, nearest
from wc_core.progress import Progress, phase, relay
from wc_core.words import _

# k-means++ on a sample, since on all blocks it would cost more than Lloyd's iteration.
SEEDING_BLOCKS_PER_CLUSTER = 64
MIN_SEEDING_BLOCKS = 8192
MAX_SEEDING_WORK = 50_000_000  # blocks times clusters
GATHERING_BLOCKS_PER_POINT = 32  # blocks that a micro-cluster is learned from
GATHERING_STEPS = 6
DISTANCES_PER_RECORD = 1 << 27  # between two records while all blocks are gathered


def seed_steps(
    blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
) -> Generator[Progress, None, NDArray[np.floating]]:
    """Choose distinct blocks by k-means++ with local trials; return them, (n_clusters, block_size).

    Fewer come out where there are fewer distinct blocks.

    References
    ----------
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    candidates = _whole_rows(blocks, n_clusters)
    wanted = min(len(candidates), _sample_size(n_clusters))
    if wanted < len(candidates):
        candidates = np.sort(random_state.choice(candidates, wanted, replace=False))
    chosen = blocks.values[candidates]
    seeds = chosen
    if len(chosen) > n_clusters:
        weights = blocks.weights[candidates]
        rows = yield from _plus_plus_steps(chosen, weights, n_clusters, random_state)
        seeds = chosen[rows]
    seeds = np.unique(seeds, axis=0)
    return seeds if len(seeds) == n_clusters else _top_up(blocks, seeds, n_clusters)


def gather_steps(
    blocks: MaskedBlocks, max_points: int, random_state: np.random.RandomState
) -> Generator[Progress, None, tuple[MaskedBlocks, NDArray[np.intp]]]:
    """Merge equal blocks and, if that is not enough, alike ones into `max_points` at most.

    Returns
    -------
    points : MaskedBlocks
        Without masked lanes, each with the summed weight of its blocks.
    owner : ndarray of shape (n_blocks,)
        The point that each block went into.
    """
    values = blocks.filled()
    first, owner = distinct_rows(values)
    points = MaskedBlocks.whole(values[first], _sums(owner, blocks.weights))
    if len(points) <= max_points:
        return points, owner
    wanted = min(len(points), GATHERING_BLOCKS_PER_POINT * max_points)
    sample = points.take(np.sort(random_state.choice(len(points), wanted, replace=False)))
    seeds = np.sort(random_state.choice(wanted, max_points, replace=False))
    message = _("gathering {n} blocks into {m} micro-clusters").format(n=len(blocks), m=max_points)
    learning = lloyd_steps(sample, sample.values[seeds], GATHERING_STEPS, tol=1e-3)
    # Without the iterations of the preparation: they are not the algorithm's.
    untold = relay(learning, lambda record: Progress(record.done, record.total, message))
    centers = yield from phase(untold, 0, 0.7)
    sharing_out = _nearest_steps(points, centers)
    labels = yield from phase(relay(sharing_out, lambda r: replace(r, message=message)), 0.7, 1)
    kept, labels = np.unique(labels, return_inverse=True)
    weights = _sums(labels, points.weights)
    return MaskedBlocks.whole(means(points, labels, centers[kept]), weights), labels[owner]


def _nearest_steps(
    points: MaskedBlocks, centers: NDArray[np.floating]
) -> Generator[Progress, None, NDArray[np.int64]]:
    """Return the nearest centre to each of the whole points, in their own precision."""
    labels = np.empty(len(points), dtype=np.int64)
    for tile in tiles(len(points), max(1, DISTANCES_PER_RECORD // len(centers))):
        part = MaskedBlocks.whole(points.values[tile], points.weights[tile])
        labels[tile], _errors = nearest(part, centers, points.values.dtype)
        yield Progress(tile.stop, len(points))
    return labels


def _sums(owner: NDArray[np.intp], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(owner, weights=weights), dtype=np.float64)


def _plus_plus_steps(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    n_clusters: int,
    random_state: np.random.RandomState,
) -> Generator[Progress, None, NDArray[np.intp]]:
    """Draw rows with odds of weight times squared distance to the rows drawn before."""
    points = values.astype(np.float64)
    points -= np.average(points, axis=0, weights=weights)  # so that squares keep their digits
    norms = np.square(points).sum(axis=1)
    trials = 2 + int(np.log(n_clusters))
    rows = [int(random_state.choice(len(points), p=weights / weights.sum()))]
    closest = _squared_gaps(points, norms, rows)[0]
    message = _("choosing the first entries")
    for n_drawn in range(1, n_clusters):
        odds = np.cumsum(weights * closest)
        if odds[-1] <= 0:
            break  # every distinct block is drawn
        drawn = np.searchsorted(odds, random_state.uniform(size=trials) * odds[-1])
        drawn = np.minimum(drawn, len(points) - 1)
        after = np.minimum(closest, _squared_gaps(points, norms, drawn))
        best = int(np.argmin(after @ weights))
        rows.append(int(drawn[best]))
        closest = after[best]
        yield Progress(n_drawn, n_clusters, message)
    return np.array(rows, dtype=np.intp)


def _squared_gaps(
    points: NDArray[np.float64], norms: NDArray[np.float64], rows: list[int] | NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return squared distances of some rows to all points, (n_rows, n_points)."""
    gaps = norms[rows][:, None] + norms - 2 * (points[rows] @ points.T)
    nearby: NDArray[np.float64] = np.maximum(gaps, 0)
    return nearby


def _sample_size(n_clusters: int) -> int:
    """Return how many blocks k-means++ looks at; with very many clusters it takes them all."""
    useful = max(SEEDING_BLOCKS_PER_CLUSTER * n_clusters, MIN_SEEDING_BLOCKS)
    return max(n_clusters, min(useful, MAX_SEEDING_WORK // n_clusters))


def _whole_rows(blocks: MaskedBlocks, n_clusters: int) -> NDArray[np.intp]:
    """Return the rows to seed from: those without masked lanes, unless there are too few."""
    whole = blocks.whole_rows()
    whole = whole[blocks.weights[whole] > 0]
    return whole if len(whole) >= n_clusters else np.flatnonzero(blocks.weights > 0)


def _top_up(
    blocks: MaskedBlocks, seeds: NDArray[np.floating], n_clusters: int
) -> NDArray[np.floating]:
    """Add distinct blocks that are no seeds yet; with too few of them, take them all."""
    used = blocks.take(np.flatnonzero(blocks.weights > 0))
    first, _kind = distinct_rows(used.values)
    if len(first) <= n_clusters:
        return np.unique(used.values[first], axis=0)
    others = MaskedBlocks.whole(used.values[first], np.ones(len(first)))
    _labels, gaps = nearest(others, seeds)
    far = np.argsort(-gaps, kind="stable")[: n_clusters - len(seeds)]
    return np.vstack([seeds, others.values[far]])
