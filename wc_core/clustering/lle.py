"""Locally linear embedding, and k-means in the embedding."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks, tiles, unit_of
from wc_core.clustering._embedded import (
    EMBEDDED_POINTS,
    N_NEIGHBORS,
    eigenvectors,
    embedded_kmeans_steps,
    nearest_neighbors,
    with_fixed_signs,
)
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._linkage import cut_steps
from wc_core.params import Domain, FloatRange, IntRange
from wc_core.progress import Progress, phase, relay
from wc_core.words import _, mark

ROWS = 256  # points whose neighbourhoods are solved at once
APART = 10  # how many radii of the widest part lie between two parts of the graph


@CLUSTERERS.register("lle")
class LocallyLinearEmbedding(BlockClusterer):
    """Locally linear embedding: unfold a curved sheet of blocks, then run k-means on it.

    Every point is written as a weighted sum of its neighbours; the embedding is the flat
    one in which the same sums hold best. Parts of the graph of neighbours that nothing
    links are embedded each for itself and laid out side by side; if they are more than
    `n_clusters`, the closest ones (Ward) share a place. A label is not always the nearest
    entry, and more entries may cost more. Single weights lie on a line already: there the
    embedding is the weights themselves.

    A point of weight w counts as w points in one place, in the embedding and in k-means;
    neighbours are counted among distinct points (or micro-clusters), whatever these weigh.

    The `Iteration` records hold, in `detail["embedding"]`, where the points lie in the
    space that k-means runs in, shape (n_points, 2 or more).

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    n_neighbors : int, default=10
        Neighbours that a point is made of; fewer than half of the points in any case.
    n_components : int, default=2
        Dimensions of the embedding, at most one less than the block has weights: with as
        many, the embedding would be the blocks themselves, stretched.
    reg : float, default=1e-3
        Share of the spread of a neighbourhood that is added to its diagonal, where there
        are more neighbours than dimensions.
    max_points : int, default=2000
        Blocks beyond that many are first gathered into micro-clusters; memory grows with
        the square, time with the third power.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the gathering and k-means.

    References
    ----------
    S. Roweis and L. Saul, "Nonlinear dimensionality reduction by locally linear embedding",
    Science 290, 2000.
    M. Polito and P. Perona, "Grouping and dimensionality reduction by locally linear
    embedding", NIPS 2001.

    Examples
    --------
    >>> blocks = np.array([[0.0, 0.0], [0.1, 0.0], [0.3, 0.1], [5.0, 1.0], [5.1, 1.0], [5.3, 1.1]])
    >>> LocallyLinearEmbedding(n_clusters=2, random_state=0).fit(blocks).labels_
    array([0, 0, 0, 1, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "n_neighbors": N_NEIGHBORS,
        "n_components": IntRange(
            1,
            64,
            label=mark("Dimensions"),
            help=mark(
                "Dimensions of the embedding that k-means runs in; at most one less than the "
                "block has weights."
            ),
        ),
        "reg": FloatRange(
            1e-9,
            1.0,
            label=mark("Regularisation"),
            help=mark("With more, the neighbours of a point share its weight more evenly."),
        ),
        "max_points": EMBEDDED_POINTS,
        "polish": POLISH,
    }

    title = mark("Locally linear embedding + k-means")
    about = mark(
        "Every block is written as a weighted sum of its neighbours, and a flat map is drawn in "
        "which the same sums hold; k-means then groups the blocks on the map. Distances on the map "
        "follow a curved surface in the data. Weights seldom have one, so the error is often "
        "larger than that of k-means itself."
    )
    formula = (
        r"\min_{W}\sum_a \Bigl\lVert x_a-\sum_b W_{ab}x_b\Bigr\rVert^2,\quad"
        r"\min_{Y}\sum_a w_a\Bigl\lVert y_a-\sum_b W_{ab}y_b\Bigr\rVert^2"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        n_neighbors: int = 10,
        n_components: int = 2,
        reg: float = 1e-3,
        max_points: int = 2000,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.reg = reg
        self.max_points = max_points
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        embedding = blocks.values.astype(np.float64) / unit_of(blocks.values)
        width = blocks.values.shape[1]
        if width > 1:
            points, n_components = embedding, min(self.n_components, width - 1)
            sums = reconstruction(points, self.n_neighbors, self.reg)
            steps = _map_steps(points, blocks.weights, sums, n_components, n_clusters)
            embedding = yield from phase(steps, 0, 0.7)
        grouping = embedded_kmeans_steps(blocks, embedding, n_clusters, random_state)
        labels = yield from phase(grouping, 0.7, 1)
        return Outcome(labels=labels)


def reconstruction(points: NDArray[np.float64], n_neighbors: int, reg: float) -> Any:
    """Return the weights that make each point from its neighbours, a sparse (n, n) matrix.

    Each row sums to one. The weights minimise the squared error of the sum, and where that
    leaves a choice (or by `reg` beyond it) they are even.
    """
    from scipy.sparse import csr_array
    from scipy.spatial.distance import cdist

    n = len(points)
    near = nearest_neighbors(cdist(points, points), n_neighbors)
    shares = np.empty(near.shape)
    for rows in tiles(n, ROWS):
        gaps = points[near[rows]] - points[rows][:, None, :]
        gaps /= np.maximum(np.abs(gaps).max(axis=(1, 2), keepdims=True), 1e-300)
        grams = gaps @ gaps.transpose(0, 2, 1)
        traces = np.trace(grams, axis1=1, axis2=2)
        grams += reg * np.maximum(traces, 1.0)[:, None, None] * np.eye(near.shape[1])
        shares[rows] = np.linalg.solve(grams, np.ones((len(grams), near.shape[1], 1)))[:, :, 0]
    shares /= shares.sum(axis=1, keepdims=True)
    return csr_array(
        (shares.ravel(), (np.repeat(np.arange(n), near.shape[1]), near.ravel())), (n, n)
    )


def flat_map(sums: Any, weights: NDArray[np.float64], n_components: int) -> NDArray[np.float64]:
    """Return the places in which the sums hold best, (n_points, n_components).

    Each coordinate has the weighted mean 0 and the weighted mean square 1. A point of
    weight w is placed as w equal points would be. Coordinates that too few points leave
    undefined are 0.
    """
    from scipy.sparse import diags_array, eye_array

    n = len(weights)
    root = np.sqrt(weights / weights.sum())
    misfit = diags_array(root) @ (eye_array(n) - sums) @ diags_array(1 / root)
    cost = (misfit.T @ misfit).toarray()
    # The constant solves the problem perfectly and says nothing: make it the worst solution.
    cost += np.trace(cost) * np.outer(root, root)
    found = min(n_components, n - 1)
    places = np.zeros((n, n_components))
    if found:
        vectors = eigenvectors(cost, 0, found - 1)
        places[:, :found] = with_fixed_signs(vectors / root[:, None])
    return places


def _map_steps(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    sums: Any,
    n_components: int,
    n_clusters: int,
) -> Generator[Progress, None, NDArray[np.float64]]:
    """Embed each part of the graph for itself and lay the parts out side by side."""
    from scipy.sparse.csgraph import connected_components

    n_parts, part = connected_components(sums, directed=False)
    places = np.empty((len(points), max(2, n_components)))
    places[:, n_components:] = 0
    for number in range(n_parts):
        message = _("embedding part {i} of {n}").format(i=number + 1, n=n_parts)
        yield Progress(number, n_parts, message)
        rows = np.flatnonzero(part == number)
        places[rows, :n_components] = flat_map(sums[rows][:, rows], weights[rows], n_components)
    if n_parts > 1:
        cell = yield from _cells_steps(points, weights, part, min(n_parts, n_clusters))
        side = int(np.ceil(np.sqrt(cell.max() + 1)))
        spacing = APART * np.linalg.norm(places, axis=1).max()
        places[:, 0] += spacing * (cell % side)
        places[:, 1] += spacing * (cell // side)
    return places


def _cells_steps(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    part: NDArray[np.integer],
    n_cells: int,
) -> Generator[Progress, None, NDArray[np.intp]]:
    """Return each point's cell: that of its part, which close parts share if cells are few."""
    mass = np.bincount(part, weights=weights).astype(np.float64)
    sums = [np.bincount(part, weights=weights * lane) for lane in points.T]
    means = np.stack(sums, axis=1) / mass[:, None]
    steps = cut_steps(means, mass, n_cells)
    cells = yield from relay(steps, lambda record: Progress(1, 1, record.message))
    cell: NDArray[np.intp] = cells[part]
    return cell
