"""Where to begin: k-means++ on a sample of the blocks, and micro-clusters of all of them."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._block_loops import TILE, UNROLLED
from wc_core.clustering._blocks import MaskedBlocks, distinct_rows, tiles
from wc_core.clustering._lloyd import lloyd_steps, means, nearest
from wc_core.clustering._seed_loops import draw_far
from wc_core.progress import Progress, phase, relay
from wc_core.words import _

# k-means++ on a sample, since on all blocks it would cost more than Lloyd's iteration.
SEEDING_BLOCKS_PER_CLUSTER = 16
MIN_SEEDING_BLOCKS = 4096
SEEDING_RECORDS = 64  # at most: a record takes as long as a draw
MAX_SEEDING_WORK = 50_000_000  # blocks times clusters
GATHERING_BLOCKS_PER_POINT = 32  # blocks that a micro-cluster is learned from
GATHERING_STEPS = 6
DISTANCES_PER_RECORD = 1 << 27  # between two records while all blocks are gathered


def seed_steps(
    blocks: MaskedBlocks,
    n_clusters: int,
    random_state: np.random.RandomState,
    trials: int | None = None,
) -> Generator[Progress, None, NDArray[np.floating]]:
    """Choose distinct blocks by k-means++ with local trials; return them, (n_clusters, block_size).

    Fewer come out where there are fewer distinct blocks.

    Parameters
    ----------
    blocks : MaskedBlocks
    n_clusters : int
    random_state : RandomState
    trials : int, optional
        Draws for each entry, of which the best stays; 2 + ln n_clusters by default.

    References
    ----------
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    candidates = _whole_rows(blocks, n_clusters)
    wanted = min(len(candidates), _sample_size(n_clusters))
    if wanted < len(candidates):
        candidates = candidates[_spread_rows(len(candidates), wanted, random_state)]
    chosen = blocks.values[candidates]
    seeds = chosen
    if len(chosen) > n_clusters:
        weights = blocks.weights[candidates]
        trials = trials or 2 + int(np.log(n_clusters))
        rows = yield from _plus_plus_steps(chosen, weights, n_clusters, trials, random_state)
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
    sample = points.take(_spread_rows(len(points), wanted, random_state))
    seeds = _spread_rows(wanted, max_points, random_state)
    message = _("gathering {n} blocks into {m} micro-clusters").format(n=len(blocks), m=max_points)
    learning = lloyd_steps(sample, sample.values[seeds], GATHERING_STEPS, tol=1e-3)
    # Without the iterations of the preparation: they are not the algorithm's.
    untold = relay(learning, lambda record: Progress(record.done, record.total, message))
    centers = yield from phase(untold, 0, 0.7)
    sharing_out = _nearest_steps(points, centers)
    labels = yield from phase(relay(sharing_out, lambda r: replace(r, message=message)), 0.7, 1)
    kept, labels = np.unique(labels, return_inverse=True)
    weights = _sums(labels, points.weights)
    inside = means(points, labels, centers[kept]).astype(values.dtype)
    return MaskedBlocks.whole(inside, weights), labels[owner]


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
    trials: int,
    random_state: np.random.RandomState,
) -> Generator[Progress, None, NDArray[np.intp]]:
    """Draw rows with odds of weight times squared distance to the rows drawn before."""
    points = _in_tiles(values)
    shares = _in_tiles((weights / weights.max()).astype(values.dtype)[:, None])[:, 0]
    closest = np.full_like(shares, np.finfo(shares.dtype).max)
    width = values.shape[1]
    lanes = (0,) * width if width <= UNROLLED // 2 else ()
    rows = [int(random_state.choice(len(values), p=weights / weights.sum()))]
    message = _("choosing the first entries")
    every = -(-n_clusters // SEEDING_RECORDS)
    for n_drawn in range(1, n_clusters):
        luck = random_state.uniform(size=trials)
        row = draw_far(points, lanes, shares, closest, rows[-1], luck)
        if row < 0:
            break  # every distinct block is drawn
        rows.append(row)
        if n_drawn % every == 0:
            yield Progress(n_drawn, n_clusters, message)
    return np.array(rows, dtype=np.intp)


def _in_tiles(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return blocks in tiles lane by lane, (n_tiles, block_size, TILE); zeros fill up the last."""
    n_tiles = -(-len(values) // TILE)
    padded = np.zeros((n_tiles * TILE, values.shape[1]), dtype=values.dtype)
    padded[: len(values)] = values
    return np.ascontiguousarray(padded.reshape(n_tiles, TILE, -1).swapaxes(1, 2))


def _spread_rows(n_rows: int, wanted: int, random_state: np.random.RandomState) -> NDArray[np.intp]:
    """Draw some of the rows: one of each run of equally many, in order."""
    places = (np.arange(wanted) + random_state.uniform(size=wanted)) * (n_rows / wanted)
    return np.minimum(places.astype(np.intp), n_rows - 1)


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
