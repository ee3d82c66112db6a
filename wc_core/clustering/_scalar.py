"""k-means of numbers on a line: a dynamic programme on bins, then Lloyd on the sorted values.

On a line every cluster is a run of the sorted values, so sums over clusters are
differences of prefix sums and a Lloyd step costs k binary searches, however
many values there are.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._fit import Iteration
from wc_core.progress import Progress

MAX_BINS = 1024  # a DP layer costs MAX_BINS ** 2; at most this many values are solved exactly
MAX_DP_CLUSTERS = 256  # with more clusters than a quarter of the bins, bins add nothing


@dataclass(frozen=True, slots=True)
class _Line:
    """Sorted distinct values and running sums of w, w*x and w*x*x, each of shape (n + 1,)."""

    values: NDArray[np.float64]
    weight: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    def cost(self, start: NDArray[np.intp], stop: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the inertia of the runs values[start:stop] around their means."""
        w = self.weight[stop] - self.weight[start]
        x = self.first[stop] - self.first[start]
        xx = self.second[stop] - self.second[start]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = xx - x * x / w
        return np.where(w > 0, np.maximum(spread, 0.0), 0.0)

    def total(self, bounds: NDArray[np.intp]) -> float:
        """Return the inertia of all runs between neighbouring bounds."""
        return float(self.cost(bounds[:-1], bounds[1:]).sum())

    def means(self, bounds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the mean of each run between neighbouring bounds; NaN for weightless runs."""
        w = np.diff(self.weight[bounds])
        x = np.diff(self.first[bounds])
        means: NDArray[np.float64] = np.divide(x, w, out=np.full(len(w), np.nan), where=w > 0)
        return means


def scalar_kmeans_steps(
    blocks: MaskedBlocks, n_clusters: int, max_iter: int
) -> Generator[Progress, None, NDArray[np.float64]]:
    """Cluster numbers; return the sorted centroids, of shape (n_entries, 1).

    Optimal for up to `MAX_BINS` distinct values and `MAX_DP_CLUSTERS` clusters,
    since every value then has a bin of its own; above, a local optimum of
    Lloyd's iteration that starts at the optimum over bins.

    Parameters
    ----------
    blocks : MaskedBlocks of one lane, none of them masked
    n_clusters : int
        Clusters wanted; fewer come out when there are fewer distinct values.
    max_iter : int
        Most Lloyd steps.

    References
    ----------
    H. Wang and M. Song, "Ckmeans.1d.dp", The R Journal 3(2), 2011 (the dynamic programme).
    """
    line, shift = _prepare(blocks.values[:, 0], blocks.weights)
    if len(line.values) <= n_clusters:
        distinct: NDArray[np.float64] = (line.values + shift)[:, None]
        return distinct
    bounds = _first_bounds(line, n_clusters)
    centers = _fill_empty(line, bounds, line.means(bounds))
    yield Progress(0, max_iter, result=_iteration(0, blocks, centers + shift, line.total(bounds)))
    for step in range(1, max_iter + 1):
        bounds_after = _nearest_bounds(line, centers)
        if np.array_equal(bounds_after, bounds):
            break
        bounds = bounds_after
        centers = _fill_empty(line, bounds, line.means(bounds))
        state = _iteration(step, blocks, centers + shift, line.total(bounds))
        yield Progress(step, max_iter, result=state)
    entries: NDArray[np.float64] = (centers + shift)[:, None]
    return entries


def _iteration(
    step: int, blocks: MaskedBlocks, centers: NDArray[np.float64], inertia: float
) -> Iteration:
    """Tell no labels: those of a million numbers would cost more than the step."""
    return Iteration(step, blocks.values, blocks.weights, centers=centers[:, None], inertia=inertia)


def nearest_on_line(
    values: NDArray[np.floating], centers: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return the index of the nearest of the sorted centers to each value; ties go down."""
    centers = centers.astype(np.float64)
    midpoints = (centers[1:] + centers[:-1]) / 2
    return np.searchsorted(midpoints, values.astype(np.float64), side="left").astype(np.int64)


def _prepare(
    values: NDArray[np.floating], weights: NDArray[np.floating]
) -> tuple[_Line, np.float64]:
    """Sort, merge equal values and sum up; values are centred so that squares keep their digits."""
    used = weights > 0
    distinct, inverse = np.unique(values[used].astype(np.float64), return_inverse=True)
    w = np.bincount(inverse, weights=weights[used].astype(np.float64))
    shift = np.average(distinct, weights=w)
    x = distinct - shift
    sums = (np.concatenate([[0.0], np.cumsum(w * x**power)]) for power in range(3))
    return _Line(x, *sums), shift


def _first_bounds(line: _Line, n_clusters: int) -> NDArray[np.intp]:
    """Cut the line into runs: optimal over bins, or companded when there are too many clusters."""
    n = len(line.values)
    edges = np.arange(n + 1) if n <= MAX_BINS else _bin_edges(line, MAX_BINS)
    if n_clusters > MAX_DP_CLUSTERS:
        return _bin_edges(line, n_clusters)
    return edges[_optimal_cuts(line, edges, n_clusters)]


def _bin_edges(line: _Line, n_bins: int) -> NDArray[np.intp]:
    """Return n_bins + 1 increasing bounds, dense where the cube root of the density is high.

    Half the mass of the sampling measure is spread evenly over the range and half over the
    ranks; high-resolution theory (Panter and Dite, 1951) wants the density to the power 1/3,
    which lies between the two.
    """
    x = line.values
    rank = line.weight[1:] / line.weight[-1]
    place = (x - x[0]) / (x[-1] - x[0])
    measure = rank + place
    cuts = np.searchsorted(measure, np.linspace(0, 2, n_bins + 1)[1:-1])
    edges = np.concatenate([[0], cuts, [len(x)]])
    # Every bin must hold a value: push edges apart from the left, then from the right.
    steps = np.arange(n_bins + 1)
    edges = np.maximum.accumulate(edges - steps) + steps
    bounds: NDArray[np.intp] = np.minimum(edges, len(x) - n_bins + steps).astype(np.intp)
    return bounds


def _optimal_cuts(line: _Line, edges: NDArray[np.intp], n_clusters: int) -> NDArray[np.intp]:
    """Return the positions in `edges` of the bounds of the least-cost partition of the bins."""
    m = len(edges)
    cost = np.full((m, m), np.inf)  # (start, stop)
    start, stop = np.triu_indices(m, k=1)
    cost[start, stop] = line.cost(edges[start], edges[stop])
    best = cost[0]
    came_from = np.zeros((n_clusters, m), dtype=np.intp)
    for j in range(1, n_clusters):
        total = best[:, None] + cost
        came_from[j] = total.argmin(axis=0)
        best = total[came_from[j], np.arange(m)]
    cuts = [m - 1]
    for j in range(n_clusters - 1, 0, -1):
        cuts.append(int(came_from[j, cuts[-1]]))
    return np.array([0, *reversed(cuts)], dtype=np.intp)


def _nearest_bounds(line: _Line, centers: NDArray[np.float64]) -> NDArray[np.intp]:
    midpoints = (centers[1:] + centers[:-1]) / 2
    inner = np.searchsorted(line.values, midpoints, side="right")
    return np.concatenate([[0], inner, [len(line.values)]]).astype(np.intp)


def _fill_empty(
    line: _Line, bounds: NDArray[np.intp], centers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give centroids without members the worst-served values instead."""
    empty = np.isnan(centers)
    if empty.any():
        kept = np.sort(centers[~empty])
        error = np.square(line.values - kept[nearest_on_line(line.values, kept)])
        error *= np.diff(line.weight)
        centers[empty] = line.values[np.argsort(-error, kind="stable")[: empty.sum()]]
    return np.sort(centers)
