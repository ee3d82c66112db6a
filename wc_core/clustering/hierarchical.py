"""Hierarchical clustering: the two closest clusters merge until few enough are left."""

from collections.abc import Generator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import MAX_POINTS, N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._linkage import Merges, merge_steps, name_merges
from wc_core.clustering._lloyd import means, squared_errors
from wc_core.params import Choice, Domain
from wc_core.progress import Progress, phase
from wc_core.words import mark, ngettext

SHOWN = 60  # iterations that are told of all merges


@CLUSTERERS.register("hierarchical")
class Hierarchical(BlockClusterer):
    """Agglomerative clustering: the two closest clusters merge until `n_clusters` are left.

    Works on at most `max_points` weighted micro-clusters; a point of weight w counts
    as w equal points. The clusters for fewer entries are unions of those for more, so
    the error never grows with `n_clusters`.

    The `Iteration` records replay a thinned series of the merges, denser towards the
    end: `step` counts merges, and `detail` holds `n_clusters`, the clusters left, `height`,
    how far apart the two were that merged last, and `heights`, (n_points - 1,), those of all
    merges down to a single cluster.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    linkage : {"ward", "average", "complete"}, default="ward"
        How far apart two clusters are: by the squared error that merging them adds
        (`ward`), by the mean distance of their members (`average`) or by the largest
        (`complete`, for which weights do not matter).
    max_points : int, default=2000
        Blocks beyond that many are first gathered into micro-clusters; memory grows
        with the square.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the gathering into micro-clusters.

    References
    ----------
    J. Ward, "Hierarchical grouping to optimize an objective function", J. American
    Statistical Association 58(301), 1963.
    G. Lance and W. Williams, "A general theory of classificatory sorting strategies",
    The Computer Journal 9(4), 1967.
    D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378, 2011.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2], [6.0]])
    >>> Hierarchical(n_clusters=2).fit(blocks).labels_
    array([0, 0, 1, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "linkage": Choice(
            ("ward", "average", "complete"),
            label=mark("Linkage"),
            help=mark(
                "How far apart two clusters are: by the squared error that merging them adds "
                "(ward), by the mean distance between their blocks (average) or by the largest "
                "(complete)."
            ),
        ),
        "max_points": MAX_POINTS,
        "polish": POLISH,
    }

    title = mark("Hierarchical clustering")
    about = mark(
        "Every block starts as a cluster of its own; the two closest clusters merge, again and "
        "again, until as many are left as there shall be entries. The merges form a tree: cutting "
        "it higher or lower gives smaller or larger codebooks without starting over."
    )
    formula = (
        r"\Delta(A,B)=\frac{w_A w_B}{w_A+w_B}\lVert c_A-c_B\rVert^2"
        r"\quad\text{(Ward)}"
    )
    introductory = True

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        linkage: str = "ward",
        max_points: int = 2000,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.max_points = max_points
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        steps = merge_steps(blocks.values, blocks.weights, self.linkage)
        merges = yield from phase(steps, 0, 0.7)
        labels = yield from phase(_replay_steps(blocks, merges, n_clusters), 0.7, 1)
        return Outcome(labels=labels)


def _replay_steps(
    blocks: MaskedBlocks, merges: Merges, n_clusters: int
) -> Generator[Progress, None, NDArray[np.intp]]:
    """Do the merges until `n_clusters` are left, telling of some; return the labels then."""
    n = len(blocks)
    labels, taken = name_merges(merges, blocks.weights, n_clusters)
    told = set(np.geomspace(n, n_clusters, SHOWN).round().astype(int).tolist())
    for left in range(n, n_clusters - 1, -1):
        step = n - left
        if step:
            labels[labels == left] = taken[step - 1]
        if left in told:
            state = _state(blocks, labels, step, merges.heights)
            yield Progress(step, n - n_clusters, result=state)
    return labels


def _state(
    blocks: MaskedBlocks, labels: NDArray[np.intp], step: int, heights: NDArray[np.float64]
) -> Iteration:
    left = len(blocks) - step
    centers = means(blocks, labels, np.zeros((left, blocks.values.shape[1])))
    inertia = float(blocks.weights @ squared_errors(blocks, labels, centers))
    note = ngettext("{n} cluster left", "{n} clusters left", left).format(n=left)
    height = float(heights[step - 1]) if step else 0.0
    detail = {"n_clusters": left, "height": height, "heights": heights}
    return Iteration(step, blocks.values, blocks.weights, labels, centers, inertia, note, detail)
