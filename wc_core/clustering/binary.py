"""Binary weights: minus a scale or plus the scale."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._estimator import N_CLUSTERS
from wc_core.clustering._patterns import MAX_ITER, Lanes, PatternClusterer
from wc_core.params import Domain
from wc_core.words import mark


@CLUSTERERS.register("binary")
class Binary(PatternClusterer):
    """Weights of two values, -a and a: the sign, and the mean magnitude as scale.

    That scale has the least squared error of all. Blocks of several lanes take patterns of signs;
    the `n_clusters` that most blocks would take are kept, and there are 2^lanes at most. Notes and
    `detail` tell `scale`. With codebooks of int8 the entries are stored as -127 and 127. For a
    scale of each output channel, as in the paper, choose scales by channel.

    Parameters
    ----------
    n_clusters : int, default=16
        Patterns at most; single weights have two.
    max_iter : int, default=20
        Most iterations between scale and assignment.

    References
    ----------
    M. Rastegari, V. Ordonez, J. Redmon and A. Farhadi, "XNOR-Net: ImageNet classification using
    binary convolutional neural networks", ECCV 2016.

    Examples
    --------
    >>> blocks = np.array([[-1.5], [-0.5], [0.5], [1.5]])
    >>> Binary().fit(blocks).cluster_centers_.ravel()
    array([-1.,  1.])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "max_iter": MAX_ITER,
    }

    title = mark("Binary")
    about = mark(
        "Every weight keeps its sign and takes the mean magnitude of the layer: one bit a "
        "weight, and the coarsest codebook there is. Blocks use the patterns of signs that "
        "occur most. Without training afterwards, expect a large error."
    )
    formula = (
        r"\min_{a}\;\sum_{i} w_i \left(x_i - a\,\mathrm{sign}(x_i)\right)^2 "
        r"\;\Rightarrow\; a = \tfrac{\sum_i w_i |x_i|}{\sum_i w_i}"
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
        return 0.0

    def _patterns(self, values: NDArray[np.floating], threshold: float) -> NDArray[np.floating]:
        return np.where(values < 0, -1.0, 1.0)
