"""Entropy coding of indices: close to their entropy, exact, in pieces that need no other.

docs/format.md describes the bytes.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wc_core.coding import _rans
from wc_core.coding.frequencies import MAX_SYMBOLS, Frequencies
from wc_core.errors import ModelFileError
from wc_core.threads import run_pieces
from wc_core.words import _

PER_PIECE = 1 << 19  # indices at most
MAX_LANES_LOG = 6
_PER_LANE = 12000  # bits at least, where there is more than one lane: each costs about 24
_MAX_TURNS = 1 << 16  # of a lane; readers without a compiler do turn after turn
_LANES_AT = 5  # the bit of the first byte from which on the lanes stand; the precision is below
_LOWEST = 1 << 16


def n_pieces(n_indices: int) -> int:
    """Return into how many pieces so many indices are cut."""
    return -(-n_indices // PER_PIECE)


def bounds(n_indices: int) -> list[int]:
    """Return where the pieces begin, and where the last one ends; they are equal but for one."""
    n = n_pieces(n_indices)
    return [i * n_indices // n for i in range(n + 1)] if n else [0]


def encode_indices(indices: NDArray[np.integer], n_symbols: int) -> NDArray[np.uint8]:
    """Code indices in about as many bits as their entropy.

    Parameters
    ----------
    indices : ndarray of shape (n,)
        Whole numbers from 0 to `n_symbols` - 1.
    n_symbols : int
        1 to 65,536.

    Returns
    -------
    ndarray of uint8
        With the table that decoding needs; nothing at all for no indices, or one symbol.

    Raises
    ------
    ValueError
        If an index is none of the symbols.

    Examples
    --------
    >>> indices = np.repeat([0, 1, 2, 3], [900, 50, 30, 20])
    >>> payload = encode_indices(indices, 4)
    >>> len(payload), np.array_equal(decode_indices(payload, 4, 1000), indices)
    (84, True)
    """
    small = _small(indices, n_symbols)
    counts = index_counts(small, n_symbols)
    return encode_counted(small, counts)


def encode_counted(indices: NDArray[np.integer], counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Code indices that are counted already; see `encode_indices`."""
    present = np.flatnonzero(counts)
    if len(counts) < 2 or not len(present):
        return np.empty(0, np.uint8)
    if len(present) == 1:
        return np.frombuffer(bytes([0]) + varint(int(present[0])), np.uint8)
    table = Frequencies.of(counts)
    small = _small(indices, len(counts))
    edges, steps, lanes_log = bounds(len(small)), _steps(table), _lanes_log(table, counts)

    def coded(piece: int) -> tuple[NDArray[np.uint64], NDArray[np.uint16]]:
        some = small[edges[piece] : edges[piece + 1]]
        states = np.full(1 << lanes_log, _LOWEST, np.uint64)
        words = np.empty(len(some) + 1, np.uint16)
        start = _rans.encode(some, table.precision, steps, states, words)
        return states, words[start:].copy()

    pieces = run_pieces(coded, len(edges) - 1)
    first = table.precision | lanes_log << _LANES_AT
    parts = [np.array([first], np.uint8), table.to_bytes()]
    parts += [np.array([len(words)], "<u4").view(np.uint8) for _states, words in pieces[:-1]]
    for states, words in pieces:
        parts += [states.astype("<u4").view(np.uint8), words.astype("<u2").view(np.uint8)]
    return np.concatenate(parts)


