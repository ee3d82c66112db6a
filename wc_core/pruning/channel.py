"""Whole output channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.pruning._cells import smallest_cells
from wc_core.recipe import BlockSpec
from wc_core.words import mark


@PRUNERS.register("channel")
@dataclass(frozen=True)
class ChannelPruner(Pruner):
    """Prune whole output channels (rows of the weight matrix), those of smallest norm first.

    References
    ----------
    H. Li, A. Kadav, I. Durdanovic, H. Samet, H. P. Graf, "Pruning Filters for Efficient
    ConvNets", ICLR 2017.

    Examples
    --------
    >>> weight = np.array([[3.0, 1.0], [1.0, -1.0]], dtype=np.float32)
    >>> ChannelPruner().mask(weight, 0.5, BlockSpec()).kept
    array([ True, False])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {}
    title: ClassVar[str] = mark("Channels")
    about: ClassVar[str] = mark(
        "Sets whole output channels to zero, those of smallest norm first. Their positions cost "
        "next to nothing, but the network loses whole features."
    )
    formula: ClassVar[str] = r"m_r = [\,\lVert W_r \rVert_2 > t\,]"

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep the channels of largest norm."""
        return smallest_cells(weight, (1, prod(weight.shape[1:])), sparsity)
