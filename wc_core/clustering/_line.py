"""Numbers on a line, ready to be cut into runs: sorted, or counted in bins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._line_loops import count_bins

N_BINS = 1 << 16
FEW = 1 << 16  # numbers up to which sorting costs next to nothing
FAR = 64.0  # typical deviations from the middle beyond which every number is a point of its own
MOST_FAR = 1 << 14
_LOOK = 1 << 14  # numbers that are looked at for the middle and the typical deviation
_WIDE = 4.0  # typical deviations within which bins are about equally wide


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Points in rising order as running sums, from which the error of every run follows.

    A point is a number, or all numbers of one bin: a cut never goes through a bin.

    Parameters
    ----------
    weight, first, second : ndarray of float64, shape (n_points + 1,)
        Sums of w, w x and w x^2 from the middle to each place between points, negative below it.
        Both x and the sums count from the middle, so that squares keep their digits and an
        outlier takes none from the points nearer in.
    middle : float
    is_exact : bool
        Whether every distinct number is a point.
    """

    weight: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    middle: float
    is_exact: bool

    def __len__(self) -> int:
        return len(self.weight) - 1

    @classmethod
    def of(
        cls,
        values: NDArray[np.floating],
        weights: NDArray[np.float64],
        n_clusters: int,
        *,
        exact: bool = False,
    ) -> "Line":
        """Sort the numbers if they are few or have to be exact, else count them in bins.

        Parameters
        ----------
        values : ndarray of shape (n,)
        weights : ndarray of shape (n,)
            Positive.
        n_clusters : int
            Bins must leave a choice of where to cut.
        exact : bool
        """
        if exact or len(values) <= FEW or 16 * n_clusters > N_BINS:
            return cls._sorted(values, weights)
        return cls._binned(values, weights) or cls._sorted(values, weights)

    @classmethod
    def _sorted(cls, values: NDArray[np.floating], weights: NDArray[np.float64]) -> "Line":
        order = np.argsort(values, kind="stable")
        x, w = values[order].astype(np.float64), weights[order]
        starts = np.flatnonzero(np.concatenate([[True], x[1:] != x[:-1]]))
        x, w = x[starts], np.add.reduceat(w, starts)
        middle = float(x[np.searchsorted(np.cumsum(w), w.sum() / 2)])
        x -= middle
        return cls._summed(np.stack([w, w * x, w * x * x]), x, middle, is_exact=True)

    @classmethod
    def _binned(cls, values: NDArray[np.floating], weights: NDArray[np.float64]) -> "Line | None":
        """Count in bins that grow wider with the distance from the middle; None if that fails."""
        look = values[:: -(-len(values) // _LOOK)].astype(np.float64)
        middle = float(np.median(look))
        unit = float(np.mean(np.abs(look - middle)))
        if not unit > 0:
            return None
        sums = np.zeros((3, N_BINS))
        far = np.empty(MOST_FAR, dtype=np.intp)
        n_far = count_bins(values, weights, middle, 1 / (_WIDE * unit), FAR / _WIDE, sums, far)
        if n_far > MOST_FAR:
            return None
        rows = far[:n_far]
        x, w = values[rows].astype(np.float64) - middle, weights[rows]
        order = np.argsort(x, kind="stable")
        x, w = x[order], w[order]
        outside = np.stack([w, w * x, w * x * x])
        n_below = int(np.searchsorted(x, 0.0))
        inside = sums[:, sums[0] > 0]
        points = np.concatenate([outside[:, :n_below], inside, outside[:, n_below:]], axis=1)
        return cls._summed(points, points[1], middle, is_exact=False)

    @classmethod
    def _summed(
        cls,
        points: NDArray[np.float64],
        sides: NDArray[np.float64],
        middle: float,
        *,
        is_exact: bool,
    ) -> "Line":
        """Add up w, w x and w x^2 of the points from the middle outwards."""
        n_below = int(np.argmax(np.append(sides, 1.0) >= 0))
        running = np.zeros((3, points.shape[1] + 1))
        running[:, :n_below] = -np.cumsum(points[:, :n_below][:, ::-1], axis=1)[:, ::-1]
        running[:, n_below + 1 :] = np.cumsum(points[:, n_below:], axis=1)
        return cls(running[0], running[1], running[2], middle, is_exact)

    def cost(self, bounds: NDArray[np.intp]) -> float:
        """Return the squared error of all runs between neighbouring bounds around their means."""
        w, x, xx = (np.diff(sums[bounds]) for sums in (self.weight, self.first, self.second))
        return float(np.maximum(xx - x * x / w, 0.0).sum())

    def means(self, bounds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the mean of each run between neighbouring bounds, in rising order."""
        means: NDArray[np.float64] = np.diff(self.first[bounds]) / np.diff(self.weight[bounds])
        return means + self.middle
