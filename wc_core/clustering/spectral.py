"""Spectral clustering: normalised cuts of a graph of alike blocks."""

from collections.abc import Generator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks, unit_of
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
from wc_core.params import Choice, Domain
from wc_core.progress import Progress, phase
from wc_core.words import _, mark

# Everything is a little alike: separate parts of the graph are ordered by their size instead of
# by chance. Far below the slowest mode inside a part, which is what the cuts are about.
COMMON = 1e-8


@CLUSTERERS.register("spectral")
class Spectral(BlockClusterer):
    """Spectral clustering: cut a graph of alike blocks where it holds together least.

    The leading eigenvectors of the normalised affinity give every point a place among
    `n_clusters` numbers, its row scaled to length 1; weighted k-means groups the rows.
    Clusters follow the shape of the data, so they need not be round, and a label is not
    always the nearest entry. More entries may cost more.

    A point of weight w has the links of w points in one place: the affinity of points
    a and b is w_a w_b K(a, b). Neighbours are counted among distinct points (or
    micro-clusters), whatever these weigh.

    The `Iteration` records hold, in `detail["embedding"]`, where the points lie in the
    space that k-means runs in, shape (n_points, 2 or more).

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    affinity : {"nearest_neighbors", "rbf"}, default="nearest_neighbors"
        K is 1 between mutual neighbours and one half where only one is the other's
        neighbour; or exp(-d(a, b)^2 / (s_a s_b)) with s the distance to the last of the
        `n_neighbors`, so that the width follows the local density and no unit matters.
    n_neighbors : int, default=10
        Neighbours of a point; fewer than half of the points in any case.
    max_points : int, default=2000
        Blocks beyond that many are first gathered into micro-clusters; memory grows with
        the square, time with the third power.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the gathering and k-means.

    References
    ----------
    J. Shi and J. Malik, "Normalized cuts and image segmentation", IEEE Trans. PAMI 22(8), 2000.
    A. Ng, M. Jordan and Y. Weiss, "On spectral clustering: analysis and an algorithm", NIPS 2001.
    L. Zelnik-Manor and P. Perona, "Self-tuning spectral clustering", NIPS 2004.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.1], [0.3], [5.0], [5.1], [5.3]])
    >>> Spectral(n_clusters=2, random_state=0).fit(blocks).labels_
    array([0, 0, 0, 1, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "affinity": Choice(
            ("nearest_neighbors", "rbf"),
            label=mark("Affinity"),
            help=mark(
                "What links two points: being among each other's nearest neighbours, or a bell "
                "curve of their distance whose width follows the local density (rbf)."
            ),
        ),
        "n_neighbors": N_NEIGHBORS,
        "max_points": EMBEDDED_POINTS,
        "polish": POLISH,
    }

    title = mark("Spectral clustering")
    about = mark(
        "Alike blocks are linked in a graph, and the graph is cut where it holds together least: "
        "its leading eigenvectors unfold curved clusters into round ones, which k-means then "
        "finds. It follows shapes that k-means cannot, but a shape is not always well stored as "
        "its mean."
    )
    formula = (
        r"L = I - D^{-1/2} A D^{-1/2},\quad A_{ab} = w_a w_b\,K(x_a, x_b),"
        r"\quad D_{aa} = \sum_b A_{ab}"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        affinity: str = "nearest_neighbors",
        n_neighbors: int = 10,
        max_points: int = 2000,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.max_points = max_points
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        yield Progress(0, 1, _("linking alike points"))
        kernel = _KERNELS[self.affinity](blocks.values, self.n_neighbors)
        yield Progress(0.1, 1, _("computing eigenvectors"))
        embedding = spectral_embedding(kernel, blocks.weights, n_clusters)
        steps = embedded_kmeans_steps(blocks, embedding, n_clusters, random_state)
        labels = yield from phase(steps, 0.7, 1)
        return Outcome(labels=labels)


def spectral_embedding(
    kernel: NDArray[np.float64], weights: NDArray[np.float64], n_components: int
) -> NDArray[np.float64]:
    """Return the rows of the leading eigenvectors, each of length 1, (n_points, n_components).

    Parameters
    ----------
    kernel : ndarray of shape (n_points, n_points)
        How alike two points are, symmetric with ones on the diagonal. It is overwritten.
    weights : ndarray of shape (n_points,)
        A point of weight w is embedded as w equal points would be, each of them.
    n_components : int
    """
    n = len(kernel)
    mass = weights / weights.sum()
    degrees = kernel @ mass
    common = COMMON * float(mass @ degrees)
    kernel += common
    root = np.sqrt(mass / (degrees + common))
    kernel *= root
    kernel *= root[:, None]
    vectors = eigenvectors(kernel, n - n_components, n - 1)
    rows = with_fixed_signs(vectors[:, ::-1])
    lengths = np.linalg.norm(rows, axis=1)
    # A point that no eigenvector reaches lies at the origin, not where rounding puts it.
    reached = lengths > 1e-9 * np.sqrt(mass)
    return np.where(reached[:, None], rows / np.maximum(lengths, 1e-300)[:, None], 0.0)


def neighbor_kernel(points: NDArray[np.floating], n_neighbors: int) -> NDArray[np.float64]:
    """Return 1 for mutual neighbours and a point itself, 1/2 for one-sided ones, else 0."""
    gaps = _gaps(points)
    near = nearest_neighbors(gaps, n_neighbors)
    kernel = np.zeros_like(gaps)
    np.put_along_axis(kernel, near, 0.5, axis=1)
    kernel += kernel.T
    np.fill_diagonal(kernel, 1.0)
    return kernel


def local_rbf_kernel(points: NDArray[np.floating], n_neighbors: int) -> NDArray[np.float64]:
    """Return exp(-d(a, b)^2 / (s_a s_b)) with s the distance to the last neighbour."""
    gaps = _gaps(points)
    last = nearest_neighbors(gaps, n_neighbors)[:, -1]
    widths = np.maximum(gaps[np.arange(len(gaps)), last], 1e-100)
    gaps /= np.sqrt(widths)
    gaps /= np.sqrt(widths)[:, None]
    np.square(gaps, out=gaps)
    return np.exp(np.negative(gaps, out=gaps), out=gaps)


def _gaps(points: NDArray[np.floating]) -> NDArray[np.float64]:
    from scipy.spatial.distance import cdist

    places = points.astype(np.float64) / unit_of(points)
    gaps: NDArray[np.float64] = cdist(places, places)
    return gaps


_KERNELS = {"nearest_neighbors": neighbor_kernel, "rbf": local_rbf_kernel}
