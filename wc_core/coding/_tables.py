"""Loops that fit, write and read tables of frequencies, compiled."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel

MAX_PRECISION = 16
_LONGEST = 17  # bits of the largest number that a table may hold


@kernel
def fit_frequencies(
    counts: NDArray[np.int64], total: int, precision: int, frequencies: NDArray[np.int64]
) -> None:
    """Round shares to whole frequencies that add up to 2**precision, none of those present to 0.

    Parameters
    ----------
    counts : ndarray of shape (n_symbols,)
        At least two are positive, and no more than 2**precision.
    total : int
        Their sum.
    precision : int
    frequencies : ndarray of shape (n_symbols,)
        Takes the frequencies.
    """
    whole = 1 << precision
    left = whole
    remainders = np.empty(len(counts), np.int64)
    for s in range(len(counts)):
        scaled = counts[s] * whole
        frequencies[s] = max(scaled // total, min(counts[s], 1))
        # What was raised to 1 has more than its share already.
        remainders[s] = scaled % total if scaled >= total else 0
        left -= frequencies[s]
    if left < 0:
        left = _give_back(frequencies, remainders, -left)
    # Those that lost most by rounding get one each; of equals the lower symbol.
    order = np.argsort(-remainders, kind="mergesort")
    for i in range(left):
        frequencies[order[i]] += 1


@kernel
def _give_back(frequencies: NDArray[np.int64], remainders: NDArray[np.int64], excess: int) -> int:
    """Take from all that have more than 1 in proportion; return what was taken too much."""
    spare = 0
    for s in range(len(frequencies)):
        spare += max(frequencies[s] - 1, 0)
    taken = 0
    for s in range(len(frequencies)):
        has = max(frequencies[s] - 1, 0)
        take = -((-has * excess) // spare)
        frequencies[s] -= take
        taken += take
        remainders[s] = take * spare - has * excess
    return taken - excess


@kernel
def coded_bits(counts: NDArray[np.int64], precision: int, frequencies: NDArray[np.int64]) -> float:
    """Return the bits of all symbols together, each log2(2**precision / frequency)."""
    bits = 0.0
    for s in range(len(counts)):
        if counts[s]:
            bits += counts[s] * (precision - np.log2(frequencies[s]))
    return bits


@kernel
def _bit_length(number: int) -> int:
    length = 0
    while number:
        number >>= 1
        length += 1
    return length


@kernel
def _put(out: NDArray[np.uint8], at: int, number: int, length: int) -> int:
    """Write a number in so many bits, the most significant first; only count if `out` is empty."""
    if len(out):
        for i in range(length):
            if (number >> (length - 1 - i)) & 1:
                out[(at + i) >> 3] |= 128 >> ((at + i) & 7)
    return at + length


@kernel
def write_table(frequencies: NDArray[np.int64], precision: int, out: NDArray[np.uint8]) -> int:
    """Write frequencies; docs/format.md says how.

    Parameters
    ----------
    frequencies : ndarray of shape (n_symbols,)
    precision : int
    out : ndarray of zeros
        Takes the bits; empty if they are only counted.

    Returns
    -------
    int
        Bits written.
    """
    at, s, n_symbols = 0, 0, len(frequencies)
    before = max(1, _bit_length((1 << precision) // n_symbols))
    while s < n_symbols:
        length = _bit_length(frequencies[s])
        change = length - before
        code = 2 * change + 1 if change >= 0 else -2 * change
        at = _put(out, at, code, 2 * _bit_length(code) - 1)
        if length:
            at = _put(out, at, frequencies[s] - (1 << (length - 1)), length - 1)
            before = length
            s += 1
        else:
            run = 1
            while s + run < n_symbols and frequencies[s + run] == 0:
                run += 1
            at = _put(out, at, run, 2 * _bit_length(run) - 1)
            s += run
    return at


@kernel
def _gamma(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Read a number in the gamma code of Elias; return it, or 0 for damage, and where it ends."""
    end = 8 * len(data)
    n_zeros = 0
    while at < end and not (data[at >> 3] >> (7 - (at & 7))) & 1:
        n_zeros += 1
        at += 1
    if n_zeros >= _LONGEST or at + n_zeros >= end:
        return 0, at
    return _get(data, at, n_zeros + 1), at + n_zeros + 1


@kernel
def _get(data: NDArray[np.uint8], at: int, length: int) -> int:
    number = 0
    for i in range(at, at + length):
        number = 2 * number + ((data[i >> 3] >> (7 - (i & 7))) & 1)
    return number


@kernel
def read_table(data: NDArray[np.uint8], precision: int, frequencies: NDArray[np.int64]) -> int:
    """Undo `write_table`.

    Returns
    -------
    int
        Bytes that were read, or -1 if they are no table whose frequencies add up.
    """
    at, s, n_symbols = 0, 0, len(frequencies)
    left = 1 << precision
    before = max(1, _bit_length((1 << precision) // n_symbols))
    frequencies[:] = 0
    while s < n_symbols:
        code, at = _gamma(data, at)
        length = before + (code // 2 if code % 2 else -(code // 2))
        if code == 0 or not 0 <= length <= precision:
            return -1
        if length:
            if at + length - 1 > 8 * len(data):
                return -1
            frequencies[s] = (1 << (length - 1)) + _get(data, at, length - 1)
            at += length - 1
            left -= frequencies[s]
            before = length
            s += 1
        else:
            run, at = _gamma(data, at)
            if run == 0 or run > n_symbols - s:
                return -1
            s += run
    return (at + 7) // 8 if left == 0 else -1
