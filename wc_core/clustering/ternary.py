"""Ternary weights: minus a scale, nothing, or plus the scale."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._estimator import N_CLUSTERS
from wc_core.clustering._line import Lines
from wc_core.clustering._patterns import MAX_ITER, Lanes, PatternClusterer
from wc_core.params import Domain
from wc_core.words import mark

FINE = 512  # entries for which numbers are counted in bins


@CLUSTERERS.register("ternary")
class Ternary(PatternClusterer):
    """Weights of three values, -a, 0 and a, with the threshold of least squared error.

    For a threshold t the best scale a is the mean magnitude of the numbers above t, and with
    that scale the squared error falls by (sum of their magnitudes)^2 / their number: magnitudes
    are sorted, or counted in bins, and the best of all thresholds is taken. Li, Zhang and Liu
    take 0.7 times the mean magnitude instead, which is close to it for numbers of a bell curve.

    Blocks of several lanes take patterns of the three values; the `n_clusters` that most blocks
    would take are kept, and there are 3^lanes at most. Notes and `detail` tell `scale` and
    `threshold`. With codebooks of int8 the entries are stored as -127, 0 and 127.

    Parameters
    ----------
    n_clusters : int, default=16
        Patterns at most; single weights have three.
    max_iter : int, default=20
        Most iterations between scale and assignment.

    References
    ----------
    F. Li, B. Zhang and B. Liu, "Ternary weight networks", arXiv:1605.04711, 2016.

    Examples
    --------
    >>> blocks = np.array([[-1.1], [-0.9], [0.1], [0.0], [1.0]])
    >>> Ternary().fit(blocks).cluster_centers_.ravel()
    array([-1.,  0.,  1.])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "max_iter": MAX_ITER,
    }

    title = mark("Ternary")
    about = mark(
        "Every weight becomes minus a scale, zero, or plus the scale: two bits a weight, fewer "
        "once coded. Threshold and scale are those of least squared error. Blocks use the "
        "patterns of the three values that occur most."
    )
    formula = (
        r"\min_{a,\,t}\;\sum_{i} w_i \left(x_i - a\,t_i\right)^2, \quad t_i \in \{-1, 0, 1\}, "
        r"\quad a = \tfrac{\sum_{|x_i| > \Delta} w_i |x_i|}{\sum_{|x_i| > \Delta} w_i}"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        max_iter: int = 20,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_iter = max_iter

    def _threshold(self, lanes: Lanes) -> float:
        counting = lanes.weights > 0
        weights = lanes.weights[counting]
        alike = bool((weights == weights[0]).all())
        lines = Lines(np.abs(lanes.values[counting]), None if alike else weights)
        line = lines.binned(FINE) or lines.sorted
        left = line.sums[-1] - line.sums[:-1]  # from each point on
        gains = np.square(left[:, 1] + line.middle * left[:, 0]) / left[:, 0]
        best = int(gains.argmax())
        if best == 0:
            return 0.0
        below, above = line.means(np.array([best - 1, best, best + 1]))
        return float(below + above) / 2

    def _patterns(self, values: NDArray[np.floating], threshold: float) -> NDArray[np.floating]:
        patterns: NDArray[np.floating] = np.sign(values) * (np.abs(values) > threshold)
        return patterns
