"""What clusterers share that embed a graph of neighbours and run k-means in the embedding."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import MAX_POINTS
from wc_core.clustering._fit import Iteration
from wc_core.clustering._lloyd import lloyd_steps, means, nearest, squared_errors
from wc_core.clustering._seeding import seed_steps
from wc_core.params import IntRange
from wc_core.progress import Progress, phase, relay
from wc_core.words import mark

# Dense eigenvectors: at 5,000 points they take eight seconds that nothing can interrupt.
EMBEDDED_POINTS = replace(
    MAX_POINTS,
    high=5000,
    help=mark(
        "The time grows with the third power of this number: blocks beyond it are first "
        "gathered into this many weighted micro-clusters."
    ),
)
N_NEIGHBORS = IntRange(
    1,
    200,
    label=mark("Neighbours"),
    help=mark(
        "How many of its nearest points a point is related to: with few, thin shapes stay apart; "
        "with many, the picture gets smoother."
    ),
)
MAX_ITER = 100
TOL = 1e-4


def nearest_neighbors(gaps: NDArray[np.float64], n_neighbors: int) -> NDArray[np.intp]:
    """Return the nearest other points of each, nearest first, (n_points, n).

    Less than half of a few points are neighbours, since a graph that joins all to all shows
    nothing.
    """
    n = max(1, min(n_neighbors, (len(gaps) - 1) // 2))
    others = gaps.copy()
    np.fill_diagonal(others, np.inf)
    found = np.sort(np.argpartition(others, n - 1, axis=1)[:, :n], axis=1)
    order = np.argsort(np.take_along_axis(others, found, 1), axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)


def eigenvectors(matrix: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Return eigenvectors `first` to `last` of a symmetric matrix, eigenvalues rising."""
    from scipy.linalg import LinAlgError, eigh

    vectors: NDArray[np.float64]
    try:
        vectors = eigh(matrix, subset_by_index=(first, last), check_finite=False)[1]
    except LinAlgError:
        # The quickest method gives up on some graphs of many equal parts; this one does not.
        vectors = eigh(matrix, driver="evd", check_finite=False)[1][:, first : last + 1]
    return vectors


def with_fixed_signs(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn each column so that its largest number is positive: LAPACK may give either sign."""
    peaks = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(peaks < 0, -1.0, 1.0)


def embedded_kmeans_steps(
    blocks: MaskedBlocks,
    embedding: NDArray[np.float64],
    n_clusters: int,
    random_state: np.random.RandomState,
) -> Generator[Progress, None, NDArray[np.integer]]:
    """Run weighted k-means on embedded points; return exactly `n_clusters` kinds of labels.

    Records carry iterations in the space of blocks; `detail["embedding"]`, (n_points, 2 or
    more), holds where the points lie while the labels move.
    """
    places = MaskedBlocks.whole(embedding, blocks.weights)
    shown = np.pad(embedding, ((0, 0), (0, max(0, 2 - embedding.shape[1]))))

    def in_blocks(record: Progress) -> Progress:
        return replace(record, result=_in_blocks(record.result, blocks, n_clusters, shown))

    seeds = yield from phase(seed_steps(places, n_clusters, random_state), 0, 0.4)
    steps = lloyd_steps(places, seeds.astype(np.float64), MAX_ITER, TOL)
    centers = yield from phase(relay(steps, in_blocks), 0.4, 1)
    labels, _errors = nearest(places, centers)
    return all_used(blocks, labels, n_clusters)


def _in_blocks(
    iteration: Iteration, blocks: MaskedBlocks, n_clusters: int, shown: NDArray[np.float64]
) -> Iteration:
    """Tell of an iteration in the embedding what it means for the blocks."""
    told = Iteration(iteration.step, blocks.values, blocks.weights, detail={"embedding": shown})
    if iteration.labels is None:
        return told
    labels = iteration.labels
    centers = _centers(blocks, labels, n_clusters)
    inertia = float(blocks.weights @ squared_errors(blocks, labels, centers))
    return replace(told, labels=labels, centers=centers, inertia=inertia, note=iteration.note)


def _centers(
    blocks: MaskedBlocks, labels: NDArray[np.integer], n_clusters: int
) -> NDArray[np.floating]:
    middle = np.average(blocks.values.astype(np.float64), axis=0, weights=blocks.weights)
    return means(blocks, labels, np.tile(middle, (n_clusters, 1)))


def all_used(
    blocks: MaskedBlocks, labels: NDArray[np.integer], n_clusters: int
) -> NDArray[np.integer]:
    """Give labels without points to the worst-served ones: embedded points may coincide."""
    for unused in np.setdiff1d(np.arange(n_clusters), labels):
        errors = squared_errors(blocks, labels, _centers(blocks, labels, n_clusters))
        alone = np.bincount(labels, minlength=n_clusters)[labels] == 1
        labels[np.argmax(np.where(alone, -1, blocks.weights * errors))] = unused
    return labels
