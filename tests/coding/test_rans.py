"""Entropy coding is exact, close to the entropy, and refuses what it did not write."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import ModelFileError
from wc_core.coding import code_lengths, decode_indices, encode_indices, rans, table_bytes
from wc_core.export.decoder import DecodeError, rans_decode
from wc_core.threads import limit_threads


def skewed(n, n_symbols, seed, power=2.0):
    """Draw indices of which some are much more frequent than others."""
    rng = np.random.default_rng(seed)
    share = rng.random(n_symbols) ** power + 1e-9
    return rng.choice(n_symbols, n, p=share / share.sum())


def entropy_bits(indices):
    """Return the bits that an ideal coder spends on all of them."""
    counts = np.bincount(indices)
    counts = counts[counts > 0]
    return float(-(counts * np.log2(counts / len(indices))).sum())


n_symbols = st.one_of(st.integers(1, 20), st.sampled_from([255, 256, 257, 1000, 65536]))


@given(st.integers(0, 3000), n_symbols, st.integers(0, 2**32 - 1), st.floats(0, 30))
def test_coding_round_trips(n, n_symbols, seed, power):
    """decode(encode(i)) is i, for any number of symbols and any distribution."""
    indices = skewed(n, n_symbols, seed, power)
    again = decode_indices(encode_indices(indices, n_symbols), n_symbols, n)
    np.testing.assert_array_equal(again, indices)
    assert again.dtype == (np.uint8 if n_symbols <= 256 else np.uint16)


@given(st.integers(0, 2000), n_symbols, st.integers(0, 2**32 - 1), st.floats(0, 9))
@settings(max_examples=50)
def test_plain_numpy_decodes_the_same(n, n_symbols, seed, power):
    """The decoder that ships with files has no compiler and reads the same bytes."""
    indices = skewed(n, n_symbols, seed, power)
    np.testing.assert_array_equal(
        rans_decode(encode_indices(indices, n_symbols), n_symbols, n), indices
    )


@pytest.mark.parametrize("power", [0.5, 40])
@pytest.mark.parametrize("over", [-1, 0, 1, 2, 4097])
def test_lengths_around_and_beyond_one_piece_round_trip(monkeypatch, power, over):
    """Work is done in pieces, by any number of threads; the bytes are the same."""
    monkeypatch.setattr(rans, "PER_PIECE", 1 << 17)
    indices = skewed(2 * rans.PER_PIECE + over, 16, 0, power)
    payloads = []
    for n in (1, 2, 3):
        with limit_threads(n):
            payloads.append(encode_indices(indices, 16).tobytes())
            payload = np.frombuffer(payloads[-1], np.uint8)
            np.testing.assert_array_equal(decode_indices(payload, 16, len(indices)), indices)
    assert len(set(payloads)) == 1


def test_both_decoders_cut_the_same_pieces():
    """More than one piece, the last steps with lanes that have nothing left to do."""
    indices = skewed(2 * rans.PER_PIECE + 77, 5, 0, 1.0).astype(np.uint8)
    payload = encode_indices(indices, 5)
    np.testing.assert_array_equal(decode_indices(payload, 5, len(indices)), indices)
    np.testing.assert_array_equal(rans_decode(payload, 5, len(indices)), indices)


@pytest.mark.parametrize(("n_symbols", "n"), [(2, 200_000), (16, 200_000), (256, 400_000)])
def test_it_comes_within_half_a_percent_of_the_entropy(n_symbols, n):
    """Table, states and rounding of frequencies counted in."""
    indices = skewed(n, n_symbols, 3)
    n_bits = 8 * len(encode_indices(indices, n_symbols))
    assert entropy_bits(indices) <= n_bits <= 1.005 * entropy_bits(indices)


@given(st.integers(2, 3000), st.integers(2, 300), st.integers(0, 2**32 - 1), st.floats(0, 9))
def test_code_lengths_tell_what_is_spent(n, n_symbols, seed, power):
    """Lengths and table add up to the payload, but for the states of its one lane."""
    indices = skewed(n, n_symbols, seed, power)
    counts = np.bincount(indices, minlength=n_symbols)
    said = float(counts @ code_lengths(counts)) / 8 + table_bytes(counts)
    is_trivial = np.count_nonzero(counts) == 1
    found = len(encode_indices(indices, n_symbols))
    assert found == said if is_trivial else said - 0.01 * n <= found <= said + 6 + 0.01 * n


def test_few_symbols_cost_next_to_nothing():
    """None or one distinct symbol takes up to four bytes, and a short row little more than it."""
    assert len(encode_indices(np.zeros(1000, int), 1)) == 0
    assert len(encode_indices(np.zeros(0, int), 16)) == 0
    assert len(encode_indices(np.full(10**6, 9), 16)) == 2
    assert len(encode_indices(np.full(10**6, 65535), 65536)) == 4
    short = skewed(100, 16, 0)
    assert len(encode_indices(short, 16)) < entropy_bits(short) / 8 + 16


def test_tables_are_small():
    """A table of 16 takes up to 30 bytes, one of 256 far less than 400."""
    bell = np.random.default_rng(0).normal(size=10**6)
    for n_symbols, most in ((16, 30), (256, 300)):
        indices = np.clip(bell * n_symbols / 8 + n_symbols / 2, 0, n_symbols - 1).astype(int)
        assert table_bytes(np.bincount(indices, minlength=n_symbols)) < most


@pytest.mark.parametrize("index", [-1, 4])
def test_what_is_no_symbol_is_refused(index):
    """An index is never changed to fit."""
    for dtype in (np.int64, np.int8):
        with pytest.raises(ValueError, match="0 to 3"):
            encode_indices(np.array([0, 1, index], dtype), 4)


PAYLOAD = encode_indices(skewed(30_000, 16, 0), 16)


@pytest.mark.parametrize("n", [0, 1, 29_999, 30_001, 10**6])
def test_another_number_of_indices_is_refused(n):
    """A forged length does not go unnoticed."""
    with pytest.raises(ModelFileError, match="damaged"):
        decode_indices(PAYLOAD, 16, n)
    with pytest.raises(DecodeError):
        rans_decode(PAYLOAD, 16, n)


@given(st.floats(0, 1, exclude_max=True))
def test_truncated_payloads_are_refused(where):
    """Cut anywhere, by both decoders."""
    cut = PAYLOAD[: int(where * len(PAYLOAD))]
    with pytest.raises(ModelFileError, match="damaged"):
        decode_indices(cut, 16, 30_000)
    with pytest.raises(DecodeError):
        rans_decode(cut, 16, 30_000)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_never_gives_anything_but_symbols(where, flip):
    """Refused, or whole numbers below 16: nothing is read or written outside its array."""
    damaged = PAYLOAD.copy()
    damaged[where % len(damaged)] ^= flip
    try:
        indices = decode_indices(damaged, 16, 30_000)
    except ModelFileError:
        return
    assert int(indices.max()) < 16


@given(st.binary(max_size=300), st.sampled_from([2, 16, 256, 257, 65536]), st.integers(1, 10**5))
@settings(max_examples=300)
def test_noise_is_refused_or_decodes_alike(data, n_symbols, n):
    """Whatever the bytes, both decoders agree, and raise nothing but their own error."""
    payload = np.frombuffer(data, np.uint8)
    said = []
    for decode in (decode_indices, rans_decode):
        try:
            said.append(decode(payload, n_symbols, n).tolist())
        except (ModelFileError, DecodeError):
            said.append("refused")
    assert said[0] == said[1]


def test_forged_sizes_of_pieces_are_refused():
    """A piece may not reach into the next one, nor beyond the end."""
    indices = skewed(rans.PER_PIECE + 10, 4, 0).astype(np.uint8)
    payload = encode_indices(indices, 4)
    counts = np.bincount(indices, minlength=4)
    at = table_bytes(counts)
    for forged in (0, 1, 2**16, 2**31, 2**32 - 1):
        damaged = payload.copy()
        damaged[at : at + 4] = np.frombuffer(forged.to_bytes(4, "little"), np.uint8)
        with pytest.raises(ModelFileError, match="damaged"):
            decode_indices(damaged, 4, len(indices))
        with pytest.raises(DecodeError):
            rans_decode(damaged, 4, len(indices))
