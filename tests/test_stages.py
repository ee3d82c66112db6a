"""Clustering in one stage or two: the article's recombination, and the residual codebook."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import BlockSpec, LayerPlan, load_model
from wc_core.clustering import CLUSTERERS
from wc_core.codebook import mean_squared_error
from wc_core.progress import last_result
from wc_core.stages import cluster_weight_steps, layer_blocks, recombined

CONVERGED = {"tol": 0.0, "max_iter": 1000}  # k-means whose centroids are means of their members


def clustered(weight, **plan):
    return last_result(cluster_weight_steps(weight, LayerPlan(**plan)))


def random_weight(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def conv2():
    return load_model("sample:lenet5").tensors["conv2.weight"]


labellings = st.lists(st.integers(0, 3), min_size=1, max_size=30)


@given(labellings, st.integers(0, 99))
def test_recombination_is_the_article_s_formula(labels, seed):
    """W_v = W_i + C_i - sum_j (C_i + C_i - W_j) / n_i, block by block and member by member."""
    rng = np.random.default_rng(seed)
    labels = np.array(labels)
    blocks, centers = rng.normal(size=(len(labels), 2)), rng.normal(size=(4, 2))
    changed = recombined(blocks, labels, centers)
    for i, own in enumerate(labels):
        members = np.flatnonzero(labels == own)
        terms = sum(centers[own] + centers[own] - blocks[j] for j in members)
        np.testing.assert_allclose(changed[i], blocks[i] + centers[own] - terms / len(members))


@given(labellings, st.integers(0, 99))
def test_mean_centroids_leave_the_weights_as_they_are(labels, seed):
    """The subtracted term is twice the centroid minus the mean: nothing, if they are the same."""
    labels = np.unique(labels, return_inverse=True)[1]
    blocks = np.random.default_rng(seed).normal(size=(len(labels), 3))
    blocks[::5, 2] = np.nan
    kinds = range(labels.max() + 1)
    centers = np.array([_nanmean(blocks[labels == kind]) for kind in kinds])
    np.testing.assert_allclose(recombined(blocks, labels, centers), blocks, atol=1e-12)


@given(labellings, st.integers(0, 99))
def test_a_centroid_s_bias_is_taken_away(labels, seed):
    """What a centroid lies off the mean of its members, its members are moved by."""
    labels = np.unique(labels, return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    blocks = rng.normal(size=(len(labels), 2))
    means = np.array([blocks[labels == kind].mean(axis=0) for kind in range(labels.max() + 1)])
    bias = rng.normal(size=means.shape)
    moved = recombined(blocks, labels, means + bias)
    np.testing.assert_allclose(moved - blocks, -bias[labels], atol=1e-12)


@pytest.mark.parametrize("block", [BlockSpec(1, 1), BlockSpec(1, 4), BlockSpec(2, 7)], ids=str)
def test_the_article_s_second_stage_changes_nothing_for_k_means(conv2, block):
    """On a real layer, to a millionth, and the file is the same."""
    plan = {"n_clusters": 16, "block": block, "params": CONVERGED}
    once, twice = clustered(conv2, **plan), clustered(conv2, **plan, recombine="article")
    assert np.sqrt(twice.second.shift) < 1e-6
    np.testing.assert_allclose(twice.weight.decode(), once.weight.decode(), atol=1e-6)
    assert twice.second.distortion_w == pytest.approx(twice.second.distortion_first)
    assert twice.second.distortion_wv == pytest.approx(twice.second.distortion_w)


def test_the_article_s_second_stage_changes_a_map(conv2):
    """The units of a self-organising map are no means: W_v is not W, and both errors are told."""
    plan = {"algorithm": "som", "n_clusters": 16, "block": BlockSpec(1, 4)}
    second = clustered(conv2, **plan, recombine="article").second
    assert np.sqrt(second.shift) > 1e-4
    assert second.distortion_wv != pytest.approx(second.distortion_w)


def test_errors_of_the_second_stage_are_those_of_the_decoded_weight(conv2):
    """Against the weight, and the first stage against it too."""
    plan = {"algorithm": "som", "n_clusters": 16, "block": BlockSpec(1, 4), "scale": "per_channel"}
    first = clustered(conv2, **plan)
    for mode in ("article", "residual"):
        both = clustered(conv2, **plan, recombine=mode)
        error = mean_squared_error(conv2, both.weight.decode())
        assert both.second.distortion_w == pytest.approx(error)
        alone = mean_squared_error(conv2, first.weight.decode())
        assert both.second.distortion_first == pytest.approx(alone)


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(2, 9), st.integers(2, 20)),
    st.builds(BlockSpec, st.integers(1, 3), st.integers(1, 4)),
    st.sampled_from(["none", "per_channel"]),
    st.integers(1, 9),
)
def test_a_residual_codebook_never_hurts(shape, block, scale, n_more):
    """A second entry is added to the first; its mean is that of what is left."""
    weight = random_weight(shape)
    more = {"recombine": "residual", "residual_clusters": n_more}
    both = clustered(weight, n_clusters=4, block=block, scale=scale, **more)
    assert both.second.distortion_w <= both.second.distortion_first * (1 + 1e-5) + 1e-14
    assert both.weight.residual.entries <= n_more


@pytest.mark.parametrize("algorithm", list(CLUSTERERS))
@pytest.mark.parametrize("recombine", ["article", "residual"])
def test_every_algorithm_has_second_stages(conv2, algorithm, recombine):
    """Finite, reported, and for the residual better than the first stage alone."""
    plan = {"algorithm": algorithm, "n_clusters": 8, "block": BlockSpec(1, 4)}
    both = clustered(conv2, **plan, recombine=recombine)
    assert np.isfinite(both.weight.decode()).all()
    assert both.second.fit.n_iter >= 1
    if recombine == "residual":
        assert both.second.distortion_w <= both.second.distortion_first
    else:
        assert both.weight.residual is None


def test_noise_is_stored_exactly_if_asked_for(conv2):
    """Blocks that belong to no cluster come back to the bit, scaled channels or not."""
    for scale in ("none", "per_channel"):
        plan = {"block": BlockSpec(2, 7), "scale": scale, "recombine": "residual"}
        params = {"mode": "hdbscan", "noise": "exact"}
        coded = clustered(conv2, algorithm="density", **plan, params=params).weight
        assert len(coded.exact) > 0
        blocks, decoded = (coded.grid.split(w) for w in (conv2, coded.decode()))
        np.testing.assert_array_equal(decoded[coded.exact.positions], blocks[coded.exact.positions])


def test_blocks_are_what_the_clusterer_is_fitted_on(conv2):
    """Scaled rows have a largest magnitude of one, and go back to the weight when joined."""
    layer = layer_blocks(conv2, LayerPlan(block=BlockSpec(3, 4), scale="per_channel"))
    assert np.nanmax(np.abs(layer.values)) == 1
    assert layer.weights.shape == (layer.grid.n_blocks,)
    np.testing.assert_allclose(layer.joined(layer.values), conv2, rtol=1e-6)
    assert layer_blocks(conv2, LayerPlan()).weights is None


def _nanmean(rows):
    seen = ~np.isnan(rows)
    return np.where(seen, rows, 0).sum(axis=0) / np.maximum(1, seen.sum(axis=0))
