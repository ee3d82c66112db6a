"""Compiled loops over weights do what plain numpy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core import BlockSpec
from wc_core.blocks import BlockGrid
from wc_core.codebook import CodebookWeight, ExactBlocks
from wc_core.threads import limit_threads
from wc_core.weight_loops import count_indices, error_sums


def plain_decode(weight):
    """Decode as the specification says, with whole arrays."""
    blocks = weight.codebook[weight.indices]
    if weight.residual is not None:
        blocks = blocks + weight.residual.codebook[weight.residual.indices]
    matrix = weight.grid.join(blocks).reshape(weight.grid.matrix_shape)
    if weight.scales is not None:
        matrix = matrix * weight.scales[:, None]
    if weight.exact is not None:
        blocks = weight.grid.split(matrix.reshape(weight.shape))
        blocks[weight.exact.positions] = weight.exact.values
        matrix = weight.grid.join(blocks)
    return matrix.reshape(weight.shape)


def any_weight(rng, shape, block, k, *, scaled, second, exact):
    grid = BlockGrid(shape, block)
    dtype = np.uint8 if k <= 256 else np.uint16

    def part(**more):
        codebook = rng.normal(size=(k, block.size)).astype(np.float32)
        indices = rng.integers(0, k, grid.n_blocks).astype(dtype)
        return CodebookWeight(codebook, indices, block, shape, **more)

    positions = np.flatnonzero(rng.random(grid.n_blocks) < 0.3)
    values = rng.normal(size=(len(positions), block.size)).astype(np.float32)
    return part(
        scales=rng.random(shape[0]).astype(np.float32) if scaled else None,
        residual=part() if second else None,
        exact=ExactBlocks(positions, values) if exact else None,
    )


@given(
    st.integers(0, 99),
    st.lists(st.integers(1, 7), min_size=2, max_size=4).map(tuple),
    st.builds(BlockSpec, st.integers(1, 4), st.integers(1, 6)),
    st.sampled_from([1, 5, 300]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_decoding_is_placing_entries(seed, shape, block, k, scaled, second, exact):
    """Ragged edges, scales, second codebooks and exact blocks, to the bit."""
    rng = np.random.default_rng(seed)
    weight = any_weight(rng, shape, block, k, scaled=scaled, second=second, exact=exact)
    np.testing.assert_array_equal(weight.decode(), plain_decode(weight))


@pytest.mark.parametrize("block", [BlockSpec(), BlockSpec(3, 5)], ids=str)
def test_pieces_of_a_large_weight_join_without_a_seam(block):
    """Whatever the number of threads."""
    rng = np.random.default_rng(0)
    weight = any_weight(rng, (1000, 701), block, 9, scaled=True, second=True, exact=True)
    for n in (1, 2, 4):
        with limit_threads(n):
            np.testing.assert_array_equal(weight.decode(), plain_decode(weight))


@given(st.lists(st.integers(0, 8), max_size=40), st.sampled_from([np.uint8, np.uint16]))
def test_counting_is_bincount(indices, dtype):
    """Of few and of odd numbers, too."""
    counts = np.zeros(9, np.int64)
    count_indices(np.array(indices, dtype), counts)
    np.testing.assert_array_equal(counts, np.bincount(np.array(indices, int), minlength=9))


numbers = st.floats(-1e3, 1e3, width=32)


@given(
    st.integers(0, 13).flatmap(lambda n: st.tuples(*[arrays(np.float32, n, elements=numbers)] * 2))
)
def test_sums_are_those_of_whole_arrays(pair):
    """Squares, squared errors, and numbers that are not zero."""
    before, after = pair
    sums = np.empty(4)
    error_sums(before, after, sums)
    wide, other = before.astype(np.float64), after.astype(np.float64)
    np.testing.assert_allclose(sums[:2], [(wide**2).sum(), ((wide - other) ** 2).sum()], rtol=1e-12)
    assert sums[2:].tolist() == [np.count_nonzero(before), np.count_nonzero(after)]
