"""Crossing between torch, bytes and numpy changes no value."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core.models.weights import from_stored, round_to, stored_bytes, to_numpy, to_torch

floats = arrays(np.float32, st.integers(1, 20), elements=st.floats(-(2.0**100), 2.0**100, width=32))


@given(floats)
def test_bfloat16_is_rounded_as_torch_does(array):
    """To nearest, ties to even."""
    expected = torch.from_numpy(array.copy()).bfloat16().float().numpy()
    np.testing.assert_array_equal(round_to(array, "bfloat16"), expected)


@given(floats, st.sampled_from(["float32", "bfloat16", "float64"]))
def test_bytes_round_trip(array, dtype):
    """What is written is what is read."""
    rounded = round_to(array, dtype)
    again = from_stored(stored_bytes(rounded, dtype), dtype, array.shape)
    np.testing.assert_array_equal(again, rounded)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
def test_tensors_round_trip(dtype):
    """There and back."""
    tensor = torch.tensor([[0, 1], [1, 0]]).to(dtype)
    array = to_numpy(tensor)
    assert not array.flags.writeable
    assert torch.equal(to_torch(array).to(dtype), tensor)


def test_arrays_are_shared_with_torch_not_copied():
    """Running a model does not double its memory."""
    array = np.zeros((3, 3), np.float32)
    array.flags.writeable = False
    assert to_torch(array).data_ptr() == array.ctypes.data
