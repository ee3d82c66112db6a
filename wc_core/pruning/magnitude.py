"""The smallest weights of each layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.pruning._cells import smallest_cells
from wc_core.recipe import BlockSpec
from wc_core.words import mark


@PRUNERS.register("magnitude")
@dataclass(frozen=True)
class MagnitudePruner(Pruner):
    """Prune the weights of smallest magnitude, the same share of every layer.

    References
    ----------
    S. Han, J. Pool, J. Tran, W. Dally, "Learning both Weights and Connections for Efficient
    Neural Networks", NeurIPS 2015.

    Examples
    --------
    >>> weight = np.array([[3.0, -1.0], [1.0, 0.5]], dtype=np.float32)
    >>> MagnitudePruner().mask(weight, 0.5, BlockSpec()).cells
    array([[ True, False],
           [ True, False]])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {}
    title: ClassVar[str] = mark("Magnitude")
    about: ClassVar[str] = mark(
        "Sets the smallest weights of each layer to zero. Zeros lie anywhere, so that their "
        "positions must be stored."
    )
    formula: ClassVar[str] = r"m_i = [\,|w_i| > t\,],\quad \textstyle\sum_i (1 - m_i) = s\,n"

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep the largest weights."""
        return smallest_cells(weight, (1, 1), sparsity)
