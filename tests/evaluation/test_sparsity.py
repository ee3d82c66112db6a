"""Zeros are counted exactly, in the whole and block by block."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError
from wc_core.evaluation import block_sparsity, sparsity

shapes = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(tuple)
blocks = st.builds(BlockSpec, st.integers(1, 7), st.integers(1, 12))


@settings(deadline=None)  # a busy machine is no failure
@given(shapes, blocks, st.integers(0, 2**16))
def test_each_block_is_judged_by_the_weights_it_has(shape, block, seed):
    """The share is that of the matrix's own part, also where a block sticks out."""
    weight = np.random.default_rng(seed).integers(0, 2, shape).astype(np.float32)
    matrix = weight.reshape(shape[0], -1)
    shares = block_sparsity(weight, block)
    for (row, col), share in np.ndenumerate(shares):
        top, left = row * block.rows, col * block.cols
        part = matrix[top : top + block.rows, left : left + block.cols]
        assert share == pytest.approx((part == 0).mean())
    assert shares.shape == (-(-shape[0] // block.rows), -(-prod(shape[1:]) // block.cols))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
def test_any_type_of_number_has_zeros(dtype):
    """Only exact zeros count, of either sign, in any dtype."""
    weight = np.array([[0, 1, 0, 0], [2, 0, 3, 4]], dtype)
    assert sparsity(weight) == 0.5
    np.testing.assert_array_equal(block_sparsity(weight, BlockSpec(2, 2)), [[0.5, 0.5]])


def test_tiny_weights_are_not_zeros():
    """The smallest float is not zero; negative zero is."""
    weight = np.array([[np.finfo(np.float64).smallest_subnormal, -0.0]])
    assert sparsity(weight) == 0.5
    np.testing.assert_array_equal(block_sparsity(weight, BlockSpec()), [[0, 1]])


def test_nothing_has_no_zeros_and_no_blocks():
    """An empty array has no zeros; it cannot be cut."""
    assert sparsity(np.zeros((0, 4))) == 0
    with pytest.raises(ConfigError):
        block_sparsity(np.zeros((0, 4)), BlockSpec())
