"""A clustered weight decodes to what its report says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError, LayerPlan, ModelFileError
from wc_core.codebook import CodebookWeight, ExactBlocks, mean_squared_error, sqnr_db
from wc_core.masks import Mask
from wc_core.progress import last_result
from wc_core.stages import cluster_weight_steps


def clustered(weight, **plan):
    return last_result(cluster_weight_steps(weight, LayerPlan(**plan))).weight


def random_weight(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4).map(tuple),
    st.builds(BlockSpec, st.integers(1, 4), st.integers(1, 6)),
    st.sampled_from(["none", "per_channel"]),
)
def test_enough_entries_lose_nothing(shape, block, scale):
    """With an entry for every block, decode gives the weight back: ragged edges and all."""
    weight = random_weight(shape)
    coded = clustered(weight, n_clusters=4096, block=block, scale=scale)
    tolerance = 0 if scale == "none" else 1e-6  # dividing and multiplying by a scale rounds
    np.testing.assert_allclose(coded.decode(), weight, rtol=tolerance)


@pytest.mark.parametrize(
    ("shape", "block"), [((120, 400), BlockSpec(3, 5)), ((32, 16, 3, 3), BlockSpec(1, 9))]
)
def test_known_layers_decode_block_by_block(shape, block):
    """Every block of the decoded weight is one entry of the codebook."""
    coded = clustered(random_weight(shape), n_clusters=16, block=block)
    blocks = coded.grid.split(coded.decode())
    np.testing.assert_array_equal(blocks, coded.codebook[coded.indices])
    assert coded.entries == 16
    assert coded.index_bits == 4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 31))
def test_more_entries_never_hurt_a_small_layer(seed, k):
    """On single weights the optimum is found, so one more entry cannot cost."""
    weight = random_weight((6, 30), seed)
    fewer, more = (
        mean_squared_error(weight, clustered(weight, n_clusters=n).decode()) for n in (k, k + 1)
    )
    assert more <= fewer * (1 + 1e-6)


def test_a_scale_per_channel_helps_channels_of_different_sizes():
    """Rows of very different magnitude share one codebook once they are scaled."""
    weight = random_weight((8, 64)) * np.logspace(-3, 0, 8, dtype=np.float32)[:, None]
    rows = [
        np.square(clustered(weight, n_clusters=8, scale=scale).decode() - weight).mean(axis=1)[0]
        for scale in ("none", "per_channel")
    ]
    assert rows[1] < rows[0] / 10


def test_a_channel_of_zeros_stays_zeros_under_scaling():
    """Nothing is divided by zero."""
    weight = random_weight((4, 16))
    weight[2] = 0
    decoded = clustered(weight, n_clusters=5, scale="per_channel").decode()
    assert np.isfinite(decoded).all()


def test_half_precision_entries_are_rounded_before_they_are_judged():
    """What is reported is what is stored."""
    coded = clustered(random_weight((4, 16)), n_clusters=4, codebook_dtype="float16")
    np.testing.assert_array_equal(coded.codebook, coded.codebook.astype(np.float16))


def test_entries_beyond_half_precision_are_refused():
    """An entry of 1e6 has no float16."""
    with pytest.raises(ConfigError, match="float16"):
        clustered(random_weight((4, 16)) * 1e6, n_clusters=4, codebook_dtype="float16")


def test_a_constant_weight_needs_one_entry_and_no_index_bits():
    """Clamped to the one distinct block, and exact."""
    coded = clustered(np.full((3, 4), 0.5, np.float32), n_clusters=16)
    assert (coded.entries, coded.index_bits, coded.perplexity) == (1, 0, 1)
    np.testing.assert_array_equal(coded.decode(), np.full((3, 4), 0.5))


def test_members_are_the_blocks_of_an_entry():
    """Every block is a member of one entry."""
    coded = clustered(random_weight((8, 8)), n_clusters=4, block=BlockSpec(2, 2))
    members = [coded.members(entry) for entry in range(coded.entries)]
    assert sorted(np.concatenate(members)) == list(range(16))
    assert [len(m) for m in members] == coded.counts.tolist()


def test_parts_that_do_not_fit_are_refused():
    """An index outside the codebook, or too few of them, is damage."""
    book = np.zeros((2, 1), np.float32)
    with pytest.raises(ModelFileError, match="outside a codebook"):
        CodebookWeight(book, np.array([0, 2], np.uint8), BlockSpec(), (1, 2))
    with pytest.raises(ModelFileError, match="outside a codebook"):
        CodebookWeight(book, np.array([0, -1]), BlockSpec(), (1, 2))
    with pytest.raises(ModelFileError, match="do not make a weight"):
        CodebookWeight(book, np.array([0], np.uint8), BlockSpec(), (1, 2))
    scales = np.ones(2, np.float32)
    with pytest.raises(ModelFileError, match="2 scales"):
        CodebookWeight(book, np.array([0, 1], np.uint8), BlockSpec(), (1, 2), scales)


def test_a_residual_is_added_and_exact_blocks_stand_as_they_are():
    """First entry plus second, times the channel's scale; exact blocks know no scale."""
    block, shape = BlockSpec(1, 2), (2, 4)
    first = np.array([[1, 2], [3, 4]], np.float32)
    second = CodebookWeight(np.array([[0.5, 0]], np.float32), np.zeros(4, np.uint8), block, shape)
    exact = ExactBlocks(np.array([2]), np.array([[7, 8]], np.float32))
    scales = np.array([1, 10], np.float32)
    coded = CodebookWeight(
        first, np.array([0, 1, 0, 1]), block, shape, scales, residual=second, exact=exact
    )
    np.testing.assert_array_equal(coded.decode(), [[1.5, 2, 3.5, 4], [7, 8, 35, 40]])


