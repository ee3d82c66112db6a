"""Numbers are rounded to what is read back, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core import ConfigError
from wc_core.number_types import NUMBER_TYPES, rounded, stored_array

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
SMALL = st.floats(-60000, 60000, width=32)


def read_back(stored, dtype, step):
    """Read stored numbers as a program in another language would."""
    if dtype == "int8":
        return stored.astype(np.float32) * np.float32(step)
    if dtype == "bfloat16":
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
@given(values=arrays(np.float32, st.integers(1, 20), elements=SMALL))
def test_what_is_stored_is_what_was_rounded(dtype, values):
    """Rounding twice changes nothing more, and the bytes are those counted."""
    near, step = rounded(values, dtype)
    stored = stored_array(near, dtype, step)
    assert (read_back(stored, dtype, step) == near).all()
    assert stored.nbytes + 4 * (dtype == "int8") == NUMBER_TYPES[dtype].bytes_of(len(values))
    if dtype != "int8":
        assert (rounded(near, dtype)[0] == near).all()


@given(arrays(np.float32, st.integers(1, 20), elements=FLOAT32))
def test_int8_is_off_by_half_a_step_at_most(values):
    """From the smallest numbers there are to the largest; all zeros stay zeros."""
    near, step = rounded(values, "int8")
    assert np.isfinite(near).all()
    off = np.abs(near.astype(np.float64) - values)
    assert off.max() <= 0.5001 * step + np.float64(np.abs(values).max()) * 1e-6
    assert (near[values == 0] == 0).all()
    assert (read_back(stored_array(near, "int8", step), "int8", step) == near).all()


def test_bfloat16_rounds_to_nearest_with_ties_to_even():
    """Eight bits of mantissa: the next number after 1 is 1 + 1/128."""
    near, _step = rounded(np.array([1 + 1 / 256, 1 + 3 / 256, 1.009], np.float32), "bfloat16")
    np.testing.assert_array_equal(near, [1, 1 + 4 / 256, 1 + 2 / 256])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_numbers_too_large_are_refused(dtype):
    """Rather than becoming infinite."""
    limit = NUMBER_TYPES[dtype].limit
    assert rounded(np.array([limit]), dtype)[0][0] == np.float32(limit)
    with pytest.raises(ConfigError, match=f"does not fit in {dtype}"):
        rounded(np.array([limit * 1.001]), dtype)
