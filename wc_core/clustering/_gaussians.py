"""Gaussians on weighted blocks: their densities, and the sums that they are made of.

A Gaussian's log-density is linear in the features (1, x, x x'), and the same features,
summed by responsibility, are all that the next Gaussians are made of.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, tiles

COVARIANCES = ("diagonal", "spherical", "full")
TILE = 1 << 16  # numbers in a tile of responsibilities: it stays in cache


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Gaussians as the expectation needs them.

    Parameters
    ----------
    scores : ndarray of shape (k,)
        Added to each log-density: the logarithm of its weight, or what is expected of it.
    means : ndarray of shape (k, block_size)
    covariances : ndarray of shape (k, block_size) or (k, block_size, block_size)
        Variances by lane, or full matrices.
    shares : ndarray of shape (k,)
        Weight of each component; they sum to 1.
    penalty : float
        What is taken off the log-likelihood to get the objective.
    """

    scores: NDArray[np.float64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]
    shares: NDArray[np.float64]
    penalty: float = 0.0

    def __len__(self) -> int:
        return len(self.means)

    @property
    def is_full(self) -> bool:
        """Whether lanes vary together."""
        return self.covariances.ndim == 3

    def take(self, rows: NDArray[np.intp]) -> "Components":
        """Return some of the components."""
        return Components(
            self.scores[rows],
            self.means[rows],
            self.covariances[rows],
            self.shares[rows],
            self.penalty,
        )

    def coefficients(self) -> NDArray[np.float64]:
        """Return what the log-density is in terms of the features, (k, n_features)."""
        d = self.means.shape[1]
        if self.is_full:
            inverse = np.linalg.inv(self.covariances)
            log_det = np.linalg.slogdet(self.covariances)[1]
            linear = np.einsum("kij,kj->ki", inverse, self.means)
            i, j = np.triu_indices(d)
            square = np.where(i == j, -0.5, -1.0) * inverse[:, i, j]
        else:
            inverse = 1 / self.covariances
            log_det = np.log(self.covariances).sum(axis=1)
            linear = inverse * self.means
            square = -0.5 * inverse
        at_zero = d * np.log(2 * np.pi) + log_det + (linear * self.means).sum(axis=1)
        return np.hstack([(self.scores - 0.5 * at_zero)[:, None], linear, square])


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Blocks as their components see them.

    Parameters
    ----------
    mass : ndarray of shape (k,)
        Summed weight of the blocks of each component.
    means : ndarray of shape (k, block_size)
    covariances : ndarray of shape (k, block_size) or (k, block_size, block_size)
        Around those means. Spherical ones have the same variance in all lanes.
    """

    mass: NDArray[np.float64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]

    @classmethod
    def from_sums(cls, sums: NDArray[np.float64], d: int, covariance: str) -> Self:
        """Read summed features, (k, n_features)."""
        mass = sums[:, 0]
        averages = sums[:, 1:] / np.maximum(mass, np.finfo(float).tiny)[:, None]
        means, squares = averages[:, :d], averages[:, d:]
        if covariance == "full":
            i, j = np.triu_indices(d)
            spread = np.empty((len(mass), d, d))
            spread[:, i, j] = spread[:, j, i] = squares - means[:, i] * means[:, j]
            return cls(mass, means, spread)
        spread = squares - means**2
        if covariance == "spherical":
            spread = np.repeat(spread.mean(axis=1, keepdims=True), d, axis=1)
        return cls(mass, means, spread)

    def within(self) -> NDArray[np.float64]:
        """Return the variance inside the components by lane, (block_size,)."""
        full = self.covariances.ndim == 3
        variances = np.einsum("kii->ki", self.covariances) if full else self.covariances
        within: NDArray[np.float64] = self.mass @ variances / self.mass.sum()
        return within


def hard_moments(points: MaskedBlocks, labels: NDArray[np.integer], covariance: str) -> Moments:
    """Return the moments of clusters."""
    k, d = int(labels.max()) + 1, points.values.shape[1]
    n_features = features(points.values[:1], covariance == "full").shape[1]
    sums = np.zeros((k, n_features))
    for tile in tiles(len(points), rows_per_tile(sums)):
        seen = features(points.values[tile], covariance == "full")
        belongs = np.zeros((len(seen), k))
        belongs[np.arange(len(seen)), labels[tile]] = points.weights[tile]
        sums += belongs.T @ seen
    return Moments.from_sums(sums, d, covariance)


def features(values: NDArray[np.floating], is_full: bool) -> NDArray[np.float64]:
    x = values.astype(np.float64)
    ones = np.ones((len(x), 1))
    if not is_full:
        return np.hstack([ones, x, x * x])
    i, j = np.triu_indices(x.shape[1])
    return np.hstack([ones, x, x[:, i] * x[:, j]])


def rows_per_tile(table: NDArray[np.float64]) -> int:
    widest: int = max(table.shape)
    return max(64, TILE // widest)
