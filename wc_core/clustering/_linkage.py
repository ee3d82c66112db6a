"""Weighted agglomeration: which points join when, by the chain of nearest neighbours."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import unit_of
from wc_core.progress import Progress
from wc_core.words import _

RECORDS = 50  # records of progress while merging
_Row = NDArray[np.float64]
# Lance and Williams: gaps of a and of b to all, the gap between them, their masses, all masses.
_Update = Callable[[_Row, _Row, float, float, float, _Row], _Row]


@dataclass(frozen=True, slots=True, eq=False)
class Merges:
    """All merges of n points, lowest first.

    Parameters
    ----------
    pairs : ndarray of shape (n - 1, 2)
        A point of each of the two clusters that join.
    heights : ndarray of shape (n - 1,)
        How far apart these are, in the unit of the points; with Ward's linkage the square
        root of twice the squared error that the merge adds.
    """

    pairs: NDArray[np.intp]
    heights: NDArray[np.float64]


def merge_steps(
    points: NDArray[np.floating], weights: NDArray[np.float64], linkage: str
) -> Generator[Progress, None, Merges]:
    """Join the points, two clusters at a time, until one is left.

    A point of weight w counts as w points in one place. The chain of nearest neighbours finds
    the same merges as always taking the closest pair, in O(n^2) time and memory, for every
    linkage under which a merged cluster is no closer to others than its parts were.

    References
    ----------
    F. Murtagh, "A survey of recent advances in hierarchical clustering algorithms",
    The Computer Journal 26(4), 1983.
    D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378, 2011.
    """
    n = len(points)
    message = _("merging {n} clusters").format(n=n)
    yield Progress(0, n, message)
    unit = unit_of(points)
    gaps = _first_gaps(points.astype(np.float64) / unit, weights, linkage)
    masses = weights.astype(np.float64)
    chain: list[int] = []
    pairs = np.empty((n - 1, 2), dtype=np.intp)
    heights = np.empty(n - 1)
    for step in range(n - 1):
        if not chain:
            chain.append(int((masses > 0).argmax()))
        a, b = pairs[step] = _close_pair(gaps, chain)
        heights[step] = gaps[a, b]
        _join(gaps, masses, a, b, _UPDATES[linkage])
        if step % (n // RECORDS + 1) == 0:
            yield Progress(step, n, message)
    order = np.argsort(heights, kind="stable")
    heights = np.sqrt(heights[order]) if linkage == "ward" else heights[order]
    return Merges(pairs[order], heights * unit)


def name_merges(
    merges: Merges, weights: NDArray[np.float64], n_clusters: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Name the clusters so that the heavier part of a merge hands on its name.

    Returns
    -------
    names : ndarray of shape (n_points,)
        Name of each point at first. While there are m clusters, they are named 0 to m - 1.
    taken : ndarray of shape (n_points - n_clusters,)
        The name that the cluster with the last name takes on at each merge.
    """
    n = len(weights)
    n_merges = n - n_clusters
    owner, masses = np.arange(n), weights.astype(np.float64)
    kept, gone = np.empty(n_merges, dtype=np.intp), np.empty(n_merges, dtype=np.intp)
    for step in range(n_merges):
        a, b = owner[merges.pairs[step]]
        heavy, light = (a, b) if masses[a] >= masses[b] else (b, a)
        masses[heavy] += masses[light]
        owner[owner == light] = heavy
        kept[step], gone[step] = heavy, light
    names = np.empty(n, dtype=np.intp)
    names[np.r_[np.setdiff1d(np.arange(n), gone), gone[::-1]]] = np.arange(n)
    return names, names[kept]


def cut_steps(
    points: NDArray[np.floating], weights: NDArray[np.float64], n_clusters: int
) -> Generator[Progress, None, NDArray[np.intp]]:
    """Merge by Ward's linkage until `n_clusters` are left; return their labels, (n_points,)."""
    merges = yield from merge_steps(points, weights, "ward")
    labels, taken = name_merges(merges, weights, n_clusters)
    for left, name in zip(range(len(points) - 1, n_clusters - 1, -1), taken, strict=True):
        labels[labels == left] = name
    return labels


def _first_gaps(
    points: NDArray[np.float64], weights: NDArray[np.float64], linkage: str
) -> NDArray[np.float64]:
    """Return how far single points are apart, (n, n); infinitely far from themselves."""
    from scipy.spatial.distance import cdist

    gaps: NDArray[np.float64]
    if linkage == "ward":
        gaps = cdist(points, points, "sqeuclidean")
        for row, weight in enumerate(weights):
            gaps[row] *= 2 * weight / (weight + weights) * weights
    else:
        gaps = cdist(points, points)
    np.fill_diagonal(gaps, np.inf)
    return gaps


def _close_pair(gaps: NDArray[np.float64], chain: list[int]) -> tuple[int, int]:
    """Follow nearest neighbours until two are each other's; take them off the chain."""
    while True:
        tip = chain[-1]
        near = int(gaps[tip].argmin())
        # On a tie, back: otherwise the chain could run in circles.
        if len(chain) > 1 and gaps[tip, chain[-2]] <= gaps[tip, near]:
            pair = (chain[-2], tip)
            del chain[-2:]
            return min(pair), max(pair)
        chain.append(near)


def _join(
    gaps: NDArray[np.float64], masses: NDArray[np.float64], a: int, b: int, update: _Update
) -> None:
    """Let the cluster at b join the one at a; what is gone is weightless and infinitely far."""
    joined = update(gaps[a], gaps[b], float(gaps[a, b]), masses[a], masses[b], masses)
    joined[[a, b]] = np.inf
    gaps[a] = gaps[:, a] = joined
    gaps[b] = gaps[:, b] = np.inf
    masses[a] += masses[b]
    masses[b] = 0


def _ward(to_a: _Row, to_b: _Row, gap: float, a: float, b: float, masses: _Row) -> _Row:
    return ((a + masses) * to_a + (b + masses) * to_b - gap * masses) / (a + b + masses)


def _average(to_a: _Row, to_b: _Row, gap: float, a: float, b: float, masses: _Row) -> _Row:
    return (a * to_a + b * to_b) / (a + b)


def _complete(to_a: _Row, to_b: _Row, gap: float, a: float, b: float, masses: _Row) -> _Row:
    return np.maximum(to_a, to_b)


_UPDATES: dict[str, _Update] = {"ward": _ward, "average": _average, "complete": _complete}
