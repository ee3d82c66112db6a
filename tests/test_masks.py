"""Masks know which weights they keep, whatever the cells and the blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import BlockSpec, ModelFileError
from wc_core.blocks import BlockGrid
from wc_core.masks import Mask, same_mask

sides = st.integers(1, 9)


@st.composite
def masks(draw):
    shape = draw(sides), draw(sides)
    cell = draw(sides), draw(sides)
    n_cells = -(-shape[0] // cell[0]) * -(-shape[1] // cell[1])
    kept = np.array(draw(st.lists(st.booleans(), min_size=n_cells, max_size=n_cells)), bool)
    return Mask(kept, cell, shape)


def plainly(mask):
    """Return what is kept, weight by weight, by the definition."""
    (rows, cols), (high, wide) = mask.shape, mask.cell
    cells = mask.kept.reshape(mask.grid_shape)
    return np.array([[cells[r // high, c // wide] for c in range(cols)] for r in range(rows)])


@given(masks(), sides, sides)
def test_rows_zeros_and_counts_follow_from_the_cells(mask, start, height):
    """Of some rows as of all; what sticks out over the edges is not counted."""
    plain = plainly(mask)
    some = slice(min(start, mask.shape[0]) - 1, min(start - 1 + height, mask.shape[0]))
    np.testing.assert_array_equal(mask.rows(some), plain[some])
    assert mask.n_kept_weights == plain.sum()
    assert mask.sparsity == pytest.approx(1 - plain.mean())
    out = np.ones(plain[some].shape, np.float32)
    mask.zero(some, out)
    np.testing.assert_array_equal(out, plain[some])


@given(masks(), sides, sides)
def test_a_block_lives_if_one_of_its_weights_does(mask, rows, cols):
    """Blocks and cells need not have the same sides, nor lie on one grid."""
    grid = BlockGrid(mask.shape, BlockSpec(rows, cols))
    kept = grid.split(plainly(mask).astype(np.float32))
    np.testing.assert_array_equal(mask.live_blocks(grid), np.nansum(kept, axis=1) > 0)


@pytest.mark.parametrize(
    ("n", "cell", "shape"),
    [(5, (1, 1), (2, 2)), (4, (0, 1), (2, 2)), (4, (1, 1), (4,)), (1, (1, 1), (0, 2))],
)
def test_masks_that_do_not_fit_are_refused(n, cell, shape):
    """A mask comes out of files as well."""
    with pytest.raises(ModelFileError, match="shape"):
        Mask(np.ones(n, bool), cell, shape)


def test_masks_are_the_same_only_by_the_same_cells():
    """The same weights by other cells are stored otherwise."""
    one = Mask(np.ones(4, bool), (1, 1), (2, 2))
    assert same_mask(one, Mask(np.ones(4, bool), (1, 1), (2, 2)))
    assert not same_mask(one, Mask(np.ones(1, bool), (2, 2), (2, 2)))
    assert not same_mask(one, None)
    assert same_mask(None, None)
