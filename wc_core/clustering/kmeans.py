"""k-means: solved on single weights, Lloyd's iteration on larger blocks."""

from collections.abc import Generator, Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._line_fit import Numbers, fit_line_steps
from wc_core.clustering._lloyd import lloyd_steps
from wc_core.clustering._passes import Passes
from wc_core.clustering._seeding import seed_steps
from wc_core.params import Domain, Flag, FloatRange, IntRange
from wc_core.progress import Progress, phase
from wc_core.words import mark

TRIALS = 3  # draws for each first entry: what more of them gain is gone after a few steps


@CLUSTERERS.register("kmeans")
class KMeans(BlockClusterer):
    """k-means: each block goes to the nearest entry, each entry is the mean of its blocks.

    Single weights (one feature) are solved: up to 65,536 of them, or with `exact`,
    to the optimum; more are counted in bins first, which costs a hundred-thousandth or so. An
    iteration is then a price for each entry that is tried, and `detail` holds it as
    `price` beside `n_found`, the entries that it pays for.

    Larger blocks start from k-means++ with local trials and run Lloyd's iteration with
    momentum; entries left without blocks move to the worst-served block. NaN marks a
    masked lane, which weighs nothing.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    exact : bool, default=False
        Single weights: find the true optimum of however many, and note by how much the
        default is above it.
    max_iter : int, default=100
        Blocks larger than one weight: most iterations.
    tol : float, default=1.5e-3
        Blocks larger than one weight: stop when an iteration lowers the inertia
        by less than this share of it. With 1e-4 the error is some thousandths lower,
        after about twice as long.
    momentum : float, default=0.9
        Blocks larger than one weight: share of a step that entries go on. With 0 it is
        Lloyd's iteration as in textbooks, which needs several times as many steps.
    random_state : int, RandomState or None, default=None
        Seeds the choice of first entries for blocks larger than one weight.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Codebook entries; sorted when there is one feature.
    labels_ : ndarray of shape (n_samples,)
        Index of the nearest entry to each block.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Iterations run.

    References
    ----------
    S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982.
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    A. Grønlund, K. Larsen, A. Mathiasen and J. Nielsen, "Fast exact k-means, k-medians and
    Bregman divergence clustering in 1D", arXiv:1701.07204, 2017 (single weights).

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> kmeans = KMeans(n_clusters=2).fit(blocks)
    >>> kmeans.labels_
    array([0, 0, 1, 1], dtype=int32)
    >>> kmeans.cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "exact": Flag(
            label=mark("Exact"),
            help=mark(
                "Blocks of 1x1: find the true optimum, and say by how much the default is above "
                "it. Takes longer with more than 65,536 weights."
            ),
        ),
        "max_iter": IntRange(
            1,
            1000,
            label=mark("Most iterations"),
            help=mark("Blocks larger than 1x1: Lloyd steps at most."),
        ),
        "tol": FloatRange(
            0.0,
            0.1,
            label=mark("Tolerance"),
            help=mark(
                "Blocks larger than 1x1: stop when a step lowers the error by less than this share."
            ),
        ),
        "momentum": FloatRange(
            0.0,
            0.99,
            label=mark("Momentum"),
            help=mark(
                "Blocks larger than 1x1: entries go on by this share of their last step. With 0 "
                "it is Lloyd's iteration as in textbooks, which takes several times as long."
            ),
        ),
    }

    title = mark("k-means")
    about = mark(
        "Every block goes to its nearest entry, every entry moves to the mean of its blocks, "
        "and the two steps repeat until nothing gets better. It minimises the very error that "
        "sharing weights makes, so it is the yardstick for all others."
    )
    formula = r"\min_{C}\;\sum_{i} w_i \min_{j} \lVert x_i - c_j \rVert^2"
    labels_are_nearest = True
    uses_blas = False
    takes_lane_weights = True
    introductory = True

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        exact: bool = False,
        max_iter: int = 100,
        tol: float = 1.5e-3,
        momentum: float = 0.9,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.exact = exact
        self.max_iter = max_iter
        self.tol = tol
        self.momentum = momentum
        self.random_state = random_state

    def _fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None
    ) -> Iterator[Progress]:
        if X.shape[1] > 1:
            yield from super()._fit_steps(X, sample_weight)
            return
        if sample_weight is not None:
            if np.shape(sample_weight) == X.shape:  # blocks of one lane
                sample_weight = np.ravel(sample_weight)
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        numbers = Numbers.of(X[:, 0], sample_weight)
        steps = fit_line_steps(numbers, self.n_clusters, X.dtype, exact=self.exact)
        fit = yield from phase(steps, 0, 0.95)
        self.cluster_centers_ = fit.centers[:, None]
        self.indices_, self.inertia_, self.noise_ = fit.indices, fit.inertia, None
        self.n_iter_, self.report_ = fit.report.n_iter, fit.report

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        seeding = seed_steps(blocks, n_clusters, random_state, TRIALS)
        seeds = yield from phase(seeding, 0, 0.2)
        steps = lloyd_steps(blocks, seeds, self.max_iter, self.tol, self.momentum)
        centers = yield from phase(steps, 0.2, 1)
        if blocks.values.dtype == np.float64:  # entries may yet be rounded to single precision
            return Outcome(centers=centers)
        rounded = centers.astype(blocks.values.dtype)
        served = Passes(blocks).serve(rounded)
        return Outcome(centers=rounded, labels=served.labels, inertia=served.inertia)
