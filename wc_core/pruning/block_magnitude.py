"""Whole blocks whose weights are small."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain, IntRange
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.pruning._cells import smallest_cells
from wc_core.recipe import BlockSpec
from wc_core.words import mark


@PRUNERS.register("block_magnitude")
@dataclass(frozen=True)
class BlockMagnitudePruner(Pruner):
    """Prune whole blocks of the weight matrix, those of smallest norm first.

    Parameters
    ----------
    rows, cols : int
        Sides of a pruned block; 0 takes those of the blocks that are clustered, so that a
        pruned block needs no index.

    References
    ----------
    S. Narang, E. Undersander, G. Diamos, "Block-Sparse Recurrent Neural Networks", 2017.

    Examples
    --------
    >>> weight = np.array([[3.0, -1.0, 1.0, 0.5]], dtype=np.float32)
    >>> BlockMagnitudePruner().mask(weight, 0.5, BlockSpec(1, 2)).cells
    array([[ True, False]])
    """

    rows: int = 0
    cols: int = 0

    param_space: ClassVar[Mapping[str, Domain]] = {
        "rows": IntRange(
            0,
            4096,
            label=mark("Rows of a pruned block"),
            help=mark("0: those of the blocks that are clustered."),
        ),
        "cols": IntRange(
            0,
            4096,
            label=mark("Columns of a pruned block"),
            help=mark("0: those of the blocks that are clustered."),
        ),
    }
    title: ClassVar[str] = mark("Block magnitude")
    about: ClassVar[str] = mark(
        "Sets whole blocks of the weight matrix to zero, those of smallest norm first. One bit "
        "a block says which, and a pruned block needs no index."
    )
    formula: ClassVar[str] = r"m_b = [\,\lVert W_b \rVert_2 / \sqrt{n_b} > t\,]"

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep the blocks of largest norm."""
        return smallest_cells(weight, (self.rows or block.rows, self.cols or block.cols), sparsity)