def decode_indices(
    payload: NDArray[np.uint8], n_symbols: int, n_indices: int
) -> NDArray[np.unsignedinteger]:
    """Undo `encode_indices`.

    Returns
    -------
    ndarray of shape (n_indices,)
        uint8 for up to 256 symbols, uint16 for more.

    Raises
    ------
    ModelFileError
        If the payload is damaged in any way, or does not hold so many indices.
    """
    if not 1 <= n_symbols <= MAX_SYMBOLS or n_indices < 0:
        raise _damage(n_indices)
    dtype = _dtype(n_symbols)
    if n_symbols == 1 or n_indices == 0 or not len(payload) or payload[0] == 0:
        return np.full(n_indices, _only_symbol(payload, n_symbols, n_indices), dtype)
    payload = np.ascontiguousarray(payload)
    lanes_log, precision = divmod(int(payload[0]), 1 << _LANES_AT)
    if lanes_log > MAX_LANES_LOG:
        raise _damage(n_indices)
    table, n_bytes = Frequencies.from_bytes(payload[1:], precision, n_symbols)
    edges, lanes, slots = bounds(n_indices), 1 << lanes_log, _slots(table)
    pieces = _cut(payload[1 + n_bytes :], edges, lanes)
    indices = np.empty(n_indices, dtype)

    def decoded(piece: int) -> bool:
        words = np.zeros(len(pieces[piece]) // 2 + lanes, "<u2")
        words.view(np.uint8)[: len(pieces[piece])] = pieces[piece]
        states = words[: 2 * lanes].view("<u4").astype(np.uint64)
        n_words = len(pieces[piece]) // 2 - 2 * lanes
        some = indices[edges[piece] : edges[piece + 1]]
        return bool(states.min() >= _LOWEST) and bool(
            _rans.decode(words[2 * lanes :], n_words, table.precision, slots, states, some)
        )

    if not all(run_pieces(decoded, len(pieces))):
        raise _damage(n_indices)
    return indices


def index_counts(indices: NDArray[np.unsignedinteger], n_symbols: int) -> NDArray[np.int64]:
    """Return how often each symbol occurs, shape (n_symbols,).

    Raises
    ------
    ValueError
        If an index is none of them.
    """
    edges = bounds(len(indices))

    def counted(piece: int) -> NDArray[np.int64] | None:
        counts = np.zeros(n_symbols, np.int64)
        inside = _rans.count_symbols(indices[edges[piece] : edges[piece + 1]], counts)
        return counts if inside else None

    counts = np.zeros(n_symbols, np.int64)
    for some in run_pieces(counted, len(edges) - 1):
        if some is None:
            raise ValueError(_outside(n_symbols))
        counts += some
    return counts


def varint(number: int) -> bytes:
    """Write a number seven bits a byte, the lowest first; all but the last have their high bit."""
    out = bytearray()
    while number >> 7:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _small(indices: NDArray[np.integer], n_symbols: int) -> NDArray[np.unsignedinteger]:
    """Return indices in the smallest type, once it is sure that this changes none."""
    dtype = _dtype(n_symbols)
    if (
        indices.dtype != dtype
        and len(indices)
        and not 0 <= int(indices.min()) <= int(indices.max()) < n_symbols
    ):
        raise ValueError(_outside(n_symbols))
    return np.ascontiguousarray(indices, dtype)


def _dtype(n_symbols: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype(np.uint8 if n_symbols <= 256 else np.uint16)


def _outside(n_symbols: int) -> str:
    return f"indices of {n_symbols} symbols go from 0 to {n_symbols - 1}"


def _lanes_log(table: Frequencies, counts: NDArray[np.int64]) -> int:
    """Return the logarithm of the lanes: so many as are worth their states, or have turns to do."""
    n_indices, n_bits = int(counts.sum()), float(counts @ table.lengths())
    n = n_pieces(n_indices)
    n_lanes = max(1, int(n_bits // n) // _PER_LANE, n_indices // n // _MAX_TURNS)
    return min(n_lanes.bit_length() - 1, MAX_LANES_LOG)


def _steps(table: Frequencies) -> NDArray[np.uint64]:
    """Return what the encoder does for each symbol, see `_rans.encode`."""
    frequencies = np.maximum(table.values, 1).astype(np.uint64)
    whole = np.uint64(1 << (32 + table.precision))
    starts = np.cumsum(table.values) - table.values
    return np.stack(
        [
            frequencies << np.uint64(32 - table.precision),
            (whole + frequencies - np.uint64(1)) // frequencies,
            np.uint64(1 << table.precision) - frequencies,
            starts.astype(np.uint64),
        ],
        axis=1,
    )


def _slots(table: Frequencies) -> NDArray[np.uint64]:
    """Return what each value of a state's low bits stands for, see `_rans.decode`."""
    frequencies = table.values.astype(np.uint64)
    symbols = np.repeat(np.arange(len(frequencies), dtype=np.uint64), table.values)
    starts = np.cumsum(table.values) - table.values
    offsets = np.arange(len(symbols), dtype=np.uint64) - np.repeat(starts, table.values).astype(
        np.uint64
    )
    return symbols << np.uint64(32) | offsets << np.uint64(16) | frequencies[symbols]


def _cut(payload: NDArray[np.uint8], edges: list[int], lanes: int) -> list[NDArray[np.uint8]]:
    """Cut what follows the table into the bytes of each piece."""
    n = len(edges) - 1
    if len(payload) < 4 * (n - 1):
        raise _damage(edges[-1])
    n_words = payload[: 4 * (n - 1)].view("<u4").astype(np.int64)
    stops = np.cumsum([4 * (n - 1), *(4 * lanes + 2 * n_words), 0])
    stops[-1] = len(payload)
    sizes = np.diff(stops) - 4 * lanes
    if np.any(sizes < 0) or np.any(sizes > 2 * np.diff(edges)) or sizes[-1] % 2:
        raise _damage(edges[-1])
    return [payload[a:b] for a, b in pairwise(stops)]


def _only_symbol(payload: NDArray[np.uint8], n_symbols: int, n_indices: int) -> int:
    """Return the symbol of a payload that has only one."""
    data = payload[:5].tobytes()
    if n_symbols == 1 or n_indices == 0:
        if len(payload) == 0:
            return 0
    elif len(payload) > 1:
        symbol = sum((byte & 127) << (7 * i) for i, byte in enumerate(data[1:]))
        if symbol < n_symbols and bytes(payload) == bytes([0]) + varint(symbol):
            return symbol
    raise _damage(n_indices)


def _damage(n_indices: int) -> ModelFileError:
    msg = _("coded bytes are damaged: they do not decode to {n} indices")
    return ModelFileError(msg.format(n=n_indices))
