"""Priors of mixtures of Gaussians, and what blocks make of them: the variational posterior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, multigammaln

from wc_core.clustering._gaussians import Components, Moments

MEAN_PRECISION = 0.01  # blocks that the prior of a mean is worth
LEAST_VARIANCE = 1e-6  # that a prior expects, in typical squared deviations


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
            concentration,
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
