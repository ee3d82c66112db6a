"""k-means inside each of the subspaces that a hash makes, with one budget of entries for all."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, distinct_rows
from wc_core.clustering._lloyd import lloyd_steps, means, nearest, squared_errors
from wc_core.clustering._seeding import seed_steps
from wc_core.progress import Progress

MAX_ITER = 20
TOL = 1e-3


def shared_budget(
    costs: NDArray[np.float64], most: NDArray[np.integer], n_entries: int
) -> NDArray[np.int64]:
    """Share entries in proportion to costs, at least one and at most `most` for each.

    Divides as seats are divided after d'Hondt: the next entry goes where the cost for each
    entry is largest. With room for fewer, fewer are given.

    Examples
    --------
    >>> shared_budget(np.array([6.0, 3.0, 0.0]), np.array([9, 9, 9]), 7)
    array([4, 2, 1])
    """
    given = np.ones(len(costs), dtype=np.int64)
    for _entry in range(min(n_entries, int(most.sum())) - len(costs)):
        given[np.argmax(np.where(given < most, costs / given, -1.0))] += 1
    return given


def subspace_budget(
    points: MaskedBlocks,
    inputs: NDArray[np.floating],
    subspace: NDArray[np.int64],
    n_clusters: int,
) -> NDArray[np.int64]:
    """Share entries among subspaces by the squared error that one entry each would leave.

    Parameters
    ----------
    points : MaskedBlocks
        Latent vectors; a subspace gets no more entries than it has different ones.
    inputs : ndarray of shape (n_points, block_size)
        In which the error is counted.
    subspace : ndarray of shape (n_points,)
        Numbered from 0 without gaps.
    n_clusters : int
    """
    n_subspaces = int(subspace.max()) + 1
    blocks = MaskedBlocks.whole(inputs, points.weights)
    middle = means(blocks, subspace, np.zeros((n_subspaces, inputs.shape[1])))
    errors = points.weights * squared_errors(blocks, subspace, middle)
    costs = np.asarray(np.bincount(subspace, weights=errors), dtype=np.float64)
    first, _kind = distinct_rows(points.values)
    most = np.bincount(subspace[first], minlength=n_subspaces)
    return shared_budget(costs, most, n_clusters)


def subspace_steps(
    points: MaskedBlocks,
    subspace: NDArray[np.int64],
    budget: NDArray[np.int64],
    before: NDArray[np.integer] | None,
    random_state: np.random.RandomState,
) -> Generator[Progress, None, NDArray[np.int64]]:
    """Run k-means in each subspace and return the labels, numbered through all subspaces.

    Parameters
    ----------
    points : MaskedBlocks
        Latent vectors.
    subspace : ndarray of shape (n_points,)
        Numbered from 0 without gaps.
    budget : ndarray of shape (n_subspaces,)
        Entries of each.
    before : ndarray of shape (n_points,), optional
        Labels to start from, numbered alike; without them k-means++ does.
    random_state : RandomState
    """
    labels = np.empty(len(points), dtype=np.int64)
    stops = np.cumsum(budget)
    old = None if before is None else _old_centers(points, before, int(stops[-1]))
    for number, stop in enumerate(stops):
        rows = np.flatnonzero(subspace == number)
        members = points.take(rows)
        start = stop - budget[number]
        if old is None:
            seeds = yield from seed_steps(members, int(budget[number]), random_state)
        else:
            seeds = old[start:stop]
        centers = yield from lloyd_steps(members, seeds.astype(np.float64), MAX_ITER, TOL)
        labels[rows] = start + nearest(members, centers)[0]
    return labels


def _old_centers(
    points: MaskedBlocks, before: NDArray[np.integer], n_entries: int
) -> NDArray[np.floating]:
    """Return where the clusters lie now; unused entries start in the middle."""
    middle = np.average(points.values.astype(np.float64), axis=0, weights=points.weights)
    return means(points, before, np.tile(middle, (n_entries, 1)))
