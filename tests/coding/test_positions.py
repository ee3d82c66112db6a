"""Positions of what is kept are exact in every form, and the form is the cheapest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import ModelFileError
from wc_core.coding import decode_positions, encode_positions, positions
from wc_core.export import decoder

WAYS = {
    "bitmap": positions._bitmap,
    "coded_bitmap": positions._coded_bitmap,
    "gaps": positions._plain_gaps,
    "coded_gaps": positions._coded_gaps,
}


def drawn(n, share, seed):
    return np.random.default_rng(seed).random(n) < share


cells = st.builds(
    drawn,
    st.integers(0, 3000),
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.001, 0.01, 0.99, 1.0])),
    st.integers(0, 2**32 - 1),
)


@pytest.mark.parametrize("way", WAYS)
@given(kept=cells)
def test_every_form_round_trips(way, kept):
    """Dense and sparse, all and none; by both decoders."""
    payload = WAYS[way](kept)
    np.testing.assert_array_equal(decode_positions(payload, way, len(kept)), kept)
    np.testing.assert_array_equal(decoder._positions(payload, way, len(kept)), kept)


@given(cells, st.sampled_from(["cheapest", "packed", "coded"]))
def test_the_cheapest_form_of_those_asked_for_is_taken(kept, coding):
    """By real bytes."""
    asked = {
        "packed": ("bitmap", "gaps"),
        "coded": ("coded_bitmap", "coded_gaps"),
        "cheapest": tuple(WAYS),
    }[coding]
    payload, way = encode_positions(kept, coding)
    assert way in asked
    assert len(payload) == min(len(WAYS[form](kept)) for form in asked)


def test_each_kind_of_mask_has_its_form():
    """Even chances: bit by bit; few kept: gaps; N:M patterns: coded bits; long runs: few bytes."""
    assert encode_positions(drawn(40_000, 0.5, 0))[1] == "bitmap"
    assert encode_positions(drawn(40_000, 0.1, 0))[1] in ("coded_gaps", "coded_bitmap")
    assert encode_positions(drawn(40_000, 0.1, 0), "packed")[1] == "gaps"
    assert encode_positions(np.arange(1000) == 500)[1] == "gaps"
    order = np.random.default_rng(0).random((10_000, 4)).argsort(axis=1)
    payload, way = encode_positions((order < 2).reshape(-1))
    assert way == "coded_bitmap"
    assert 8 * len(payload) < 0.66 * order.size  # log2(6) bits for each four
    assert len(encode_positions(np.arange(40_000) < 20_000)[0]) < 50


@pytest.mark.parametrize("way", WAYS)
def test_damage_is_refused(way):
    """Truncated, with bytes too many, for other numbers of cells, or coded in an unknown way."""
    kept = drawn(3000, 0.1, 0)
    payload = WAYS[way](kept)
    for cut in range(0, len(payload), 7):
        with pytest.raises(ModelFileError):
            decode_positions(payload[:cut], way, 3000)
    with pytest.raises(ModelFileError):
        decode_positions(np.append(payload, np.uint8(0)), way, 3000)
    with pytest.raises(ModelFileError):
        decode_positions(payload, way, 2000)
    with pytest.raises(ModelFileError, match="get a newer one"):
        decode_positions(payload, "arithmetic", 3000)


@given(st.binary(max_size=100), st.sampled_from(sorted(WAYS)), st.integers(0, 5000))
def test_noise_is_refused_or_decodes_alike(data, way, n):
    """Whatever the bytes, both decoders agree, and raise nothing but their own error."""
    payload = np.frombuffer(data, np.uint8)
    said = []
    for decode in (decode_positions, decoder._positions):
        try:
            said.append(decode(payload, way, n).tolist())
        except (ModelFileError, decoder.DecodeError):
            said.append("refused")
    assert said[0] == said[1]
