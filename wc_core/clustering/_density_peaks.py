"""Density peaks: centres are dense and far from anything denser."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._density_tree import distance_tiles, tree_steps, unit_values
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.progress import Progress, phase
from wc_core.words import _

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_LINKS = 12  # nearest neighbours that a point is linked with
_POWER = 3.0  # a step of a path costs its length to this power: many short ones beat a long one
_PAIR_ROWS = 256  # points whose distances to all others give the cutoff distance
_GROWTH_STEPS = 30
_EXTREME = 1e60  # distances are told apart within so many cutoff distances


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The points by density: `order` lists them from dense to sparse."""

    density: NDArray[np.float64]
    delta: NDArray[np.float64]
    parent: NDArray[np.intp]
    order: NDArray[np.intp]


def peak_steps(
    points: MaskedBlocks, n_clusters: int, share: float
) -> Generator[Progress, None, Outcome]:
    """Cluster by density peaks, the paths to denser points following the data.

    Records show the clusters grow from dense to sparse; `detail` holds `density` and `delta`
    of every point, delta in units of the cutoff distance, and `peaks`, (n_clusters,
    block_size), the points that the clusters grow from.

    References
    ----------
    A. Rodriguez and A. Laio, "Clustering by fast search and find of density peaks",
    Science 344(6191), 2014.
    M. Du, S. Ding, X. Xu and Y. Xue, "Density peaks clustering using geodesic distances",
    Int. J. Mach. Learn. Cybern. 9(8), 2018.
    D. McKenzie and S. Damelin, "Power weighted shortest paths for clustering Euclidean data",
    Foundations of Data Science 1(3), 2019.
    """
    field = yield from phase(_field_steps(points, share), 0, 0.7)
    score = field.density * field.delta
    score[field.order[0]] = np.inf
    centers = np.argsort(-score, kind="stable")[:n_clusters]
    labels = np.full(len(points), -1, dtype=np.int64)
    labels[centers] = np.arange(n_clusters)
    for point in field.order:
        if labels[point] < 0:
            labels[point] = labels[field.parent[point]]
    peaks = points.values[centers]
    yield from phase(_growth_steps(points, field, labels, peaks), 0.7, 1)
    return Outcome(labels=labels)


def _growth_steps(
    points: MaskedBlocks,
    field: _Field,
    labels: NDArray[np.int64],
    peaks: NDArray[np.floating],
) -> Generator[Progress, None, None]:
    """Show how far the clusters reach when only the densest points are in."""
    rank = np.empty(len(labels), dtype=np.intp)
    rank[field.order] = np.arange(len(labels))
    detail = {"density": field.density, "delta": field.delta, "peaks": peaks}
    limits = np.unique(np.linspace(0, len(labels), _GROWTH_STEPS + 1).round().astype(int))
    for step, limit in enumerate(limits):
        reached = np.where(rank < limit, labels, -1)
        note = _("{n} of {m} points reached").format(n=limit, m=len(labels))
        state = Iteration(step, points.values, points.weights, reached, note=note, detail=detail)
        yield Progress(step, len(limits) - 1, result=state)


def _field_steps(points: MaskedBlocks, share: float) -> Generator[Progress, None, _Field]:
    """Measure densities, and how far and which way it is to the next denser point."""
    values, weights = unit_values(points), points.weights / points.weights.sum()
    cutoff = _cutoff(values, weights, share)
    density, near, gaps = yield from phase(_density_steps(values, weights, cutoff), 0, 0.3)
    order = np.argsort(-density, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    parent, delta = _climb(near, gaps, rank)
    edges, lengths = yield from phase(tree_steps(values), 0.3, 0.7)
    peaks = np.flatnonzero((parent < 0) & (rank > 0))
    links = _links(near, gaps, edges, lengths / cutoff)
    yield from phase(_path_steps(links, peaks, rank, parent, delta), 0.7, 1)
    delta[order[0]] = delta.max()
    return _Field(density, delta, parent, order)


def _cutoff(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """Return the distance within which, on average, a share of the other blocks lies."""
    from scipy.spatial.distance import cdist

    rows = np.arange(0, len(values), -(-len(values) // _PAIR_ROWS))
    gaps = cdist(values[rows], values)
    pairs = weights[rows, None] * weights
    is_pair = gaps > 0
    gaps, pairs = gaps[is_pair], pairs[is_pair]
    if not len(gaps):
        return 1.0
    order = np.argsort(gaps, kind="stable")
    reached = np.cumsum(pairs[order])
    return float(gaps[order[np.searchsorted(reached, share * reached[-1])]])


def _density_steps(
    values: NDArray[np.float64], weights: NDArray[np.float64], cutoff: float
) -> Generator[Progress, None, tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]]:
    """Return each point's density, its nearest points and their distances in cutoffs."""
    n_links = min(_LINKS, len(values) - 1)
    density = np.empty(len(values))
    near = np.empty((len(values), n_links), dtype=np.intp)
    gaps = np.empty((len(values), n_links))
    for rows, lengths in distance_tiles(values):
        hops = np.clip(lengths / cutoff, 1 / _EXTREME, _EXTREME)
        density[rows] = np.exp(-np.square(np.minimum(hops, 100))) @ weights
        hops[np.arange(len(rows)), rows] = np.inf
        near[rows] = np.argsort(hops, axis=1, kind="stable")[:, :n_links]
        gaps[rows] = np.take_along_axis(hops, near[rows], axis=1)
        yield Progress(int(rows[-1]) + 1, len(values), _("measuring densities"))
    return density, near, gaps


def _climb(
    near: NDArray[np.intp], gaps: NDArray[np.float64], rank: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the nearest denser of each point's neighbours and how far it is; -1 for peaks."""
    is_denser = rank[near] < rank[:, None]
    first = is_denser.argmax(axis=1)
    every = np.arange(len(near))
    is_peak = ~is_denser[every, first]
    parent = np.where(is_peak, -1, near[every, first])
    return parent, np.where(is_peak, 0.0, gaps[every, first])


def _links(
    near: NDArray[np.intp],
    gaps: NDArray[np.float64],
    edges: NDArray[np.intp],
    lengths: NDArray[np.float64],
) -> "csr_array":
    """Return what a step between neighbours costs; the shortest tree makes it one network."""
    from scipy.sparse import csr_array

    n, n_links = near.shape
    start = np.r_[np.repeat(np.arange(n), n_links), edges[:, 0]]
    stop = np.r_[near.ravel(), edges[:, 1]]
    cost = np.clip(np.r_[gaps.ravel(), lengths], 1 / _EXTREME, _EXTREME) ** _POWER
    pairs = np.sort(np.stack([start, stop], axis=1), axis=1)
    _pairs, kept = np.unique(pairs, axis=0, return_index=True)
    return csr_array((cost[kept], (start[kept], stop[kept])), shape=(n, n))


def _path_steps(
    links: "csr_array",
    peaks: NDArray[np.intp],
    rank: NDArray[np.intp],
    parent: NDArray[np.intp],
    delta: NDArray[np.float64],
) -> Generator[Progress, None, None]:
    """Find each peak's way to the next denser point, in place: the cheapest path there is."""
    from scipy.sparse.csgraph import dijkstra

    for done, peak in enumerate(peaks):
        costs = dijkstra(links, directed=False, indices=peak)
        costs = np.where(rank < rank[peak], costs, np.inf)
        parent[peak] = costs.argmin()
        delta[peak] = costs[parent[peak]] ** (1 / _POWER)
        yield Progress(done + 1, len(peaks), _("looking for the way to denser points"))
