"""From a budget in bits per weight to the number of codebook entries that it pays for."""

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

import numpy as np

from wc_core.blocks import BlockGrid
from wc_core.coding import packed_bytes
from wc_core.errors import ConfigError
from wc_core.models import LayerInfo
from wc_core.recipe import LayerPlan
from wc_core.words import _

MOST_ENTRIES = 65536
"""What a plan allows at most."""

SCALE_BYTES = 4


def entries_for_budget(layers: Sequence[LayerInfo], plan: LayerPlan, bits_per_weight: float) -> int:
    """Return the largest number of entries whose indices and codebooks fit in a budget.

    Every layer gets the same number, less where it has fewer blocks. What is counted are
    the bytes that the packed file has for indices at fixed width, codebooks and scales; an
    algorithm that stores noise exactly adds to them, one that leaves entries out saves some.

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
    most = min(MOST_ENTRIES, max(BlockGrid(la.shape, plan.block).n_blocks for la in layers))
    fitting = bisect_right(
        range(1, most + 1), bits_per_weight, key=lambda k: planned_bits(layers, plan, k)
    )
    if not fitting:
        least = ceil(1000 * planned_bits(layers, plan, 1)) / 1000
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
    """Return the bytes of indices, codebooks and scales if all entries are found."""
    return sum(_layer_bytes(layer, plan, n_clusters) for layer in layers)


def _layer_bytes(layer: LayerInfo, plan: LayerPlan, n_clusters: int) -> int:
    n_blocks = BlockGrid(layer.shape, plan.block).n_blocks
    stages = [n_clusters]
    if plan.recombine == "residual":
        stages.append(plan.residual_clusters)
    scales = SCALE_BYTES * layer.shape[0] if plan.scale == "per_channel" else 0
    return scales + sum(_stage_bytes(n_blocks, min(k, n_blocks), plan) for k in stages)


def _stage_bytes(n_blocks: int, entries: int, plan: LayerPlan) -> int:
    codebook = entries * plan.block.size * np.dtype(plan.codebook_dtype).itemsize
    return packed_bytes(n_blocks, (entries - 1).bit_length()) + codebook
