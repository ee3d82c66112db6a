"""Layers as no textbook has them: every algorithm gives a valid codebook."""

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core import BlockSpec, LayerPlan, WeightClusteringError
from wc_core.clustering import CLUSTERERS, free_params
from wc_core.params import Choice, Flag
from wc_core.progress import last_result
from wc_core.stages import cluster_weight_steps

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=(24, 20)).astype(np.float32) * 0.05
LAYERS = {
    "constant": np.full((24, 20), 0.25, np.float32),
    "zeros": np.zeros((24, 20), np.float32),
    "one block": NORMAL[:1, :4],
    "fewer blocks than clusters": NORMAL[:3, :8],
    "duplicated blocks": np.tile(NORMAL[:4, :4], (8, 5)),
    "nearly all zeros": np.where(RNG.random((24, 20)) < 0.03, NORMAL, 0).astype(np.float32),
    "huge outlier": np.where(np.arange(480).reshape(24, 20) == 77, 1e20, NORMAL).astype("f4"),
    "tiny": NORMAL * np.float32(1e-30),
    "half precision": NORMAL.astype(np.float16),
    "one column": NORMAL[:, :1],
    "ragged": NORMAL[:23, :19],
    "two values": np.where(NORMAL > 0, 0.5, -0.5).astype(np.float32),
    "one lane constant": np.where(np.arange(20) % 4 == 0, 1, NORMAL).astype(np.float32),
}


# Algorithms whose entries cannot lie where they like: {name: reason}. They are no worse than zeros.
COARSE = {
    "ternary": "lanes of different sizes share one scale",
    "binary": "lanes of different sizes share one scale",
}


@pytest.fixture(params=list(CLUSTERERS))
def algorithm(request):
    return request.param


def check(algorithm, weight, block, n_clusters=8, params=None, slack=1.0001):
    """Cluster; what comes out decodes to finite numbers no worse than one entry would."""
    plan = LayerPlan(algorithm=algorithm, n_clusters=n_clusters, block=block, params=params or {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coded = last_result(cluster_weight_steps(weight, plan)).weight
    decoded = coded.decode().astype(np.float64)
    assert decoded.shape == weight.shape
    assert np.isfinite(decoded).all()
    assert 1 <= coded.entries <= n_clusters
    exact = weight.astype(np.float64)
    blocks = np.ma.masked_invalid(coded.grid.split(exact))
    alone = np.square(blocks - blocks.mean(axis=0)).sum()
    scale = np.square(exact).sum()
    if algorithm in COARSE:
        alone = scale
    assert np.square(decoded - exact).sum() <= alone * slack + 1e-9 * scale
    return coded


@pytest.mark.parametrize("layer", list(LAYERS))
@pytest.mark.parametrize("block", [BlockSpec(1, 1), BlockSpec(1, 4), BlockSpec(2, 2)], ids=str)
def test_degenerate_layers_get_a_valid_codebook(algorithm, layer, block):
    """Known troublemakers, in scalar and in block form."""
    check(algorithm, LAYERS[layer], block)


@pytest.mark.parametrize("layer", ["constant", "zeros", "two values"])
def test_what_has_few_distinct_blocks_is_lossless(algorithm, layer):
    """Every distinct block has an entry of its own."""
    coded = check(algorithm, LAYERS[layer], BlockSpec(1, 1))
    np.testing.assert_array_equal(coded.decode(), LAYERS[layer])


values = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 1e-20, 1e18]),
    st.floats(-2, 2, width=32, allow_subnormal=False),  # half of the least is no number
)


def choices(algorithm):
    """Draw parameters: all that are chosen from a list, any of their options."""
    space = free_params(CLUSTERERS[algorithm]).items()
    options = {name: d.options for name, d in space if isinstance(d, Choice)}
    flags = {name: (False, True) for name, d in space if isinstance(d, Flag)}
    return st.fixed_dictionaries({n: st.sampled_from(o) for n, o in {**options, **flags}.items()})


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", list(CLUSTERERS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(
    weight=arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=values),
    sides=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    n_clusters=st.integers(1, 6),
    data=st.data(),
)
def test_hypothesis_finds_no_layer_that_breaks_an_algorithm(
    algorithm, weight, sides, n_clusters, data
):
    """Few values, extremes, blocks larger than the matrix; every mode, or a clear refusal."""
    params = data.draw(choices(algorithm))
    # Noise moves no entry, and each block of it may be twice as dear as all blocks around one mean.
    slack = 2 * weight.size if "noise" in params else 1.0001
    with contextlib.suppress(WeightClusteringError):
        check(algorithm, weight, BlockSpec(*sides), n_clusters, params, slack)
