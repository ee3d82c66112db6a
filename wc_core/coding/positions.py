"""Which cells are kept, as bytes: bit by bit, or by the gaps between them, each coded or not.

docs/format.md describes the bytes.

References
----------
S. Han, H. Mao, W. Dally, "Deep Compression", ICLR 2016: gaps of a fixed width, with an escape.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from wc_core.coding import _gaps
from wc_core.coding.bitpack import MAX_WIDTH, pack_indices, unpack_indices
from wc_core.coding.rans import decode_indices, encode_indices, varint
from wc_core.errors import ModelFileError
from wc_core.words import _

_CODED_WIDTH = 8  # of gaps that are entropy coded: long ones cost little as escapes
_LISTS_KEPT = 128
_Bytes = NDArray[np.uint8]
_Cells = NDArray[np.bool_]


def encode_positions(kept: NDArray[np.bool_], coding: str = "cheapest") -> tuple[_Bytes, str]:
    """Return the fewest bytes that say which cells are kept, and how they say it.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_cells,)
    coding : {"cheapest", "packed", "coded"}
        Whether all ways are tried, those without an entropy coder, or those with it.

    Returns
    -------
    payload : ndarray of uint8
    way : {"bitmap", "coded_bitmap", "gaps", "coded_gaps"}

    Examples
    --------
    >>> kept = np.zeros(1000, np.bool_)
    >>> kept[[5, 500]] = True
    >>> payload, way = encode_positions(kept)
    >>> way, len(payload), np.array_equal(decode_positions(payload, way, 1000), kept)
    ('gaps', 5, True)
    """
    plain: Mapping[str, Callable[[_Cells], _Bytes]] = {"bitmap": _bitmap, "gaps": _plain_gaps}
    coded = {"coded_bitmap": _coded_bitmap, "coded_gaps": _coded_gaps}
    ways = {"packed": plain, "coded": coded, "cheapest": {**plain, **coded}}[coding]
    made = {way: encode(kept) for way, encode in ways.items()}
    best = min(made, key=lambda way: len(made[way]))  # the first of equals
    return made[best], best


def decode_positions(payload: NDArray[np.uint8], way: str, n_cells: int) -> NDArray[np.bool_]:
    """Undo `encode_positions`.

    Raises
    ------
    ModelFileError
        If the way is unknown, or the payload is damaged.
    """
    if way in ("bitmap", "coded_bitmap"):
        n_bytes = -(-n_cells // 8)
        bits = payload if way == "bitmap" else decode_indices(payload, 256, n_bytes)
        if len(bits) != n_bytes or (n_cells % 8 and bits[-1] & (255 >> n_cells % 8)):
            raise _damage(n_cells)
        return np.unpackbits(bits, count=n_cells).view(np.bool_)
    if way in ("gaps", "coded_gaps"):
        return _cells(payload, way == "coded_gaps", n_cells)
    msg = _("positions are coded as {way}, which this program does not know: get a newer one")
    raise ModelFileError(msg.format(way=way))


def _bitmap(kept: _Cells) -> _Bytes:
    return np.packbits(kept)


def _coded_bitmap(kept: _Cells) -> _Bytes:
    return encode_indices(np.packbits(kept), 256)


def _plain_gaps(kept: _Cells) -> _Bytes:
    """Return gaps in the width that takes the fewest bits, of those that may."""
    listed, flag = _rarer(kept)
    mean = len(listed) // max(1, int(np.count_nonzero(listed)))
    least = min(max(1, mean.bit_length() - 1), MAX_WIDTH)
    near = range(least, min(least + 3, MAX_WIDTH) + 1)
    bits = {w: w * _gaps.count_gaps(listed, (1 << w) - 1) for w in near}
    width = min(bits, key=lambda w: bits[w])
    gaps = _listed_gaps(listed, width)
    return _with_head(flag, width, gaps, pack_indices(gaps, width))


def _coded_gaps(kept: _Cells) -> _Bytes:
    listed, flag = _rarer(kept)
    gaps = _listed_gaps(listed, _CODED_WIDTH)
    return _with_head(flag, _CODED_WIDTH, gaps, encode_indices(gaps, 1 << _CODED_WIDTH))


def _rarer(kept: _Cells) -> tuple[_Cells, int]:
    """Return the cells that are listed: kept or pruned ones, whichever are fewer; and a flag."""
    keeps_few = 2 * np.count_nonzero(kept) <= len(kept)
    return (kept, _LISTS_KEPT) if keeps_few else (~kept, 0)


def _listed_gaps(listed: _Cells, width: int) -> NDArray[np.unsignedinteger]:
    escape = (1 << width) - 1
    dtype: np.dtype[np.unsignedinteger] = np.dtype(np.uint8 if width <= 8 else np.uint16)
    gaps = np.empty(_gaps.count_gaps(listed, escape), dtype)
    _gaps.list_gaps(listed, escape, gaps)
    return gaps


def _with_head(flag: int, width: int, gaps: NDArray, data: _Bytes) -> _Bytes:
    head = bytes([flag | width]) + varint(len(gaps))
    return np.concatenate([np.frombuffer(head, np.uint8), data])


def _cells(payload: _Bytes, is_coded: bool, n_cells: int) -> _Cells:
    """Return which cells are kept, from gaps."""
    lists_kept, width, n_gaps, data = _head(payload, n_cells)
    if is_coded:
        gaps = decode_indices(data, 1 << width, n_gaps)
    else:
        gaps = unpack_indices(data, width, n_gaps)
    listed = np.zeros(n_cells, np.bool_)
    if not _gaps.place_gaps(gaps, (1 << width) - 1, listed):
        raise _damage(n_cells)
    return listed if lists_kept else ~listed


def _head(payload: _Bytes, n_cells: int) -> tuple[bool, int, int, _Bytes]:
    """Return whether kept cells are listed, the width, the number of gaps, and what follows."""
    start = payload[:6].tobytes()
    n_gaps, at = 0, 1
    for at, byte in enumerate(start[1:], 1):
        n_gaps |= (byte & 127) << (7 * (at - 1))
        if byte < 128:
            break
    width = start[0] & 127 if start else 0
    # Every gap stands for one cell at least.
    if not 1 <= width <= MAX_WIDTH or n_gaps > n_cells or start[1 : at + 1] != varint(n_gaps):
        raise _damage(n_cells)
    return start[0] >= _LISTS_KEPT, width, n_gaps, payload[at + 1 :]


def _damage(n_cells: int) -> ModelFileError:
    msg = _("the positions of what is kept are damaged: they do not fit {n} cells")
    return ModelFileError(msg.format(n=n_cells))
