"""One threshold over layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import LayerPlan, Recipe, compress
from wc_core.models import Model, TensorInfo
from wc_core.pruning import global_shares, prune


def model_of(tensors):
    infos = tuple(TensorInfo(name, t.shape, str(t.dtype)) for name, t in tensors.items())
    return Model("made", "safetensors", "0" * 64, 0, infos, tensors)


@given(st.integers(0, 99), st.floats(0, 1), st.sampled_from([2, 5, 1000]))
def test_shares_prune_what_sorting_all_weights_prunes(seed, sparsity, n_values):
    """The smallest of all, exactly so many; of equals those of earlier layers first."""
    rng = np.random.default_rng(seed)
    shapes = {"a": (3, 5), "b": (1, 1), "c": (4, 11)}
    tensors = {n: rng.integers(-n_values, n_values + 1, s) / 7 for n, s in shapes.items()}
    tensors = {n: t.astype(np.float32) for n, t in tensors.items()}
    shares = global_shares(tensors, list(tensors), sparsity)
    kept = []
    for name, weight in tensors.items():
        mask = prune(weight, LayerPlan(pruner="magnitude", sparsity=shares[name]))
        kept.append(np.ones(weight.size, bool) if mask is None else mask.kept)
    everything = np.abs(np.concatenate([t.ravel() for t in tensors.values()]))
    n_pruned = min(round(sparsity * 60), 60 if sparsity == 1 else 59)
    wanted = np.ones(60, bool)
    wanted[np.argsort(everything, kind="stable")[:n_pruned]] = False
    np.testing.assert_array_equal(np.concatenate(kept), wanted)


def test_layers_of_small_weights_lose_more():
    """That is what one threshold does; other layers keep their own plans."""
    rng = np.random.default_rng(0)
    tensors = {
        name: (size * rng.normal(size=(20, 30))).astype(np.float32)
        for name, size in {"small": 0.1, "large": 1.0, "other": 0.1}.items()
    }
    plan = LayerPlan(pruner="global_magnitude", sparsity=0.6, n_clusters=8)
    small = compress(model_of(tensors), Recipe(plan=plan, overrides={"other": LayerPlan()}))
    pruned = {layer.name: layer.n_pruned for layer in small.layers}
    assert pruned["small"] + pruned["large"] == 720
    assert pruned["small"] > 500 > pruned["large"]
    assert pruned["other"] == 0
    assert {layer.plan.pruner for layer in small.layers} == {"global_magnitude", "none"}


def test_a_layer_may_be_pruned_altogether():
    """All of its weights lie below the threshold: it is stored as nothing but that."""
    rng = np.random.default_rng(0)
    tensors = {
        "tiny": (1e-3 * rng.normal(size=(10, 20))).astype(np.float32),
        "large": (1 + rng.random((10, 20))).astype(np.float32),
    }
    small = compress(model_of(tensors), Recipe().with_plan(pruner="global_magnitude"))
    tiny = small.layers[0]
    assert (tiny.n_pruned, tiny.entries, tiny.index_bytes) == (200, 1, 0)
    assert not small.weights["tiny"].decode().any()


@pytest.mark.parametrize("sparsity", [0.3, 0.9])
def test_alone_it_is_magnitude_pruning(sparsity):
    """There is but one layer to compare with."""
    weight = np.random.default_rng(1).normal(size=(9, 9)).astype(np.float32)
    one, two = (
        prune(weight, LayerPlan(pruner=name, sparsity=sparsity))
        for name in ("magnitude", "global_magnitude")
    )
    np.testing.assert_array_equal(one.kept, two.kept)
