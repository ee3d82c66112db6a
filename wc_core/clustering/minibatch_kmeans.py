"""Mini-batch k-means: entries follow running means of small random batches."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._lloyd import lloyd_steps
from wc_core.clustering._seeding import seed_steps
from wc_core.params import Domain, FloatRange, IntRange
from wc_core.progress import Progress, phase, relay
from wc_core.words import _, mark

SHOWN = 100  # records that carry the state of the fit, about


@CLUSTERERS.register("minibatch_kmeans")
class MiniBatchKMeans(BlockClusterer):
    """k-means that looks at a small random batch of blocks at a time.

    Starts from k-means++ on a sample. Each batch goes to its nearest entries, and
    each entry moves to the mean of all blocks that it was ever given
    (`sklearn.cluster.MiniBatchKMeans.partial_fit`). A last step over all blocks
    moves every entry to the mean of its blocks, which a running mean is only near,
    and gives entries without blocks to the worst-served ones. Masked lanes are filled
    up in batches and weigh nothing in the last step.

    An iteration is a batch; its inertia is that of the batch, scaled up to all blocks,
    and `detail["batch"]` lists the rows of the batch. Blocks that were in no batch yet
    have the label -1.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    batch_size : int, default=4096
        Blocks in a batch; at least `n_clusters` are taken.
    n_passes : int, default=5
        Most passes over all blocks.
    tol : float, default=1e-3
        Stop when a pass lowers the summed inertia of its batches by less than this share.
    reassignment_ratio : float, default=0.01
        Entries that were given less than this share of what the largest one was given
        move to a random block now and then.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds first entries, batches and reassignments.

    References
    ----------
    D. Sculley, "Web-scale k-means clustering", WWW 2010.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> MiniBatchKMeans(n_clusters=2, random_state=0).fit(blocks).cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "batch_size": IntRange(
            16,
            65536,
            label=mark("Blocks in a batch"),
            help=mark("Small batches are quick and restless, large ones come close to k-means."),
        ),
        "n_passes": IntRange(
            1,
            100,
            label=mark("Most passes"),
            help=mark("How often every block is looked at, at most."),
        ),
        "tol": FloatRange(
            0.0,
            0.1,
            label=mark("Tolerance"),
            help=mark("Stop when a pass lowers the error by less than this share."),
        ),
        "reassignment_ratio": FloatRange(
            0.0,
            0.5,
            label=mark("Reassignment ratio"),
            help=mark(
                "Entries with less than this share of the largest entry's blocks move to a random "
                "block now and then. With 0 they stay, and outliers keep entries of their own."
            ),
        ),
        "polish": POLISH,
    }

    title = mark("Mini-batch k-means")
    about = mark(
        "k-means that looks at a small random batch of blocks at a time: each entry is the "
        "running mean of the blocks it was given. Far less work on very large layers, for an "
        "error slightly above that of k-means. The last step looks at all blocks once."
    )
    formula = r"c_j \leftarrow c_j + \frac{w_i}{n_j}\,(x_i - c_j), \quad n_j \leftarrow n_j + w_i"
    labels_are_nearest = True

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        batch_size: int = 4096,
        n_passes: int = 5,
        tol: float = 1e-3,
        reassignment_ratio: float = 0.01,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.batch_size = batch_size
        self.n_passes = n_passes
        self.tol = tol
        self.reassignment_ratio = reassignment_ratio
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        whole = MaskedBlocks.whole(blocks.filled(), blocks.weights)
        seeds = yield from phase(seed_steps(whole, n_clusters, random_state), 0, 0.2)
        batches = self._batch_steps(whole, seeds, random_state)
        centers = yield from phase(batches, 0.2, 0.9)
        # Without its iterations: they are no batches.
        last = relay(lloyd_steps(blocks, centers, 1, 0.0), _untold)
        centers = yield from phase(last, 0.9, 1)
        return Outcome(centers=centers)

    def _batch_steps(
        self, blocks: MaskedBlocks, seeds: NDArray[np.floating], random_state: np.random.RandomState
    ) -> Generator[Progress, None, NDArray[np.floating]]:
        """Take batch after batch, until a pass no longer helps; return the entries."""
        from sklearn.cluster import MiniBatchKMeans as Sklearn

        size = min(len(blocks), max(self.batch_size, len(seeds)))
        n_batches = -(-len(blocks) // size)
        total = self.n_passes * n_batches
        every = -(-total // SHOWN)
        model = Sklearn(
            len(seeds),
            init=seeds - _mean(blocks),
            batch_size=size,
            reassignment_ratio=self.reassignment_ratio,
            random_state=random_state,
        )
        learner = _Learner(blocks, model)
        before = np.inf
        for n_pass in range(self.n_passes):
            cost = 0.0
            for i, rows in enumerate(_batches(len(blocks), size, random_state)):
                step = n_pass * n_batches + i + 1
                cost += learner.take(rows)
                shown = step % every == 0 or i == n_batches - 1
                yield Progress(step, total, result=learner.state(step) if shown else None)
            if before - cost <= self.tol * cost:
                break
            before = cost
        return learner.centers()


class _Learner:
    """scikit-learn's estimator, fed batch by batch, and what was last seen of each block."""

    def __init__(self, blocks: MaskedBlocks, model: Any) -> None:
        self._blocks = blocks
        self._model = model
        self._mean = _mean(blocks)
        self._labels = np.full(len(blocks), -1, dtype=np.int64)
        self._rows = np.empty(0, dtype=np.intp)
        self._unit = float(blocks.weights.mean())
        self._inertia = 0.0

    def take(self, rows: NDArray[np.intp]) -> float:
        """Learn from a batch; return its inertia."""
        weights = self._blocks.weights[rows] / self._unit
        self._model.partial_fit(self._blocks.values[rows] - self._mean, sample_weight=weights)
        inertia = float(self._model.inertia_) * self._unit
        self._labels[rows] = self._model.labels_
        self._rows = rows
        self._inertia = inertia * len(self._blocks) / len(rows)
        return inertia

    def centers(self) -> NDArray[np.floating]:
        """Return the entries where they are now."""
        centers: NDArray[np.floating] = self._model.cluster_centers_ + self._mean
        return centers

    def state(self, step: int) -> Iteration:
        """Return what to show after a batch."""
        return Iteration(
            step,
            self._blocks.values,
            self._blocks.weights,
            self._labels,
            self.centers(),
            self._inertia,
            detail={"batch": self._rows},
        )


def _mean(blocks: MaskedBlocks) -> NDArray[np.float64]:
    """Return where to put zero: squared distances are differences of squared lengths."""
    mean: NDArray[np.float64] = np.average(
        blocks.values.astype(np.float64), axis=0, weights=blocks.weights
    )
    return mean


def _batches(
    n_blocks: int, size: int, random_state: np.random.RandomState
) -> Iterator[NDArray[np.intp]]:
    """Yield all rows in random order, `size` at a time; the last batch takes up the rest."""
    order = random_state.permutation(n_blocks)
    starts = range(0, n_blocks, size)
    return (np.sort(order[start : start + size]) for start in starts)


def _untold(record: Progress) -> Progress:
    return Progress(record.done, record.total, _("one step over all blocks"))
