"""A layer's report counts what the file stores, and measures what it decodes to."""

import json
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import BlockSpec, LayerPlan
from wc_core.blocks import BlockGrid
from wc_core.codebook import CodebookWeight
from wc_core.layer_report import judged_layer, share_of_zeros
from wc_core.models import TensorInfo
from wc_core.number_types import NUMBER_TYPES
from wc_core.progress import last_result
from wc_core.stages import cluster_weight_steps

INFO = TensorInfo("layer", (12, 30), "float32")


def judged(**plan):
    """Cluster normal weights and judge them; return the report and the clustered weight."""
    weight = np.random.default_rng(0).normal(size=INFO.shape).astype(np.float32)
    asked = LayerPlan(**plan)
    coded = last_result(cluster_weight_steps(weight, asked)).weight
    return judged_layer(INFO, coded, asked, weight), coded, weight


@settings(max_examples=25, deadline=None)
@given(
    k=st.integers(1, 40),
    block=st.builds(BlockSpec, st.integers(1, 3), st.integers(1, 5)),
    scale=st.sampled_from(["none", "per_channel"]),
    codebook_dtype=st.sampled_from(list(NUMBER_TYPES)),
    scale_dtype=st.sampled_from(list(NUMBER_TYPES)),
)
def test_bytes_follow_from_what_is_stored(k, block, scale, codebook_dtype, scale_dtype):
    """Indices at fixed width, entries and scales in their types, with their steps."""
    plan = {"block": block, "scale": scale, "coding": "packed"}
    types = {"codebook_dtype": codebook_dtype, "scale_dtype": scale_dtype}
    report, coded, _ = judged(n_clusters=k, **plan, **types)
    assert report.index_bytes == -(-len(coded.indices) * report.index_bits // 8)
    assert report.packed_index_bytes == report.index_bytes
    size = {"float32": (4, 0), "float16": (2, 0), "bfloat16": (2, 0), "int8": (1, 4)}
    each, step = size[codebook_dtype]
    assert report.codebook_bytes == coded.codebook.size * each + step
    each, step = size[scale_dtype]
    assert report.scale_bytes == (12 * each + step if scale == "per_channel" else 0)
    assert report.exact_bytes == 0
    assert report.bits_per_weight == 8 * report.stored_bytes / 360


def test_a_second_codebook_is_charged():
    """Its indices and its entries count like those of the first."""
    plan = {"n_clusters": 8, "block": BlockSpec(1, 3), "coding": "packed"}
    one, _, _ = judged(**plan)
    two, _, _ = judged(**plan, recombine="residual", residual_clusters=4)
    assert two.residual_entries == 4
    assert two.index_bytes - one.index_bytes == 120 * 2 // 8
    assert two.codebook_bytes - one.codebook_bytes == 4 * 3 * 4


def test_exact_blocks_are_charged_with_their_positions():
    """Four bytes a position, four a weight."""
    params = {"mode": "hdbscan", "noise": "exact"}
    report, coded, _ = judged(algorithm="density", block=BlockSpec(2, 3), params=params)
    assert report.n_exact == len(coded.exact) > 0
    assert report.exact_bytes == report.n_exact * (4 + 6 * 4)


def test_errors_are_those_of_the_decoded_weight():
    """Distortion against the original, SQNR from it."""
    report, coded, weight = judged(n_clusters=8, block=BlockSpec(1, 3))
    error = np.square(coded.decode().astype(np.float64) - weight).mean()
    assert report.distortion == pytest.approx(error)
    power = np.square(weight.astype(np.float64)).mean()
    assert report.sqnr_db == pytest.approx(10 * np.log10(power / error))


def test_the_entropy_of_indices_is_that_of_their_shares():
    """Three in four blocks in one entry, one in the other."""
    book = np.array([[0.0], [1.0]], np.float32)
    indices = np.repeat([0, 1], [270, 90]).astype(np.uint8)
    coded = CodebookWeight(book, indices, BlockSpec(), (12, 30))
    report = judged_layer(INFO, coded, LayerPlan(), coded.decode())
    assert report.index_entropy == pytest.approx(-(0.75 * log2(0.75) + 0.25 * log2(0.25)))
    assert report.perplexity == pytest.approx(2**report.index_entropy)


def test_a_report_is_json_with_what_the_algorithm_says():
    """Fit, polish and second stage among it; an infinite ratio has no number in JSON."""
    report, _, _ = judged(
        algorithm="bisecting_kmeans",
        block=BlockSpec(1, 2),
        recombine="article",
        params={"polish": 3},
    )
    assert report.fit is None  # judged without it; the orchestrator puts it in
    values = json.loads(json.dumps(report.to_dict()))
    assert values["plan"]["recombine"] == "article"
    lossless, _, _ = judged(n_clusters=400)
    assert lossless.to_dict()["sqnr_db"] is None


def test_zeros_are_counted_of_either_sign():
    """Minus zero is zero."""
    assert share_of_zeros(np.array([0.0, -0.0, 1.0, 2.0])) == 0.5


def test_zeros_of_weights_and_of_blocks_are_counted_before_and_after():
    """Pruning whole blocks shows in both; those that are pruned have no index."""
    report, coded, _ = judged(
        n_clusters=4, block=BlockSpec(2, 3), pruner="block_magnitude", sparsity=0.5
    )
    assert (report.sparsity_before, report.block_sparsity_before) == (0, 0)
    assert report.block_sparsity_after == report.sparsity_after == 0.5
    assert report.n_pruned == coded.mask.n_pruned_weights == 180
    assert report.n_live_blocks == 30 == coded.counts.sum()
    assert report.packed_index_bytes == -(-30 * 2 // 8)
    assert 0 < report.mask_bytes <= 8
    assert report.stored_bytes == (report.index_bytes + report.codebook_bytes + report.mask_bytes)


@settings(max_examples=30, deadline=None)
@given(
    kept=st.lists(st.booleans(), min_size=35, max_size=35),
    rows=st.integers(1, 6),
    cols=st.integers(1, 8),
)
def test_blocks_of_zeros_are_those_whose_weights_all_are(kept, rows, cols):
    """Of any shape; blocks that stick out over an edge by what they have inside."""
    weight = np.where(np.reshape(kept, (5, 7)), 1.0, 0.0).astype(np.float32)
    book = np.zeros((1, rows * cols), np.float32)
    grid = BlockGrid((5, 7), BlockSpec(rows, cols))
    coded = CodebookWeight(book, np.zeros(grid.n_blocks, np.uint8), grid.block, grid.shape)
    report = judged_layer(TensorInfo("w", (5, 7), "float32"), coded, LayerPlan(), weight)
    zeros = np.nansum(grid.split(weight), axis=1) == 0
    assert report.block_sparsity_before == pytest.approx(zeros.mean())
    assert report.block_sparsity_after == 1


def test_a_lone_plan_prunes_a_layer_as_it_was_pruned_among_others():
    """The threshold of all becomes a share of its own."""
    report, coded, weight = judged(pruner="global_magnitude", sparsity=0.3)
    alone = last_result(cluster_weight_steps(weight, report.lone_plan)).weight
    assert report.lone_plan.pruner == "magnitude"
    np.testing.assert_array_equal(alone.mask.kept, coded.mask.kept)
    plain, _, _ = judged()
    assert plain.lone_plan is plain.plan
