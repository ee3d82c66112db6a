"""The smallest weights of all layers together."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain
from wc_core.pruning._base import PRUNERS, Pruner
from wc_core.pruning._cells import smallest_cells
from wc_core.pruning._smallest import Scores, Threshold, find_threshold, magnitude_bits, n_wanted
from wc_core.recipe import BlockSpec
from wc_core.words import mark

ALONE = "magnitude"
"""The pruner that takes from one layer what a common threshold takes from it."""


@PRUNERS.register("global_magnitude")
@dataclass(frozen=True)
class GlobalMagnitudePruner(Pruner):
    """Prune the weights of smallest magnitude of all layers together: one threshold for them all.

    Layers whose weights are small lose more of them. A layer that is alone is pruned as by
    "magnitude".

    References
    ----------
    T. Gale, E. Elsen, S. Hooker, "The State of Sparsity in Deep Neural Networks", 2019.
    """

    param_space: ClassVar[Mapping[str, Domain]] = {}
    title: ClassVar[str] = mark("Global magnitude")
    about: ClassVar[str] = mark(
        "Sets the smallest weights of all layers together to zero: one threshold for all. "
        "Layers of small weights lose more than others."
    )
    formula: ClassVar[str] = (
        r"m_{\ell i} = [\,|w_{\ell i}| > t\,],\quad "
        r"\textstyle\sum_{\ell, i} (1 - m_{\ell i}) = s \sum_\ell n_\ell"
    )
    is_global: ClassVar[bool] = True

    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Keep the largest weights of a layer that is alone."""
        return smallest_cells(weight, (1, 1), sparsity)


def global_shares(
    weights: Mapping[str, NDArray[np.floating]], names: Sequence[str], sparsity: float
) -> dict[str, float]:
    """Return which share of each layer is pruned if all have one threshold.

    Pruning each layer by magnitude with its share prunes exactly what one threshold would; of
    weights on the threshold those of earlier layers go first.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Read three times, a layer at a time, so that large models need not fit in memory.
    names : sequence of str
        The layers that are pruned together.
    sparsity : float
        Share of all their weights.

    Examples
    --------
    >>> weights = {"a": np.float32([[1, 2]]), "b": np.float32([[3, 4], [1, 5]])}
    >>> global_shares(weights, ["a", "b"], 0.5)
    {'a': 1.0, 'b': 0.25}
    """
    layers = _Layers(weights, names)
    n_weights = sum(weights[name].size for name in names)
    threshold = find_threshold(layers, n_wanted(sparsity, n_weights))
    shares = {}
    room = threshold.n_wanted - threshold.n_below
    for name, scores in zip(names, layers, strict=True):
        below, on = _around(scores, threshold)
        taken = min(on, room)
        room -= taken
        shares[name] = (below + taken) / len(scores.bits)
    return shares


class _Layers:
    """Scores of some layers, read anew whenever somebody goes through them."""

    def __init__(self, weights: Mapping[str, NDArray[np.floating]], names: Sequence[str]) -> None:
        self._weights = weights
        self._names = names

    def __iter__(self) -> Generator[Scores, None, None]:
        one = np.ones(1, dtype=np.int64)
        for name in self._names:
            yield Scores(magnitude_bits(self._weights[name]), one)


def _around(scores: Scores, threshold: Threshold) -> tuple[int, int]:
    """Return how many weights of a layer lie below a threshold, and how many exactly on it."""
    high, low = threshold.bits >> 16, threshold.bits & 0xFFFF
    lows = scores.count_low(high)
    return int(scores.count_high()[:high].sum() + lows[:low].sum()), int(lows[low])
