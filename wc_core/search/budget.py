"""From a budget in bits per weight to the number of codebook entries that it pays for.

Files are counted when they are written. A budget comes before there is anything to write, so that
here indices count at a fixed width, which coding does not exceed; and what a plan prunes is drawn
from a layer of the same shape with normally distributed weights.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from wc_core.blocks import BlockGrid
from wc_core.coding import encode_positions, packed_bytes
from wc_core.errors import ConfigError
from wc_core.models import LayerInfo
from wc_core.number_types import NUMBER_TYPES
from wc_core.pruning import prune
from wc_core.recipe import LayerPlan
from wc_core.words import _

MOST_ENTRIES = 65536
"""What a plan allows at most."""


def entries_for_budget(layers: Sequence[LayerInfo], plan: LayerPlan, bits_per_weight: float) -> int:
    """Return the largest number of entries whose indices and codebooks fit in a budget.

    Every layer gets the same number, less where it has fewer blocks. What is counted are
    the bytes that the packed file has for indices at fixed width, codebooks, scales, and the
    positions of what is pruned; an algorithm that stores noise exactly adds to them, one that
    leaves entries out saves some, and so does coding.

    Parameters
    ----------
    layers : sequence of LayerInfo
        The layers that share the budget.
    plan : LayerPlan
        Everything but `n_clusters`.
    bits_per_weight : float
        Bits that may be stored for each weight of these layers, on average.

    Raises
    ------
    ConfigError
        If not even one entry fits; the message names the smallest budget possible.

    Examples
    --------
    >>> from wc_core.recipe import BlockSpec
    >>> layer = LayerInfo("fc", (120, 400), "float32", 48_000)
    >>> entries_for_budget([layer], LayerPlan(block=BlockSpec(1, 4)), 1.6)
    37
    """
    if not layers:
        raise ConfigError(_("there is no layer to spend the budget on"))
    rooms = [_room(layer, plan) for layer in layers]
    n_weights = sum(layer.n_weights for layer in layers)

    def bits(k: int) -> float:
        return 8 * sum(room.n_bytes(k) for room in rooms) / n_weights

    most = max(1, min(MOST_ENTRIES, max(room.n_live for room in rooms)))
    fitting = bisect_right(range(1, most + 1), bits_per_weight, key=bits)
    if not fitting:
        least = ceil(1000 * bits(1)) / 1000
        msg = _(
            "no codebook fits in {budget:g} bits per weight: with blocks of {block} the smallest "
            "takes {least:.3f} already. Allow at least that, or choose smaller blocks"
        )
        raise ConfigError(msg.format(budget=bits_per_weight, block=plan.block, least=least))
    return fitting


def planned_bits(layers: Sequence[LayerInfo], plan: LayerPlan, n_clusters: int) -> float:
    """Return the bits per weight that a number of entries takes if all of them are found."""
    return 8 * planned_bytes(layers, plan, n_clusters) / sum(layer.n_weights for layer in layers)


def planned_bytes(layers: Sequence[LayerInfo], plan: LayerPlan, n_clusters: int) -> int:
    """Return the bytes of indices, codebooks, scales and masks if all entries are found."""
    return sum(_room(layer, plan).n_bytes(n_clusters) for layer in layers)


def number_bytes(shape: tuple[int, ...], plan: LayerPlan, entries: int) -> int:
    """Return the bytes of one codebook and of the scales."""
    scale = NUMBER_TYPES[plan.scale_dtype]
    scales = scale.bytes_of(shape[0]) if plan.scale == "per_channel" else 0
    return scales + NUMBER_TYPES[plan.codebook_dtype].bytes_of(entries * plan.block.size)


@dataclass(frozen=True, slots=True)
class _Room:
    """What a layer's plan leaves to be clustered, and what it takes whatever the entries.

    Parameters
    ----------
    shape : tuple of int
    plan : LayerPlan
    n_live : int
        Blocks that are not pruned altogether.
    mask_bytes : int
    """

    shape: tuple[int, ...]
    plan: LayerPlan
    n_live: int
    mask_bytes: int

    def n_bytes(self, n_clusters: int) -> int:
        entries = max(1, min(n_clusters, self.n_live))
        n_bytes = self.mask_bytes + number_bytes(self.shape, self.plan, entries)
        n_bytes += packed_bytes(self.n_live, (entries - 1).bit_length())
        if self.plan.recombine == "residual":
            entries = max(1, min(self.plan.residual_clusters, self.n_live))
            n_bytes += packed_bytes(self.n_live, (entries - 1).bit_length())
            n_bytes += number_bytes(self.shape, replace(self.plan, scale="none"), entries)
        return n_bytes


def _room(layer: LayerInfo, plan: LayerPlan) -> _Room:
    grid = BlockGrid(layer.shape, plan.block)
    if plan.pruner == "none":
        return _Room(layer.shape, plan, grid.n_blocks, 0)
    drawn = np.random.default_rng(0).standard_normal(layer.shape, dtype=np.float32)
    mask = prune(drawn, plan)
    if mask is None:
        return _Room(layer.shape, plan, grid.n_blocks, 0)
    n_live = int(np.count_nonzero(mask.live_blocks(grid)))
    return _Room(layer.shape, plan, n_live, len(encode_positions(mask.kept, plan.coding)[0]))
