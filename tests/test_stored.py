"""Stored tensors give the bytes that they say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wc_core.stored import StoredTensor

dtypes = st.sampled_from(["float32", "float16", "int8", "uint8", "uint32"])


@given(dtypes, st.lists(st.integers(0, 4), max_size=3))
def test_an_array_is_stored_row_by_row(dtype, shape):
    """Type, shape and as many bytes as it has; from a view as from an array of its own."""
    array = np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)
    for view in (array, array.T):
        stored = StoredTensor.of(view)
        assert (stored.dtype, stored.shape, stored.n_bytes) == (dtype, view.shape, view.nbytes)
        assert stored.read().tobytes() == view.tobytes()


def test_bits_may_stand_for_another_type():
    """There is no bfloat16 in numpy: its bits come as whole numbers."""
    stored = StoredTensor.of(np.array([[0x3F80]], np.uint16), "bfloat16")
    assert (stored.dtype, stored.shape, stored.n_bytes) == ("bfloat16", (1, 1), 2)


def test_bytes_are_stored_as_they_are():
    """They come out as they went in."""
    stored = StoredTensor.from_bytes("uint8", (3,), b"abc")
    assert stored.read().tobytes() == b"abc"
    assert stored.n_bytes == 3
