"""What density algorithms measure first: distances, how dense it is, the shortest tree."""

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, tiles
from wc_core.progress import Progress
from wc_core.words import _

_ROWS = 256  # rows of distances held at a time: no matrix of all pairs is ever built
_TREE_RECORD = 250  # points that join the tree between two records


def unit_values(points: MaskedBlocks) -> NDArray[np.float64]:
    """Return the points in double precision, scaled exactly so that the largest is about 1."""
    values = points.values.astype(np.float64)
    _mantissa, exponent = np.frexp(np.abs(values).max(initial=0.0))
    return np.asarray(np.ldexp(values, -int(exponent)), dtype=np.float64)


def distance_tiles(
    values: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield rows and their distances to all points, by differences: exact beside outliers."""
    from scipy.spatial.distance import cdist

    every = np.arange(len(values))
    for tile in tiles(len(values), _ROWS):
        yield every[tile], cdist(values[tile], values)


def core_steps(
    values: NDArray[np.float64], weights: NDArray[np.float64], share: float
) -> Generator[Progress, None, NDArray[np.float64]]:
    """Return how far around each point a share of the weight of all points lies, (n_points,)."""
    # Less a rounding error: weights are summed in the order of distances.
    mass = share * weights.sum() * (1 - 1e-9)
    core = np.empty(len(values))
    for rows, gaps in distance_tiles(values):
        order = np.argsort(gaps, axis=1, kind="stable")
        reached = (np.cumsum(weights[order], axis=1) >= mass).argmax(axis=1)
        core[rows] = gaps[np.arange(len(rows)), order[np.arange(len(rows)), reached]]
        yield Progress(int(rows[-1]) + 1, len(values), _("measuring densities"))
    return core


def tree_steps(
    values: NDArray[np.float64], core: NDArray[np.float64] | None = None
) -> Generator[Progress, None, tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Return the shortest tree that joins all points, by Prim's algorithm.

    With `core` two points are as far apart as the largest of their distance and their core
    distances (mutual reachability).

    Returns
    -------
    edges : ndarray of shape (n_points - 1, 2)
        Shortest first.
    lengths : ndarray of shape (n_points - 1,)
    """
    from scipy.spatial.distance import cdist

    n = len(values)
    edges, lengths = np.empty((n - 1, 2), dtype=np.intp), np.empty(n - 1)
    nearest, gap, newest = np.zeros(n, dtype=np.intp), np.full(n, np.inf), 0
    outside = np.arange(n) > 0
    for step in range(n - 1):
        fresh = cdist(values[newest : newest + 1], values)[0]
        if core is not None:
            fresh = np.maximum(np.maximum(fresh, core), core[newest])
        closer = outside & (fresh < gap)
        nearest[closer], gap[closer] = newest, fresh[closer]
        newest = int(np.where(outside, gap, np.inf).argmin())
        edges[step], lengths[step] = (nearest[newest], newest), gap[newest]
        outside[newest] = False
        if step % _TREE_RECORD == 0:
            yield Progress(step, n - 1, _("joining the points to a tree"))
    order = np.argsort(lengths, kind="stable")
    return edges[order], lengths[order]
