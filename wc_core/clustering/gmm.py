"""Mixture of Gaussians, fitted by expectation and maximisation."""

from collections.abc import Generator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._gaussians import COVARIANCES, Components, Moments
from wc_core.clustering._mixture import Fitting, Learner, mixture_steps
from wc_core.params import Choice, Domain, FloatRange, IntRange
from wc_core.progress import Progress
from wc_core.words import mark, ngettext

COVARIANCE = Choice(
    COVARIANCES,
    label=mark("Covariance"),
    help=mark(
        "Shape of a component: an ellipsoid along the lanes, a ball, or an ellipsoid in any "
        "direction, which costs most."
    ),
)
TOL = FloatRange(
    0.0,
    1.0,
    label=mark("Tolerance"),
    help=mark("Stop when an iteration raises the log-likelihood of a weight by less than this."),
)


@CLUSTERERS.register("gmm")
class GaussianMixture(BlockClusterer):
    """Mixture of Gaussians: each block goes to the component that most likely made it.

    Expectation and maximisation start from k-means and weigh every block by its
    sample weight. Variances are kept above a floor, so that no component shrinks
    to a point and the likelihood never falls. Masked lanes are filled from the
    most alike whole block. An entry is the mean of the blocks for which its
    component is the likeliest; a component that is so for none gives no entry.

    Parameters
    ----------
    n_clusters : int, default=16
        Components; clamped to the number of distinct blocks.
    covariance : {"diagonal", "spherical", "full"}, default="diagonal"
        Shape of the components.
    max_iter : int, default=100
        Most iterations.
    tol : float, default=1e-4
        Stop when an iteration raises the mean log-likelihood by less than this
        for each lane of a block, in nats.
    reg : float, default=1e-6
        Least variance of a component in any direction, as a share of the median
        squared deviation of the weights.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds k-means.

    References
    ----------
    A. Dempster, N. Laird and D. Rubin, "Maximum likelihood from incomplete data via the EM
    algorithm", J. R. Stat. Soc. B 39(1), 1977.
    S. Ingrassia and R. Rocci, "Constrained monotone EM algorithms for finite mixture of
    multivariate Gaussians", Comput. Stat. Data Anal. 51(11), 2007 (the floor).

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> GaussianMixture(n_clusters=2).fit(blocks).labels_
    array([0, 0, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "covariance": COVARIANCE,
        "max_iter": IntRange(
            1, 1000, label=mark("Most iterations"), help=mark("Passes over the blocks at most.")
        ),
        "tol": TOL,
        "reg": FloatRange(
            1e-9,
            1.0,
            label=mark("Least variance"),
            help=mark(
                "No component gets narrower than this share of the weights' typical squared "
                "deviation."
            ),
        ),
        "polish": POLISH,
    }

    title = mark("Gaussian mixture")
    about = mark(
        "The blocks are taken for draws from several Gaussians, whose weights, means and widths "
        "are made as likely as possible. Each block then goes to the Gaussian that most likely "
        "made it. Wide components take in what narrow ones leave, so the entry is often not the "
        "nearest: as a codebook it loses to k-means, as a picture of the weights it says more."
    )
    formula = r"\max_{\pi,\mu,\Sigma}\;\sum_i w_i \log \sum_j \pi_j\,\mathcal N(x_i;\mu_j,\Sigma_j)"
    introductory = True

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        covariance: str = "diagonal",
        max_iter: int = 100,
        tol: float = 1e-4,
        reg: float = 1e-6,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance = covariance
        self.max_iter = max_iter
        self.tol = tol
        self.reg = reg
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        fitting = Fitting(self.covariance, self.max_iter, self.tol)
        learner = Learner(partial(likeliest, reg=self.reg))
        labels = yield from mixture_steps(
            blocks, n_clusters, random_state, fitting, begin=lambda _moments: learner
        )
        return Outcome(labels=labels, notes=_idle(n_clusters - len(np.unique(labels))))


def likeliest(moments: Moments, reg: float) -> Components:
    """Return the components under which blocks with these moments are likeliest.

    No variance, in any direction, is less than `reg`.
    """
    shares = moments.mass / moments.mass.sum()
    scores = np.log(np.maximum(shares, np.finfo(float).tiny))
    return Components(scores, moments.means, _raised(moments.covariances, reg), shares)


def _raised(covariances: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """Raise variances to the floor: of all that keep it, these are the likeliest."""
    if covariances.ndim == 2:
        return np.maximum(covariances, floor)
    values, directions = np.linalg.eigh(covariances)
    raised: NDArray[np.float64] = np.maximum(values, floor)
    return np.asarray(np.einsum("kij,kj,klj->kil", directions, raised, directions))


def _idle(n: int) -> tuple[str, ...]:
    if n <= 0:
        return ()
    return (
        ngettext(
            "{n} component is the likeliest of no block and gives no entry",
            "{n} components are the likeliest of no block and give no entry",
            n,
        ).format(n=n),
    )
