"""Bisecting k-means: the worst cluster is split in two, again and again."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._lloyd import lloyd_steps, means, nearest, squared_errors
from wc_core.clustering._seeding import seed_steps
from wc_core.params import Choice, Domain, IntRange
from wc_core.progress import Progress, relay
from wc_core.words import _, mark

SHOWN = 64  # records that carry the state of the fit, about
TOL = 1e-3


@CLUSTERERS.register("bisecting_kmeans")
class BisectingKMeans(BlockClusterer):
    """k-means by halving: the cluster with the largest error is split by 2-means.

    Blocks keep the label of the leaf they are in, even where another leaf's entry is
    nearer: that is what polish mends. Under one seed the clusters for fewer entries are
    unions of those for more, so that more entries never cost more. Only the members of
    the cluster being split are looked at. Masked lanes weigh nothing.

    An iteration is a split; `detail["split"]` is the label of the cluster that was split.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    split : {"error", "weight"}, default="error"
        Which cluster is split next: that with the largest inertia or the heaviest one.
    n_init : int, default=2
        Trials of each split, of which the best is kept.
    max_iter : int, default=20
        Most Lloyd steps of a split.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the two blocks that each split starts from.

    References
    ----------
    M. Steinbach, G. Karypis and V. Kumar, "A comparison of document clustering
    techniques", KDD Workshop on Text Mining, 2000.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> BisectingKMeans(n_clusters=2, random_state=0).fit(blocks).cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "split": Choice(
            ("error", "weight"),
            label=mark("Split next"),
            help=mark("The cluster with the largest error, or the one with most blocks."),
        ),
        "n_init": IntRange(
            1,
            20,
            label=mark("Trials of each split"),
            help=mark("Two first entries are drawn this often; the best split is kept."),
        ),
        "max_iter": IntRange(
            1, 1000, label=mark("Most iterations"), help=mark("Lloyd steps of a split at most.")
        ),
        "polish": POLISH,
    }

    title = mark("Bisecting k-means")
    about = mark(
        "Starts with one cluster and splits the worst one in two by k-means, until there are "
        "enough. The result is a tree: a codebook with fewer entries is a coarser cut of the "
        "same tree. Very fast, since a split looks only at the blocks of its cluster."
    )
    formula = (
        r"\mathcal C \leftarrow \mathcal C \setminus S \cup \{A, B\}, \quad "
        r"S = \arg\max_{C \in \mathcal C} E(C), \quad (A, B) = \arg\min_{A \cup B = S} E(A) + E(B)"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        split: str = "error",
        n_init: int = 2,
        max_iter: int = 20,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.split = split
        self.n_init = n_init
        self.max_iter = max_iter
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        tree = _Tree(blocks, by_weight=self.split == "weight")
        total = max(1, n_clusters - 1)
        every = -(-total // SHOWN)
        yield Progress(0, total, result=tree.state())
        while len(tree) < n_clusters and (leaf := tree.worst()) is not None:
            halving = self._halve_steps(leaf.blocks, random_state)
            sides = yield from relay(halving, _untold(len(tree) - 1, total))
            if sides is None:
                continue
            tree.split(leaf, sides)
            shown = len(tree) % every == 0 or len(tree) == n_clusters
            yield Progress(len(tree) - 1, total, result=tree.state() if shown else None)
        return Outcome(labels=tree.labels)

    def _halve_steps(
        self, blocks: MaskedBlocks, random_state: np.random.RandomState
    ) -> Generator[Progress, None, NDArray[np.integer] | None]:
        """Return the better side of each block, or None if there is nothing to split."""
        best, lowest = None, np.inf
        for _trial in range(self.n_init):
            seeds = yield from seed_steps(blocks, 2, random_state)
            if len(seeds) < 2:
                return None
            centers = yield from lloyd_steps(blocks, seeds, self.max_iter, TOL)
            sides, errors = nearest(blocks, centers)
            cost = float(blocks.weights @ errors)
            if cost < lowest and 0 < sides.sum() < len(sides):
                best, lowest = sides, cost
        return best


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    """A cluster of the tree: its label, the rows of its blocks, and the blocks."""

    label: int
    rows: NDArray[np.intp]
    blocks: MaskedBlocks


class _Tree:
    """All leaves, and which of them is the worst."""

    def __init__(self, blocks: MaskedBlocks, by_weight: bool) -> None:
        self._blocks = blocks
        self._by_weight = by_weight
        self._heap: list[tuple[float, int, _Leaf]] = []
        self._centers: dict[int, NDArray[np.floating]] = {}  # by label, and labels only grow
        self._costs: dict[int, float] = {}
        self._split = -1
        self.labels = np.zeros(len(blocks), dtype=np.int64)
        self._grow(_Leaf(0, np.arange(len(blocks)), blocks))

    def __len__(self) -> int:
        return len(self._costs)

    def worst(self) -> _Leaf | None:
        """Take the leaf out that is to be split next; None if none is left."""
        return heappop(self._heap)[2] if self._heap else None

    def split(self, leaf: _Leaf, sides: NDArray[np.integer]) -> None:
        """Put both halves of a leaf in; the second one gets a new label."""
        self._split = leaf.label
        new = len(self)
        for label, side in ((leaf.label, 0), (new, 1)):
            members = np.flatnonzero(sides == side)
            rows = leaf.rows[members]
            self.labels[rows] = label
            self._grow(_Leaf(label, rows, leaf.blocks.take(members)))

    def state(self) -> Iteration:
        """Return what to show after a split."""
        return Iteration(
            len(self) - 1,
            self._blocks.values,
            self._blocks.weights,
            self.labels,
            np.stack(list(self._centers.values())),
            sum(self._costs.values()),
            detail={"split": self._split} if self._split >= 0 else {},
        )

    def _grow(self, leaf: _Leaf) -> None:
        one = np.zeros(len(leaf.rows), dtype=np.int64)
        start = np.zeros((1, leaf.blocks.values.shape[1]))
        center = means(leaf.blocks, one, start)
        cost = float(leaf.blocks.weights @ squared_errors(leaf.blocks, one, center))
        self._centers[leaf.label], self._costs[leaf.label] = center[0], cost
        worth = float(leaf.blocks.weights.sum()) if self._by_weight else cost
        if cost > 0:
            heappush(self._heap, (-worth, leaf.label, leaf))


def _untold(done: int, total: int) -> Callable[[Progress], Progress]:
    """Drop the iterations inside a split: they number other labels and fewer blocks."""
    record = Progress(done, total, _("splitting a cluster"))
    return lambda _inside: record
