"""DBSCAN and HDBSCAN, whose scale is searched for a wanted number of clusters."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, tiles
from wc_core.clustering._density_tree import core_steps, tree_steps, unit_values
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.progress import Progress, phase
from wc_core.words import _, ngettext

_SCALES = 30  # scales tried, beside those at which the tree falls into few pieces
_BORDER_ROWS = 256  # points whose distances to all dense ones are held at a time
_MOST_NOISE = 0.5  # share of noise above which clusters are crumbs of what lies dense
_NOISE = -1
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """What came out at one scale."""

    scale: float
    labels: Labels
    n_found: int
    noise: float

    def rank(self) -> tuple[bool, int, float]:
        """Return what makes one scale better than another, greater is better."""
        return self.n_found > 0 and self.noise <= _MOST_NOISE, self.n_found, -self.noise


def dbscan_steps(
    points: MaskedBlocks, n_clusters: int, share: float
) -> Generator[Progress, None, Outcome]:
    """Cluster by DBSCAN at the radius whose number of clusters comes nearest to that wanted.

    The clusters of all radii are read off one tree, so that scikit-learn's lists of all
    neighbours, which fill the memory at large radii, are not needed. A border point goes to
    its nearest dense point.

    References
    ----------
    M. Ester, H.-P. Kriegel, J. Sander and X. Xu, "A density-based algorithm for discovering
    clusters in large spatial databases with noise", KDD 1996.
    """
    values, weights = unit_values(points), points.weights
    core = yield from phase(core_steps(values, weights, share), 0, 0.2)
    edges, lengths = yield from phase(tree_steps(values, core), 0.2, 0.4)
    reach = _Reach(values, core, edges, lengths)
    trying = _search_steps(points, n_clusters, _radii(lengths, n_clusters), reach.clusters)
    found = yield from phase(trying, 0.4, 1)
    return _outcome(found, n_clusters, "DBSCAN")


def hdbscan_steps(
    points: MaskedBlocks, n_clusters: int, share: float
) -> Generator[Progress, None, Outcome]:
    """Cluster by HDBSCAN at the least cluster weight whose number of clusters comes nearest.

    scikit-learn's takes no weights; with equal ones this finds the same clusters, but for merges
    of equal length.

    References
    ----------
    R. Campello, D. Moulavi, A. Zimek and J. Sander, "Hierarchical density estimates for data
    clustering, visualization, and outlier detection", ACM TKDD 10(1), 2015.
    """
    values, weights = unit_values(points), points.weights / points.weights.sum()
    core = yield from phase(core_steps(values, weights, share), 0, 0.2)
    edges, lengths = yield from phase(tree_steps(values, core), 0.2, 0.4)
    merges = _Merges.of(edges, lengths, weights)
    least = np.geomspace(min(0.5, 2 / len(values)), 0.5, _SCALES)
    trying = _search_steps(points, n_clusters, least, merges.stable_clusters)
    found = yield from phase(trying, 0.4, 1)
    return _outcome(found, n_clusters, "HDBSCAN")


def _radii(lengths: NDArray[np.float64], n_clusters: int) -> NDArray[np.float64]:
    """Return lengths of the tree to try: evenly spread, and those where it is in few pieces."""
    n = len(lengths)
    pieces = np.r_[n_clusters, 2 ** np.arange(int(np.log2(n)) + 1)]
    ranks = np.r_[np.linspace(0, n - 1, _SCALES).round().astype(int), n - np.minimum(n, pieces)]
    radii = np.unique(lengths[ranks])
    return radii[radii > 0] if (radii > 0).any() else np.ones(1)


def _search_steps(
    points: MaskedBlocks,
    n_clusters: int,
    scales: NDArray[np.float64],
    at: Callable[[float], Labels],
) -> Generator[Progress, None, tuple[_Try, int]]:
    """Try every scale; return the best, and the most clusters seen among little noise.

    The best has the most clusters that are not too many. With as many clusters, less noise
    is better; scales that leave most blocks as noise are taken only if no other finds a
    cluster.
    """
    best = _Try(0.0, np.full(len(points), _NOISE, dtype=np.int64), 0, 1.0)
    most, total = 0, len(scales) + 1
    for step, scale in enumerate(scales.tolist(), start=1):
        tried = _judge(scale, at(scale), points.weights)
        if tried.n_found <= n_clusters and tried.rank() > best.rank():
            best = tried
        if tried.noise <= _MOST_NOISE:
            most = max(most, tried.n_found)
        yield Progress(step, total, result=_state(step, points, tried))
    yield Progress(total, total, result=_state(total, points, best))
    return best, most


def _judge(scale: float, labels: Labels, weights: NDArray[np.float64]) -> _Try:
    noise = float(weights[labels == _NOISE].sum() / weights.sum())
    return _Try(scale, labels, int(labels.max(initial=_NOISE)) + 1, noise)


def _state(step: int, points: MaskedBlocks, tried: _Try) -> Iteration:
    detail = {"scale": tried.scale, "noise": tried.noise, "n_found": tried.n_found}
    note = _finding(tried)
    return Iteration(step, points.values, points.weights, tried.labels, note=note, detail=detail)


def _finding(tried: _Try) -> str:
    msg = ngettext(
        "{n} cluster, {noise:.0%} noise", "{n} clusters, {noise:.0%} noise", tried.n_found
    )
    return msg.format(n=tried.n_found, noise=tried.noise)


def _outcome(found: tuple[_Try, int], n_clusters: int, name: str) -> Outcome:
    """Return the clusters with what they tell of the blocks; without any, all are one."""
    best, most = found
    labels = best.labels if best.n_found else np.zeros_like(best.labels)
    msg = _told(best.n_found)
    if best.n_found < 2 and most < 2:
        msg = _("{finding}: these blocks form one cloud with a single mode").format(finding=msg)
    note = msg.format(name=name, n=best.n_found, k=n_clusters, noise=best.noise)
    return Outcome(labels=labels, notes=(note,))


def _told(n_found: int) -> str:
    if n_found == 0:
        return _("{name} found no scale with 1 to {k} clusters, so that all blocks share one entry")
    return ngettext(
        "{name} found {n} cluster of {k} and left {noise:.0%} of the blocks as noise",
        "{name} found {n} clusters of {k} and left {noise:.0%} of the blocks as noise",
        n_found,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reach:
    """How far each point has to look to be dense, and the tree along which dense points join."""

    values: NDArray[np.float64]
    core: NDArray[np.float64]
    edges: NDArray[np.intp]
    lengths: NDArray[np.float64]

    def clusters(self, radius: float) -> Labels:
        """Return what DBSCAN finds with this radius."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        n, short = len(self.values), self.edges[self.lengths <= radius]
        joins = csr_array((np.ones(len(short)), (short[:, 0], short[:, 1])), shape=(n, n))
        _n_parts, part = connected_components(joins, directed=False)
        dense = np.flatnonzero(self.core <= radius)
        labels = np.full(n, _NOISE, dtype=np.int64)
        labels[dense] = np.unique(part[dense], return_inverse=True)[1]
        self._add_border(labels, dense, radius)
        return labels

    def _add_border(self, labels: Labels, dense: NDArray[np.intp], radius: float) -> None:
        """Give points that are near a dense one its label, in place."""
        from scipy.spatial.distance import cdist

        rest = np.flatnonzero(labels == _NOISE)
        for tile in tiles(len(rest) if len(dense) else 0, _BORDER_ROWS):
            gaps = cdist(self.values[rest[tile]], self.values[dense])
            closest = gaps.argmin(axis=1)
            is_near = gaps[np.arange(len(gaps)), closest] <= radius
            labels[rest[tile][is_near]] = labels[dense[closest[is_near]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Merges:
    """The tree of points cut at its longest edges first: node n + i joins two at length i."""

    children: list[tuple[int, int]]
    levels: list[float]
    """One over the length of each merge: the density at which its two sides part."""
    mass: list[float]
    n_points: int

    @classmethod
    def of(
        cls,
        edges: NDArray[np.intp],
        lengths: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> "_Merges":
        """Merge the points along the edges of their shortest tree, shortest first."""
        n = len(weights)
        top, mass, children = list(range(2 * n - 1)), weights.tolist(), []
        for node, (a, b) in enumerate(edges.tolist(), start=n):
            left, right = _root(top, a), _root(top, b)
            top[left] = top[right] = node
            children.append((left, right))
            mass.append(mass[left] + mass[right])
        levels = 1 / np.maximum(lengths, np.finfo(float).tiny ** 0.5)
        return cls(children, levels.tolist(), mass, n)

    def stable_clusters(self, least: float) -> Labels:
        """Return the clusters of at least a given weight that last over the most densities."""
        splits = _Splits(self.n_points)
        least *= 1 - 1e-9  # weights are summed in the order of merging
        for node in range(2 * self.n_points - 2, self.n_points - 1, -1):
            self._part(node, least, splits)
        for point in range(self.n_points):
            # A point that outweighs `least` alone outlasts every merge.
            if splits.is_alive[point]:
                splits.leave(splits.owner[point], self.mass[point], self.levels[0])
        return splits.labels(self.n_points)

    def _part(self, node: int, least: float, splits: "_Splits") -> None:
        """Let the two sides of a node become clusters, or the smaller ones fall out of it."""
        cluster, level = splits.owner[node], self.levels[node - self.n_points]
        sides = self.children[node - self.n_points]
        heavy = [splits.is_alive[node] and self.mass[side] >= least for side in sides]
        for side, is_heavy in zip(sides, heavy, strict=True):
            splits.is_alive[side] = is_heavy
            splits.owner[side] = splits.born(cluster, level) if all(heavy) else cluster
            if splits.is_alive[node] and (all(heavy) or not is_heavy):
                splits.leave(cluster, self.mass[side], level)


class _Splits:
    """Clusters that appear as a tree of points is cut; 0 holds everything and never counts."""

    def __init__(self, n_points: int) -> None:
        self.owner = [0] * (2 * n_points - 1)
        self.is_alive = [True] * (2 * n_points - 1)
        self._parent, self._birth, self._stability = [0], [0.0], [0.0]

    def born(self, parent: int, level: float) -> int:
        self._parent.append(parent)
        self._birth.append(level)
        self._stability.append(0.0)
        return len(self._parent) - 1

    def leave(self, cluster: int, mass: float, level: float) -> None:
        self._stability[cluster] += mass * (level - self._birth[cluster])

    def labels(self, n_points: int) -> Labels:
        """Return the cluster of each point, choosing parents unless their children last longer."""
        n = len(self._parent)
        below, is_chosen = [0.0] * n, [False] * n
        for cluster in range(n - 1, 0, -1):
            is_chosen[cluster] = self._stability[cluster] >= below[cluster]
            below[self._parent[cluster]] += max(self._stability[cluster], below[cluster])
        answer = [_NOISE] * n
        n_found = 0
        for cluster in range(1, n):
            answer[cluster] = answer[self._parent[cluster]]
            if answer[cluster] == _NOISE and is_chosen[cluster]:
                answer[cluster], n_found = n_found, n_found + 1
        return np.array(answer, dtype=np.int64)[self.owner[:n_points]]


def _root(top: list[int], node: int) -> int:
    """Return the merge that a node is in by now, shortening the way for the next time."""
    while top[node] != node:
        top[node] = top[top[node]]
        node = top[node]
    return node
