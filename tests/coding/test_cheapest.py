"""Indices are stored in whichever form takes fewer bytes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wc_core.coding import encode_indices, packed_bytes, read_indices, stored_indices


@given(
    st.integers(0, 2000), st.integers(1, 300), st.floats(0, 9), st.integers(0, 2**32 - 1),
    st.sampled_from(["cheapest", "packed", "coded"]),
)  # fmt: skip
def test_the_cheapest_has_the_fewest_bytes_and_others_are_forced(n, k, power, seed, coding):
    """By real bytes; and it round trips."""
    indices = (k * np.random.default_rng(seed).random(n) ** (1 + power)).astype(np.uint16)
    counts = np.bincount(indices, minlength=k).astype(np.int64)
    packed, coded = packed_bytes(n, (k - 1).bit_length()), len(encode_indices(indices, k))
    stored, way = stored_indices(indices, counts, coding)
    assert stored.n_bytes == len(stored.read())
    expected = {"cheapest": min(packed, coded), "packed": packed, "coded": coded}
    assert stored.n_bytes == expected[coding]
    assert way == coding or (
        coding == "cheapest" and way == ("coded" if coded < packed else "packed")
    )
    np.testing.assert_array_equal(read_indices(stored.read(), way, k, n), indices)
