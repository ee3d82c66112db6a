"""Clusterers see what survives pruning, scaled and cut, and nothing else."""

import numpy as np
import pytest

from wc_core import BlockSpec, LayerPlan
from wc_core.layer_blocks import layer_blocks, survivors

WEIGHT = np.random.default_rng(0).normal(size=(6, 5, 3)).astype(np.float32)


@pytest.mark.parametrize("scale", ["none", "per_channel"])
@pytest.mark.parametrize("pruner", ["none", "magnitude", "block_magnitude", "n_m", "channel"])
def test_joined_blocks_are_the_weight_without_what_is_pruned(pruner, scale):
    """What is cut, scaled and pruned goes back to its place."""
    plan = LayerPlan(pruner=pruner, sparsity=0.6, block=BlockSpec(4, 4), scale=scale)
    layer = layer_blocks(WEIGHT, plan)
    kept = WEIGHT if layer.mask is None else survivors(WEIGHT, layer.mask)
    assert (layer.mask is None) == (pruner == "none")
    np.testing.assert_allclose(layer.joined(layer.values), kept, rtol=1e-6)


def test_pruned_blocks_are_not_there_and_pruned_lanes_are_masked():
    """One row for each live block; NaN wherever nothing is kept."""
    plan = LayerPlan(pruner="magnitude", sparsity=0.9, block=BlockSpec(2, 2))
    layer = layer_blocks(WEIGHT, plan)
    assert len(layer.values) == layer.live.sum() < layer.grid.n_blocks
    assert not np.isnan(layer.values).all(axis=1).any()
    assert np.count_nonzero(~np.isnan(layer.values)) == layer.mask.n_kept_weights
    np.testing.assert_array_equal(layer.positions, np.flatnonzero(layer.live))


def test_indices_of_live_blocks_are_spread_over_all():
    """Those of pruned blocks are 0."""
    plan = LayerPlan(pruner="block_magnitude", sparsity=0.5, block=BlockSpec(2, 3))
    layer = layer_blocks(WEIGHT, plan)
    spread = layer.spread(np.ones(len(layer.values), np.uint8))
    np.testing.assert_array_equal(spread, layer.live)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8"])
def test_scales_are_rounded_before_weights_are_divided_by_them(dtype):
    """So that the rounding costs nothing: what is stored is what was divided by."""
    plan = LayerPlan(scale="per_channel", scale_dtype=dtype)
    layer = layer_blocks(WEIGHT, plan)
    rows = WEIGHT.reshape(6, 15)
    assert not np.array_equal(layer.scales, np.abs(rows).max(axis=1))
    np.testing.assert_allclose(layer.joined(layer.values), WEIGHT, rtol=1e-6)
