"""Loops of the entropy coder, compiled: range asymmetric numeral systems, rANS.

Every lane has a state of 32 bits, from 2**16 on; what no longer fits is written 16 bits at a
time. Symbols go to lanes in turns, and the words of all lanes stand in the one order in which
the decoder asks for them, which is why the encoder starts with the last symbol.

References
----------
J. Duda, "Asymmetric numeral systems", arXiv:1311.2540, 2013.
F. Giesen, "Interleaved entropy coders", arXiv:1402.3392, 2014.
"""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel

_WORD = np.uint64(16)
_LOW = np.uint64(0xFFFF)
_LOWEST = np.uint64(1 << 16)  # that a state between two symbols may be


@kernel
def encode(
    indices: NDArray[np.unsignedinteger],
    precision: int,
    steps: NDArray[np.uint64],
    states: NDArray[np.uint64],
    words: NDArray[np.uint16],
) -> int:
    """Encode symbols from the last to the first.

    Parameters
    ----------
    indices : ndarray of shape (n,)
        Symbols whose frequency is not 0.
    precision : int
    steps : ndarray of shape (n_symbols, 4)
        Of each symbol: limit of the state before it, reciprocal of its frequency, what a
        quotient is multiplied by, and where its range starts.
    states : ndarray of shape (n_lanes,)
        Each 2**16; takes the last states.
    words : ndarray of shape (n,)
        Filled from its end.

    Returns
    -------
    int
        Position of the first word.
    """
    n_lanes = len(states)
    shift = np.uint64(32 + precision)
    at = len(words)
    stop = len(indices)
    while stop > 0:
        start = (stop - 1) // n_lanes * n_lanes
        for lane in range(stop - start - 1, -1, -1):
            step = steps[indices[start + lane]]
            x = states[lane]
            # The word is written in any case, and stays where the state was too large.
            words[at - 1] = np.uint16(x & _LOW)
            is_large = np.uint64(x >= step[0])
            x >>= _WORD * is_large
            at -= int(is_large)
            # The reciprocal gives the whole quotient exactly: states are below 2**32.
            states[lane] = x + ((x * step[1]) >> shift) * step[2] + step[3]
        stop = start
    return at


@kernel
def decode(
    words: NDArray[np.uint16],
    n_words: int,
    precision: int,
    slots: NDArray[np.uint64],
    states: NDArray[np.uint64],
    indices: NDArray[np.unsignedinteger],
) -> bool:
    """Undo `encode`.

    Parameters
    ----------
    words : ndarray of shape (n_words + 2 * n_lanes,)
        What lies beyond `n_words` is read, but never trusted.
    n_words, precision : int
    slots : ndarray of shape (2**precision,)
        What a state's low bits stand for: frequency, distance from where the symbol's range
        starts, and symbol, of 16 bits each.
    states : ndarray of shape (n_lanes,)
        From 2**16 to 2**32 - 1.
    indices : ndarray of shape (n,)
        Takes the symbols.

    Returns
    -------
    bool
        Whether all words were used and the states are those that an encoder starts with.
    """
    n_lanes = len(states)
    shift = np.uint64(precision)
    mask = (np.uint64(1) << shift) - np.uint64(1)
    at = 0
    for start in range(0, len(indices), n_lanes):
        if at > n_words:  # each lane reads at most one word: what was read is inside `words`
            return False
        for lane in range(min(n_lanes, len(indices) - start)):
            x = states[lane]
            slot = slots[x & mask]
            indices[start + lane] = slot >> np.uint64(32)
            x = (slot & _LOW) * (x >> shift) + ((slot >> _WORD) & _LOW)
            if x < _LOWEST:
                x = (x << _WORD) | np.uint64(words[at])
                at += 1
            states[lane] = x
    n_done = 0
    for lane in range(n_lanes):
        n_done += states[lane] == _LOWEST
    return at == n_words and n_done == n_lanes


@kernel
def count_symbols(indices: NDArray[np.unsignedinteger], counts: NDArray[np.int64]) -> bool:
    """Add to `counts` how often each symbol occurs; return whether none lies beyond them."""
    # Four tables in turns, as the same count twice in a row would have to wait for itself.
    n, whole = len(counts), len(indices) // 4 * 4
    tables = np.zeros((4, n + 1), np.int64)
    for i in range(0, whole, 4):
        for j in range(4):
            tables[j, min(int(indices[i + j]), n)] += 1
    for i in range(whole, len(indices)):
        tables[0, min(int(indices[i]), n)] += 1
    for s in range(n):
        counts[s] += tables[0, s] + tables[1, s] + tables[2, s] + tables[3, s]
    return bool(tables[:, n].sum() == 0)
