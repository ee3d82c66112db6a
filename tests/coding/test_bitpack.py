"""Packing is exact for every width and length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import ModelFileError
from wc_core.coding import bitpack, pack_indices, packed_bytes, unpack_indices
from wc_core.threads import limit_threads


def plainly_packed(indices, width):
    """Pack bit by bit."""
    shifts = np.arange(width - 1, -1, -1)
    return np.packbits((indices[:, None] >> shifts) & 1)


@given(st.integers(1, 16), st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_packing_is_a_row_of_bits(width, n, seed):
    """Most significant first, index after index."""
    indices = np.random.default_rng(seed).integers(0, 1 << width, n)
    np.testing.assert_array_equal(pack_indices(indices, width), plainly_packed(indices, width))


@given(st.integers(0, 16), st.integers(0, 300), st.integers(0, 2**32 - 1))
def test_packing_round_trips(width, n, seed):
    """unpack(pack(i)) is i, in exactly ceil(n * width / 8) bytes."""
    indices = np.random.default_rng(seed).integers(0, 1 << width, n)
    payload = pack_indices(indices, width)
    assert len(payload) == packed_bytes(n, width) == -(-n * width // 8)
    np.testing.assert_array_equal(unpack_indices(payload, width, n), indices)


@pytest.mark.parametrize("width", [1, 3, 4, 11])
def test_lengths_beyond_one_piece_round_trip(width):
    """Work is done in pieces, by any number of threads; the seams do not show."""
    indices = np.random.default_rng(0).integers(0, 1 << width, 3 * bitpack._PER_PIECE + 5)
    for n in (1, 2, 4):
        with limit_threads(n):
            payload = pack_indices(indices, width)
            again = unpack_indices(payload, width, len(indices))
        np.testing.assert_array_equal(payload, plainly_packed(indices, width))
        np.testing.assert_array_equal(again, indices)


@pytest.mark.parametrize(("width", "dtype"), [(3, np.uint8), (8, np.uint8), (9, np.uint16)])
def test_unpacked_indices_have_the_smallest_type(width, dtype):
    """Memory of a layer's indices is a byte each, wherever that will do."""
    payload = pack_indices(np.zeros(5, np.int64), width)
    assert unpack_indices(payload, width, 5).dtype == dtype


def test_the_first_index_is_in_the_highest_bits():
    """The order of bits is part of the file format."""
    np.testing.assert_array_equal(
        pack_indices(np.array([1, 2, 3, 4, 5]), 3), [0b00101001, 0b11001010]
    )


@pytest.mark.parametrize(("indices", "width"), [([4], 2), ([-1], 4), ([1], 0), ([1], 17)])
def test_what_does_not_fit_is_refused(indices, width):
    """An index is never cut to fit."""
    with pytest.raises(ValueError, match="bits"):
        pack_indices(np.array(indices), width)


@given(st.integers(1, 16), st.integers(1, 100), st.integers(-3, 3).filter(bool))
def test_payloads_of_the_wrong_length_are_refused(width, n, off):
    """Missing or surplus bytes are damage."""
    payload = np.zeros(max(0, packed_bytes(n, width) + off), np.uint8)
    with pytest.raises(ModelFileError, match="bytes"):
        unpack_indices(payload, width, n)
