"""Mixture of Gaussians that finds out how many components it needs, by variational Bayes."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, multigammaln

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._mixture import Components, Fitting, Learner, Moments, mixture_steps
from wc_core.clustering.gmm import COVARIANCE, TOL
from wc_core.params import Domain, Flag, FloatRange, IntRange
from wc_core.progress import Progress
from wc_core.words import _, mark

MEAN_PRECISION = 0.01  # blocks that the prior of a mean is worth
LEAST_VARIANCE = 1e-6  # that a prior expects, in typical squared deviations


@CLUSTERERS.register("bayesian_gmm")
class BayesianGaussianMixture(BlockClusterer):
    """Mixture of Gaussians with priors: components that the blocks do not need vanish.

    Variational Bayes with a symmetric Dirichlet prior on the weights, which tends
    to a Dirichlet process as `n_clusters` grows, and Gauss-gamma (diagonal and
    spherical) or Gauss-Wishart (full) priors on the components. The priors are
    worth a few blocks each and expect components as wide as the clusters of the
    k-means that it starts from. Masked lanes are filled from the most alike whole
    block. Sample weights count as repetitions; below one on average, as shares of
    as many blocks as there are. An entry is the mean of the blocks for which its
    component is the likeliest.

    Parameters
    ----------
    n_clusters : int, default=16
        Components to begin with, the most there can be.
    covariance : {"diagonal", "spherical", "full"}, default="diagonal"
        Shape of the components.
    max_iter : int, default=100
        Most iterations.
    tol : float, default=1e-5
        Stop when an iteration raises the evidence bound by less than this for
        each lane of a block, in nats, and no component vanished.
    weight_concentration : float, default=1.0
        Parameter of the Dirichlet prior, summed over the components.
    prune_below : float, default=0.01
        Components whose share of the blocks falls below this part of an even
        share, 1 / n_clusters, vanish.
    merge : bool, default=True
        Whether every few iterations pairs of components become one where that
        raises the evidence bound.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds k-means.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Codebook entries; sorted when there is one feature.
    labels_ : ndarray of shape (n_samples,)
        Entry of each block.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Iterations run.

    References
    ----------
    C. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 10.2.
    D. Blei and M. Jordan, "Variational inference for Dirichlet process mixtures",
    Bayesian Anal. 1(1), 2006.
    M. Hughes and E. Sudderth, "Memoized online variational inference for Dirichlet process
    mixture models", NeurIPS 2013 (merging).
    H. Ishwaran and M. Zarepour, "Exact and approximate sum representations for the
    Dirichlet process", Can. J. Stat. 30(2), 2002.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> blocks = np.repeat([[0.0], [9.0]], 200, axis=0) + rng.normal(size=(400, 1))
    >>> len(BayesianGaussianMixture(n_clusters=8, random_state=0).fit(blocks).cluster_centers_)
    2
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "covariance": COVARIANCE,
        "max_iter": IntRange(
            1, 1000, label=mark("Most iterations"), help=mark("Passes over the blocks at most.")
        ),
        "tol": TOL,
        "weight_concentration": FloatRange(
            1e-6,
            1e6,
            label=mark("Weight concentration"),
            help=mark("Small values let components vanish, large ones keep all of them alike."),
        ),
        "prune_below": FloatRange(
            0.0,
            0.9,
            label=mark("Prune below"),
            help=mark(
                "Components with fewer blocks than this part of an even share vanish: with 16 "
                "clusters, 0.5 stands for one block in 32."
            ),
        ),
        "merge": Flag(
            label=mark("Merge pairs"),
            help=mark(
                "Two components become one where the evidence says so. Without it they only "
                "fade, which takes hundreds of iterations on large layers, and more are left."
            ),
        ),
        "polish": POLISH,
    }

    title = mark("Bayesian Gaussian mixture")
    about = mark(
        "A Gaussian mixture whose weights, means and widths are uncertain and have priors. "
        "Evidence decides how many Gaussians are needed: components that explain too few blocks "
        "fade and vanish, so that the codebook may come out smaller than asked for."
    )
    formula = (
        r"\max_q\; \mathbb E_q[\log p(x,z,\pi,\mu,\Lambda)] - \mathbb E_q[\log q],\quad "
        r"\pi \sim \mathrm{Dir}(\alpha/k)"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        covariance: str = "diagonal",
        max_iter: int = 100,
        tol: float = 1e-5,
        weight_concentration: float = 1.0,
        prune_below: float = 0.01,
        merge: bool = True,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance = covariance
        self.max_iter = max_iter
        self.tol = tol
        self.weight_concentration = weight_concentration
        self.prune_below = prune_below
        self.merge = merge
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        prune = self.prune_below / n_clusters
        fitting = Fitting(self.covariance, self.max_iter, self.tol, prune)

        def begin(moments: Moments) -> Learner:
            prior = Prior.of(moments, self.covariance, self.weight_concentration)
            marginal = partial(evidence, prior=prior) if self.merge else None
            return Learner(partial(posterior, prior=prior), marginal)

        repeated = _as_repetitions(blocks)
        labels = yield from mixture_steps(repeated, n_clusters, random_state, fitting, begin)
        return Outcome(labels=labels, notes=_kept(len(np.unique(labels)), n_clusters))


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is believed of the components before any block is seen.

    Parameters
    ----------
    n_components : int
        Those that vanished included.
    covariance : str
        Shape of the components.
    concentration : float
        Blocks that the prior of the weights adds to each component.
    mean : ndarray of shape (block_size,)
    mean_precision : float
        Blocks that the prior of the means is worth.
    degrees : float
        Blocks that the prior of the covariances is worth.
    scatter : ndarray of shape (block_size,)
        Variance by lane that it expects, times `degrees`.
    """

    n_components: int
    covariance: str
    concentration: float
    mean: NDArray[np.float64]
    mean_precision: float
    degrees: float
    scatter: NDArray[np.float64]

    @classmethod
    def of(cls, moments: Moments, covariance: str, concentration: float) -> "Prior":
        """Expect components around the origin, as wide as the first clusters."""
        k, d = moments.means.shape
        expected = np.maximum(moments.within(), LEAST_VARIANCE)
        return cls(
            k,
            covariance,
            concentration / k,
            np.zeros(d),
            MEAN_PRECISION,
            float(d),
            d * expected,
        )


def posterior(moments: Moments, prior: Prior) -> Components:
    """Return the components that follow from the moments (Bishop, 10.58-10.66).

    Their penalty is the divergence of all posteriors from their priors.
    """
    d = moments.means.shape[1]
    precision = prior.mean_precision + moments.mass
    degrees = prior.degrees + moments.mass
    alpha = prior.concentration + moments.mass
    pull = (moments.mass / precision)[:, None]
    means = prior.mean + pull * (moments.means - prior.mean)
    scatter = _scatter(moments, prior)
    covariances = scatter / degrees.reshape(-1, *[1] * (scatter.ndim - 1))
    vague = _log_det_bias(degrees, d, prior.covariance) - d / precision
    everything = alpha.sum() + (prior.n_components - len(alpha)) * prior.concentration
    scores = digamma(alpha) - digamma(everything) + 0.5 * vague
    penalty = (
        _dirichlet_divergence(alpha, everything, prior)
        + _mean_divergence(means, covariances, precision, prior)
        + _covariance_divergence(scatter, degrees, prior)
    )
    return Components(scores, means, covariances, moments.mass / moments.mass.sum(), penalty)


def evidence(moments: Moments, prior: Prior) -> NDArray[np.float64]:
    """Return the log marginal likelihood of each component's blocks, (k,).

    Up to a part that is the same however the blocks are shared out.
    """
    d = moments.means.shape[1]
    alpha = prior.concentration + moments.mass
    precision = prior.mean_precision + moments.mass
    degrees = prior.degrees + moments.mass
    scatter = _scatter(moments, prior)
    if prior.covariance == "full":
        ratio = np.linalg.slogdet(scatter)[1] - np.log(prior.scatter).sum()
        shape = _log_gamma_ratio(degrees, prior.degrees, d)
    elif prior.covariance == "diagonal":
        ratio = np.log(scatter / prior.scatter).sum(axis=1)
        shape = d * _log_gamma_ratio(degrees, prior.degrees, 1)
    else:
        ratio = d * np.log(scatter[:, 0] / prior.scatter.mean())
        shape = _log_gamma_ratio(d * degrees, d * prior.degrees, 1)
    weight = gammaln(alpha) - gammaln(prior.concentration)
    mean = -0.5 * d * np.log(precision / prior.mean_precision)
    return np.asarray(weight + mean + shape - 0.5 * degrees * ratio)


def _log_gamma_ratio(degrees: NDArray[np.float64], before: float, d: int) -> NDArray[np.float64]:
    return np.asarray(multigammaln(degrees / 2, d) - multigammaln(before / 2, d))


def _scatter(moments: Moments, prior: Prior) -> NDArray[np.float64]:
    """Return summed squares around the posterior means, with those of the prior."""
    gap = moments.means - prior.mean
    pull = prior.mean_precision * moments.mass / (prior.mean_precision + moments.mass)
    if prior.covariance == "full":
        spread = _positive(moments.covariances)
        seen = moments.mass[:, None, None] * spread
        moved = pull[:, None, None] * gap[:, :, None] * gap[:, None, :]
        return np.asarray(np.diag(prior.scatter) + seen + moved)
    spread = np.maximum(moments.covariances, 0)
    scatter = prior.scatter + moments.mass[:, None] * spread + pull[:, None] * gap**2
    if prior.covariance == "spherical":
        scatter = np.repeat(scatter.mean(axis=1, keepdims=True), scatter.shape[1], axis=1)
    return np.asarray(scatter)


def _positive(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop negative directions: they are rounding."""
    values, directions = np.linalg.eigh(covariances)
    kept = np.maximum(values, 0)
    return np.asarray(np.einsum("kij,kj,klj->kil", directions, kept, directions))


def _log_det_bias(degrees: NDArray[np.float64], d: int, covariance: str) -> NDArray[np.float64]:
    """Return how far the expected log-determinant of a precision is off that of its mean."""
    if covariance == "full":
        return np.asarray(_multi_digamma(degrees / 2, d) - d * np.log(degrees / 2))
    each = degrees / 2 * (d if covariance == "spherical" else 1)
    return np.asarray(d * (digamma(each) - np.log(each)))


def _multi_digamma(a: NDArray[np.float64], d: int) -> NDArray[np.float64]:
    return np.asarray(digamma(a[:, None] - np.arange(d) / 2).sum(axis=1))


def _dirichlet_divergence(alpha: NDArray[np.float64], everything: float, prior: Prior) -> float:
    """Compare weights; components that vanished are back at their prior and add nothing."""
    a0 = prior.concentration
    constant = gammaln(everything) - gammaln(prior.n_components * a0)
    slopes = (alpha - a0) * (digamma(alpha) - digamma(everything))
    return float(constant + (gammaln(a0) - gammaln(alpha) + slopes).sum())


def _mean_divergence(
    means: NDArray[np.float64],
    covariances: NDArray[np.float64],
    precision: NDArray[np.float64],
    prior: Prior,
) -> float:
    gap = means - prior.mean
    if covariances.ndim == 3:
        solved = np.linalg.solve(covariances, gap[:, :, None])[:, :, 0]
    else:
        solved = gap / covariances
    ratio = prior.mean_precision / precision
    each = gap.shape[1] * (ratio - np.log(ratio) - 1)
    return float(0.5 * (each + prior.mean_precision * (gap * solved).sum(axis=1)).sum())


def _covariance_divergence(
    scatter: NDArray[np.float64], degrees: NDArray[np.float64], prior: Prior
) -> float:
    """Compare Wishart distributions; gamma distributions are those of one dimension."""
    d = scatter.shape[1]
    if prior.covariance == "full":
        log_det = np.linalg.slogdet(scatter)[1] - np.log(prior.scatter).sum()
        trace = np.einsum("kii,i->k", np.linalg.inv(scatter), prior.scatter)
        return _wishart(degrees, prior.degrees, log_det, trace, d)
    if prior.covariance == "diagonal":
        ratio = prior.scatter / scatter
        repeated = np.repeat(degrees, d)
        return _wishart(repeated, prior.degrees, -np.log(ratio).ravel(), ratio.ravel(), 1)
    ratio = prior.scatter.mean() / scatter[:, 0]
    return _wishart(d * degrees, d * prior.degrees, -np.log(ratio), ratio, 1)


def _wishart(
    degrees: NDArray[np.float64],
    before: float,
    log_det: NDArray[np.float64],
    trace: NDArray[np.float64],
    d: int,
) -> float:
    """Sum divergences, given log-determinant and trace of the scatters' ratio."""
    shape = multigammaln(before / 2, d) - multigammaln(degrees / 2, d)
    slope = (degrees - before) / 2 * _multi_digamma(degrees / 2, d)
    each = before / 2 * log_det + degrees / 2 * (trace - d) + shape + slope
    return float(each.sum())


def _as_repetitions(blocks: MaskedBlocks) -> MaskedBlocks:
    """Scale small weights up: the priors are worth blocks, and so must the blocks be."""
    factor = max(1.0, len(blocks) / float(blocks.weights.sum()))
    return MaskedBlocks(blocks.values, blocks.weights * factor, blocks.ragged, blocks.observed)


def _kept(n: int, n_clusters: int) -> tuple[str, ...]:
    if n == n_clusters:
        return ()
    return (_("kept {n} of {k} components").format(n=n, k=n_clusters),)
