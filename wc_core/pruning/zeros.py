"""The zeros that are there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.recipe import BlockSpec
from wc_core.words import mark


@PRUNERS.register("zeros")
@dataclass(frozen=True)
class ZerosPruner(Pruner):
    """Keep as zero what is zero already, as in a model that was pruned before.

    Examples
    --------
    >>> ZerosPruner().mask(np.array([[0.0, 2.0], [-0.0, 0.1]]), 0.9, BlockSpec()).cells
    array([[False,  True],
           [False,  True]])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {}
    title: ClassVar[str] = mark("Zeros there are")
    about: ClassVar[str] = mark(
        "Prunes nothing more, but keeps exactly zero what is zero already: for models that were "
        "pruned before, whose zeros clustering alone would lose."
    )
    formula: ClassVar[str] = r"m_i = [\,w_i \neq 0\,]"
    takes_sparsity: ClassVar[bool] = False

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep what is not zero."""
        return Mask(np.ascontiguousarray(weight != 0).reshape(-1), (1, 1), weight.shape)
