"""Tables of frequencies are exact, small, and what the coder counts with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import ModelFileError
from wc_core.coding import code_lengths, table_bytes
from wc_core.coding._tables import fit_frequencies
from wc_core.coding.frequencies import ABSENT_BITS, Frequencies

counts_of_some = st.lists(
    st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 10**9)), min_size=2, max_size=300
).filter(lambda counts: sum(count > 0 for count in counts) > 1)


@given(counts_of_some)
def test_what_occurs_has_a_frequency_and_all_add_up(counts):
    """A symbol that occurs can be coded; one that does not takes nothing from the others."""
    table = Frequencies.of(np.array(counts))
    np.testing.assert_array_equal(table.values > 0, np.array(counts) > 0)
    assert table.values.sum() == 2**table.precision


@given(counts_of_some)
def test_tables_round_trip_in_the_bytes_they_are_said_to_take(counts):
    """read(write(table)) is the table, whatever follows it."""
    table = Frequencies.of(np.array(counts))
    data = table.to_bytes()
    assert len(data) == table.n_bytes == table_bytes(np.array(counts)) - 1
    followed = np.concatenate([data, np.full(9, 255, np.uint8)])
    again, n_bytes = Frequencies.from_bytes(followed, table.precision, len(counts))
    np.testing.assert_array_equal(again.values, table.values)
    assert n_bytes == len(data)


@given(counts_of_some)
def test_lengths_are_those_of_a_code(counts):
    """Kraft's sum of those that occur is 1; others have a large finite length."""
    lengths = code_lengths(np.array(counts))
    present = np.array(counts) > 0
    assert np.exp2(-lengths[present]).sum() == pytest.approx(1)
    assert np.all(lengths[~present] == ABSENT_BITS)


@given(counts_of_some, st.integers(1, 16))
def test_no_other_precision_is_cheaper(counts, precision):
    """Bits of the symbols and of the table together, but for two in ten thousand."""
    array = np.array(counts)
    if np.count_nonzero(array) > 2**precision:
        return
    other = Frequencies(precision, np.empty(len(array), np.int64))
    fit_frequencies(array, int(array.sum()), precision, other.values)
    ours = Frequencies.of(array)
    assert cost(ours, array) <= 1.0002 * cost(other, array) + 8


def cost(table, counts):
    return float(counts[counts > 0] @ table.lengths()[counts > 0]) + 8 * table.n_bytes


def test_one_symbol_takes_no_bits():
    """There is nothing to tell."""
    np.testing.assert_array_equal(code_lengths(np.array([0, 7, 0])), [ABSENT_BITS, 0, ABSENT_BITS])
    assert table_bytes(np.array([7])) == 0


@given(st.binary(max_size=60), st.integers(0, 31), st.sampled_from([2, 5, 256, 65536]))
def test_noise_is_no_table_unless_it_adds_up(data, precision, n_symbols):
    """Refused, or frequencies of the right sum."""
    try:
        table, n_bytes = Frequencies.from_bytes(np.frombuffer(data, np.uint8), precision, n_symbols)
    except ModelFileError:
        return
    assert table.values.sum() == 2**precision
    assert 0 < n_bytes <= len(data)
