"""Clustering in one stage or two: the article's recombination, and the residual codebook."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import PRUNERS, BlockSpec, LayerPlan, load_model
from wc_core.clustering import CLUSTERERS
from wc_core.codebook import mean_squared_error
from wc_core.layer_parts import layer_parts
from wc_core.layer_report import judged_layer
from wc_core.models import TensorInfo
from wc_core.number_types import NUMBER_TYPES, stored_array
from wc_core.progress import last_result
from wc_core.pruning import prune
from wc_core.stages import cluster_weight_steps, layer_blocks, recombined
from wc_core.threads import limit_threads

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


QUICK = ("kmeans", "minibatch_kmeans", "som", "ecvq", "ternary", "binary")
SHAPES = ((7, 10), (1, 9), (6, 2, 3, 3), (12, 1))
PLANS = st.builds(
    LayerPlan,
    pruner=st.sampled_from(["none", *PRUNERS]),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    algorithm=st.sampled_from([name for name in QUICK if name in CLUSTERERS]),
    n_clusters=st.integers(1, 9),
    block=st.builds(BlockSpec, st.integers(1, 3), st.integers(1, 4)),
    scale=st.sampled_from(["none", "per_channel"]),
    recombine=st.sampled_from(["none", "article", "residual"]),
    residual_clusters=st.integers(1, 5),
    codebook_dtype=st.sampled_from(list(NUMBER_TYPES)),
    scale_dtype=st.sampled_from(list(NUMBER_TYPES)),
    coding=st.sampled_from(["cheapest", "packed", "coded"]),
)


@settings(max_examples=80, deadline=None)
@given(plan=PLANS, shape=st.sampled_from(SHAPES), seed=st.integers(0, 5))
def test_any_plan_keeps_pruned_weights_exactly_zero(plan, shape, seed):
    """Whatever clusters the others; the report counts them, and stored numbers read back."""
    weight = random_weight(shape, seed)
    weight.reshape(-1)[::4] = 0
    coded = last_result(cluster_weight_steps(weight, plan)).weight
    report = judged_layer(TensorInfo("w", shape, "float32"), coded, plan, weight)
    mask = prune(weight, plan)
    decoded = coded.decode()
    assert (coded.mask is None) == (mask is None)
    if mask is not None:
        kept = mask.rows(slice(0, shape[0])).reshape(shape)
        np.testing.assert_array_equal(coded.mask.rows(slice(0, shape[0])).reshape(shape), kept)
        assert not np.signbit(decoded[~kept]).any()
        assert not decoded[~kept].any()
        assert report.n_pruned == np.count_nonzero(~kept)
        assert not coded.indices[~coded.live].any()
    assert report.sparsity_after == pytest.approx(1 - np.count_nonzero(decoded) / decoded.size)
    assert report.n_live_blocks == len(coded.stored_indices) == coded.counts.sum()
    assert report.stored_bytes == sum(
        t.n_bytes for t in layer_parts(coded, plan.coding).tensors.values()
    )
    assert np.isfinite(decoded).all()
    for stage in filter(None, (coded, coded.residual)):
        stored = stored_array(stage.codebook, stage.codebook_dtype, stage.codebook_step)
        if stage.codebook_dtype == "int8":
            step = np.float32(stage.codebook_step)
            assert (stored.astype(np.float32) * step == stage.codebook).all()


@settings(max_examples=20, deadline=None)
@given(plan=PLANS, seed=st.integers(0, 5))
def test_the_number_of_threads_shows_in_no_byte_of_a_pruned_layer(plan, seed):
    """Masks, rounding and coding included."""
    weight = random_weight((20, 30), seed)
    stored = []
    for n in (1, 2):
        with limit_threads(n):
            coded = last_result(cluster_weight_steps(weight, plan)).weight
            parts = layer_parts(coded, plan.coding)
        stored.append({name: part.read().tobytes() for name, part in parts.tensors.items()})
    assert stored[0] == stored[1]


@settings(max_examples=25, deadline=None)
@given(
    pruner=st.sampled_from(sorted(PRUNERS)),
    block=st.builds(BlockSpec, st.integers(1, 2), st.integers(1, 3)),
    k=st.integers(1, 6),
    seed=st.integers(0, 5),
)
def test_more_entries_never_hurt_what_pruning_leaves(pruner, block, k, seed):
    """With an entry for every block of the survivors they come back as they were."""
    weight = random_weight((6, 9), seed)
    weight[0] = 0
    plan = {"pruner": pruner, "sparsity": 0.6}
    errors = [
        mean_squared_error(weight, clustered(weight, n_clusters=n, **plan).weight.decode())
        for n in (k, k + 1, 54)
    ]
    assert errors[0] >= errors[1] - 1e-9 >= errors[2] - 2e-9
    plan["block"] = block
    survivors = np.where(prune(weight, LayerPlan(**plan)).rows(slice(0, 6)), weight, 0)
    decoded = clustered(weight, n_clusters=54, **plan).weight.decode()
    np.testing.assert_array_equal(decoded, survivors)


def test_clustering_sees_survivors_only(conv2):
    """Pruned lanes weigh nothing, and blocks without any other are not there at all."""
    plan = LayerPlan(pruner="magnitude", sparsity=0.7, block=BlockSpec(1, 3))
    layer = layer_blocks(conv2, plan)
    assert (
        np.isnan(layer.values).sum() + 3 * np.count_nonzero(~layer.live)
        == layer.mask.n_pruned_weights
    )
    assert not np.isnan(layer.values).all(axis=1).any()
    whole = layer.grid.split(conv2)[layer.positions]
    seen = ~np.isnan(layer.values)
    np.testing.assert_array_equal(layer.values[seen], whole[seen])


def test_a_layer_pruned_altogether_is_one_entry_of_zeros():
    """It has no index, and its clustering nothing to do."""
    made = clustered(random_weight((4, 6)), pruner="magnitude", sparsity=1.0, scale="per_channel")
    assert made.weight.entries == 1
    assert len(made.weight.stored_indices) == 0
    assert not made.weight.decode().any()
    assert made.fit.notes == ("everything is pruned",)
    assert made.weight.utilization == made.weight.index_entropy == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8"])
def test_scales_are_rounded_before_weights_are_divided_by_them(dtype):
    """Clustering makes up for it: with an entry for every weight nothing is lost but rounding."""
    weight = random_weight((8, 16)) * np.logspace(0, 1, 8, dtype=np.float32)[:, None]
    made = clustered(weight, n_clusters=128, scale="per_channel", scale_dtype=dtype).weight
    peaks = np.abs(weight).max(axis=1)
    assert not np.array_equal(made.scales, peaks)
    np.testing.assert_allclose(made.decode(), weight, rtol=1e-6)


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_channels_too_small_for_the_type_of_scales_are_not_lost(dtype):
    """Theirs is the smallest number of that type, never zero; a channel of zeros stays zeros."""
    weight = random_weight((4, 40))
    weight *= np.array([1, 1e-3, 1e-9, 0], np.float32)[:, None]
    made = clustered(weight, n_clusters=160, scale="per_channel", scale_dtype=dtype).weight
    assert (made.scales > 0).all()
    np.testing.assert_allclose(made.decode(), weight, rtol=1e-6)


def test_a_residual_codebook_makes_up_for_rounding_the_first():
    """It is clustered from what the stored entries leave."""
    near = np.random.default_rng(0).choice(np.float32([1000, 500, -300]), (20, 20))
    weight = near + random_weight((20, 20)) / 10
    errors = [
        mean_squared_error(weight, clustered(weight, n_clusters=3, **plan).weight.decode())
        for plan in (
            {"codebook_dtype": "int8"},
            {"codebook_dtype": "int8", "recombine": "residual", "residual_clusters": 16},
        )
    ]
    assert errors[0] > 1 > 0.01 > errors[1]


def test_weights_are_pruned_before_the_article_recombines_them(conv2):
    """What it starts from has the same zeros; k-means at rest is left as it is."""
    made = clustered(conv2, pruner="magnitude", n_clusters=8, recombine="article", params=CONVERGED)
    assert made.second.shift == pytest.approx(0, abs=1e-12)
    assert made.weight.mask.sparsity == 0.5
    assert made.second.distortion_w > made.second.distortion_wv  # which pruning adds nothing to


def test_channels_of_next_to_nothing_do_not_get_lost_among_others():
    """What they count is small, but sums of what blocks count still tell them from nothing."""
    weight = random_weight((32, 27))
    weight[:4] *= np.array([1e-10, 1e-8, 1e-9, 1e-12], np.float32)[:, None]
    made = clustered(weight, n_clusters=256, scale="per_channel").weight
    assert np.isfinite(made.codebook).all()
    assert mean_squared_error(weight, made.decode()) < 1e-4
