"""N of every M neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel
from wc_core.errors import ConfigError
from wc_core.masks import Mask
from wc_core.params import Domain, IntRange
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.recipe import BlockSpec
from wc_core.words import _, mark


@PRUNERS.register("n_m")
@dataclass(frozen=True)
class NOfMPruner(Pruner):
    """Keep the n largest of every m neighbours along the input dimension.

    Neighbours are the same place of a kernel in m input channels that follow one another, as
    processors with sparse units want them; of 2:4 these run at twice the speed. Where channels
    end, the last group has fewer, and keeps up to n of them.

    Parameters
    ----------
    n : int
        Kept of each group.
    m : int
        Neighbours in a group.

    Raises
    ------
    ConfigError
        If more are to be kept than there are.

    References
    ----------
    A. Mishra et al., "Accelerating Sparse Deep Neural Networks", 2021.

    Examples
    --------
    >>> weight = np.array([[3.0, -1.0, 1.0, 0.5, 0.2]], dtype=np.float32)
    >>> NOfMPruner(n=1, m=2).mask(weight, 0.0, BlockSpec()).cells
    array([[ True, False,  True, False,  True]])
    """

    n: int = 2
    m: int = 4

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n": IntRange(1, 64, label=mark("N, kept of each group")),
        "m": IntRange(1, 64, label=mark("M, neighbours in a group")),
    }
    title: ClassVar[str] = mark("N:M")
    about: ClassVar[str] = mark(
        "Keeps the n largest of every m weights that follow one another along the input, as in "
        "2:4, which some processors run faster. The share pruned is 1 - n / m."
    )
    formula: ClassVar[str] = r"\textstyle\sum_{i \in g} m_i = n \text{ for each group } g, |g| = m"
    takes_sparsity: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.n > self.m:
            msg = _("n_m keeps n of m neighbours, so n is at most m; got n = {n} and m = {m}")
            raise ConfigError(msg.format(n=self.n, m=self.m))

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep the largest of each group."""
        out, channels = weight.shape[:2]
        places = prod(weight.shape[2:])
        sizes = np.abs(weight, dtype=np.float32).reshape(out, channels, places)
        kept = np.empty(sizes.shape, dtype=np.bool_)
        _keep_largest(np.ascontiguousarray(sizes), self.n, self.m, kept)
        return Mask(kept.reshape(-1), (1, 1), weight.shape)


@kernel
def _keep_largest(sizes: NDArray[np.float32], n: int, m: int, kept: NDArray[np.bool_]) -> None:
    n_rows, n_channels, n_places = sizes.shape
    for row in range(n_rows):
        for c in range(n_channels):
            first = c - c % m
            last = min(first + m, n_channels)
            for p in range(n_places):
                own, larger = sizes[row, c, p], 0
                for other in range(first, last):
                    size = sizes[row, other, p]
                    larger += size > own or (size == own and other > c)
                kept[row, c, p] = larger < n