@pytest.mark.parametrize("positions", [[4], [-1], [1, 1], [2, 1]])
def test_exact_blocks_that_lie_nowhere_are_refused(positions):
    """Outside the grid, twice the same, or out of order: damage."""
    values = np.zeros((len(positions), 2), np.float32)
    book, indices = np.zeros((1, 2), np.float32), np.zeros(4, np.uint8)
    exact = ExactBlocks(np.array(positions), values)
    with pytest.raises(ModelFileError, match="stored exactly do not fit"):
        CodebookWeight(book, indices, BlockSpec(1, 2), (2, 4), exact=exact)


def test_both_codebooks_lie_on_one_grid():
    """A residual of other blocks cannot be added."""
    book, indices = np.zeros((1, 2), np.float32), np.zeros(4, np.uint8)
    other = CodebookWeight(np.zeros((1, 4), np.float32), indices[:2], BlockSpec(1, 4), (2, 4))
    with pytest.raises(ModelFileError, match="same grid"):
        CodebookWeight(book, indices, BlockSpec(1, 2), (2, 4), residual=other)


def test_what_is_pruned_is_zero_and_counts_for_nothing():
    """Whatever entries, residual, scales and exact blocks put there."""
    book = np.array([[1, 2], [3, 4]], np.float32)
    residual = CodebookWeight(
        np.full((1, 2), 10, np.float32), np.zeros(4, np.uint8), BlockSpec(1, 2), (2, 4)
    )
    kept = np.array([1, 0, 1, 1, 0, 0, 1, 0], bool)
    weight = CodebookWeight(
        book,
        np.array([0, 1, 0, 1], np.uint8),
        BlockSpec(1, 2),
        (2, 4),
        scales=np.array([1, -1], np.float32),
        residual=residual,
        exact=ExactBlocks(np.array([1]), np.array([[7, 8]], np.float32)),
        mask=Mask(kept, (1, 1), (2, 4)),
    )
    np.testing.assert_array_equal(weight.decode(), [[11, 0, 7, 8], [0, 0, -13, 0]])
    assert not np.signbit(weight.decode()[1, 0])
    np.testing.assert_array_equal(weight.live, [True, True, False, True])
    np.testing.assert_array_equal(weight.stored_indices, [0, 1, 1])
    np.testing.assert_array_equal(weight.counts, [1, 2])
    np.testing.assert_array_equal(weight.members(0), [0])
    with pytest.raises(ModelFileError, match="mask of shape"):
        replace(weight, mask=Mask(kept, (1, 1), (4, 2)))


def test_sqnr_is_ten_decibels_a_factor_of_ten():
    """And infinite without noise, and minus infinite without signal."""
    assert sqnr_db(1.0, 0.001) == pytest.approx(30)
    assert sqnr_db(0.0, 1.0) == -np.inf
    assert sqnr_db(0.0, 0.0) == np.inf
