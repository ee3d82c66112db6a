"""Every number of clusters on one layer of single weights, from one preparation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wc_core.clustering._estimator import N_CLUSTERS
from wc_core.clustering._line_fit import Numbers, numbers_of
from wc_core.clustering._scalar import solve
from wc_core.params import check_value

_MANY = 256  # entries that the bins, which are counted first, are fine enough for


@dataclass(frozen=True, slots=True, eq=False)
class ScalarFit:
    """The best codebook of one size.

    Parameters
    ----------
    centers : ndarray of float32, shape (n_entries,)
        In rising order.
    counts : ndarray of int64, shape (n_entries,)
        How many numbers each of them stands for.
    inertia : float
        Weighted squared error.
    is_exact : bool
        Whether there is none better; else at most a thousandth is lost to bins.
    """

    centers: NDArray[np.float32]
    counts: NDArray[np.int64]
    inertia: float
    is_exact: bool


class ScalarSweep:
    """Single weights, prepared once to be clustered into any number of clusters in milliseconds.

    The codebooks are those of `CLUSTERERS["kmeans"]`, up to what bins of other widths change.

    Parameters
    ----------
    values : array-like
        Taken one by one, whatever the shape; NaN marks masked ones, which count for nothing.
    sample_weight : array-like of the same shape, optional
        How much each number's squared error counts.

    Raises
    ------
    ConfigError
        If there are no numbers, or infinite ones, or weights that do not fit to them.

    Examples
    --------
    >>> sweep = ScalarSweep(np.array([0.0, 0.2, 5.0, 5.2]))
    >>> fit = sweep.fit(2)
    >>> fit.centers, fit.counts
    (array([0.1, 5.1], dtype=float32), array([2, 2]))
    >>> sweep.indices(fit)
    array([0, 0, 1, 1], dtype=uint8)
    """

    def __init__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self._numbers: Numbers = numbers_of(values, sample_weight)
        self._lines = self._numbers.lines()
        self._lines.binned(_MANY)

    def fit(self, n_clusters: int) -> ScalarFit:
        """Return the best codebook of so many entries; of fewer if there are fewer numbers.

        Raises
        ------
        ConfigError
            If that is no number of clusters.
        """
        check_value("ScalarSweep", "n_clusters", n_clusters, N_CLUSTERS)
        solved = solve(self._lines, n_clusters)
        centers = solved.centers.astype(np.float32)
        if self._numbers.weights is None:
            counts = np.rint(solved.weights).astype(np.int64)
        else:
            counts = np.bincount(self._numbers.indices(centers), minlength=len(centers))
        inertia = solved.inertia * self._numbers.unit
        return ScalarFit(centers, counts, inertia, solved.gap is not None)

    def indices(self, fit: ScalarFit) -> NDArray[np.unsignedinteger]:
        """Return the entry of every number, in the smallest type that holds them all.

        Masked numbers get the one that is nearest to zero.
        """
        return self._numbers.indices(fit.centers)
