import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wc_core.charts._pool import pool

SIDE = st.integers(1, 40)


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.tuples(SIDE, SIDE), elements=st.floats(-1e3, 1e3)), SIDE)
def test_pooling_keeps_the_total_whatever_the_shape(matrix, max_side):
    """No weight is lost or counted twice, and no side stays longer than asked."""
    pooled = pool(matrix, max_side=max_side, total=True)
    assert max(pooled.values.shape) <= max_side
    assert pooled.values.shape == (len(pooled.rows), len(pooled.cols))
    np.testing.assert_allclose(pooled.values.sum(), matrix.sum(), atol=1e-6)


@settings(deadline=None)
@given(st.tuples(SIDE, SIDE), SIDE)
def test_the_mean_of_a_patch_ignores_how_ragged_it_is(shape, max_side):
    """A constant matrix stays that constant, smaller patches at the edge included."""
    np.testing.assert_allclose(pool(np.full(shape, 2.5), max_side=max_side).values, 2.5)


def test_small_matrices_are_left_alone():
    """What fits is drawn as it is, and no note claims otherwise."""
    matrix = np.arange(6.0).reshape(2, 3)
    assert pool(matrix).values is matrix
    assert pool(matrix).note == ""


def test_a_pooled_matrix_says_so():
    """The note names the patch that one cell stands for."""
    assert "2 x 3" in pool(np.ones((4, 9)), max_side=3).note
