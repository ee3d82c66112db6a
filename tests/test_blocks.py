"""Cutting and putting back loses nothing, for any shape and block."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError
from wc_core.blocks import BlockGrid

shapes = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(tuple)
blocks = st.builds(BlockSpec, st.integers(1, 7), st.integers(1, 12))


def numbered(shape):
    return np.arange(1, prod(shape) + 1, dtype=np.float32).reshape(shape)


@given(shapes, blocks)
def test_blocks_round_trip(shape, block):
    """join(split(w)) is w, to the bit."""
    grid = BlockGrid(shape, block)
    weight = numbered(shape)
    np.testing.assert_array_equal(grid.join(grid.split(weight)), weight)


@given(shapes, blocks)
def test_every_weight_is_in_one_block_and_the_rest_is_masked(shape, block):
    """Observed lanes are the weights, each once; all other lanes are NaN."""
    grid = BlockGrid(shape, block)
    cut = grid.split(numbered(shape))
    assert cut.shape == (grid.n_blocks, block.size)
    seen = cut[~np.isnan(cut)]
    np.testing.assert_array_equal(np.sort(seen), numbered(shape).ravel())
    assert grid.is_ragged == bool(np.isnan(cut).any())


@pytest.mark.parametrize(
    ("shape", "block", "n_blocks"),
    [((120, 400), BlockSpec(3, 5), 40 * 80), ((16, 6, 3, 3), BlockSpec(1, 9), 16 * 6)],
)
def test_block_counts_of_known_layers(shape, block, n_blocks):
    """A 120 x 400 matrix holds 40 x 80 blocks of 3 x 5; a 1 x 9 block is one 3 x 3 kernel."""
    assert BlockGrid(shape, block).n_blocks == n_blocks


def test_a_kernel_is_one_block():
    """Blocks of 1 x (kh * kw) hold whole kernels, in order."""
    weight = numbered((4, 3, 3, 3))
    cut = BlockGrid(weight.shape, BlockSpec(1, 9)).split(weight)
    np.testing.assert_array_equal(cut[5], weight[1, 2].ravel())


@given(shapes, blocks, st.integers(1, 40))
def test_pieces_cover_the_matrix_row_by_row(shape, block, n_weights):
    """Each row of blocks in one piece, each row of the matrix in one; small ones where possible."""
    grid = BlockGrid(shape, block)
    pieces = grid.pieces(n_weights)
    assert [r for p in pieces for r in range(p.start, p.stop)] == list(range(grid.grid_shape[0]))
    rows = [grid.rows(piece) for piece in pieces]
    assert [r for p in rows for r in range(p.start, p.stop)] == list(range(shape[0]))
    for piece, inside in zip(pieces, rows, strict=True):
        n_inside = (inside.stop - inside.start) * grid.matrix_shape[1]
        assert n_inside <= n_weights or piece.stop - piece.start == 1


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0)])
def test_what_is_no_matrix_is_refused(shape):
    """Vectors, scalars and empty weights have no blocks."""
    with pytest.raises(ConfigError, match="two or more dimensions"):
        BlockGrid(shape, BlockSpec())
