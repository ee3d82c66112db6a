"""Fixed-width bit packing: n indices of w bits take ceil(n * w / 8) bytes."""

import numpy as np
from numpy.typing import NDArray

from wc_core.coding._bits import pack_bits, pack_nibbles, unpack_bits, unpack_nibbles
from wc_core.errors import ModelFileError
from wc_core.threads import run_pieces
from wc_core.words import _

MAX_WIDTH = 16
_PER_PIECE = 1 << 20  # a multiple of 8, so that every piece but the last ends on a byte


def packed_bytes(n_indices: int, width: int) -> int:
    """Return the bytes that `n_indices` indices of `width` bits take.

    Examples
    --------
    >>> packed_bytes(3, 3), packed_bytes(16, 4), packed_bytes(5, 0)
    (2, 8, 0)
    """
    return -(-n_indices * width // 8)


def pack_indices(indices: NDArray[np.integer], width: int) -> NDArray[np.uint8]:
    """Pack indices into `width` bits each, most significant bit first.

    Parameters
    ----------
    indices : ndarray of shape (n,)
        Whole numbers from 0 to 2**width - 1.
    width : int
        Bits per index, 0 to 16. Zero bits code a single value, 0.

    Returns
    -------
    ndarray of uint8 of shape (ceil(n * width / 8),)
        The unused low bits of the last byte are 0.

    Raises
    ------
    ValueError
        If an index needs more bits, or the width is impossible.

    Examples
    --------
    >>> pack_indices(np.array([1, 2, 3]), 2)
    array([108], dtype=uint8)
    """
    _check_width(width)
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >> width):
        msg = f"indices from {indices.min()} to {indices.max()} do not fit in {width} bits"
        raise ValueError(msg)
    payload = np.empty(packed_bytes(len(indices), width), np.uint8)
    small = np.ascontiguousarray(indices, _dtype(width))
    if width in (8, 16):
        payload.view(f">u{width // 8}")[:] = small
    elif width:
        run_pieces(lambda piece: _pack(*_piece(piece, small, payload, width), width), _n(small))
    return payload


def unpack_indices(
    payload: NDArray[np.uint8], width: int, n_indices: int
) -> NDArray[np.unsignedinteger]:
    """Undo `pack_indices`.

    Returns
    -------
    ndarray of shape (n_indices,)
        uint8 up to eight bits, uint16 above.

    Raises
    ------
    ModelFileError
        If the payload is not as long as `n_indices` indices are.
    """
    _check_width(width)
    if len(payload) != packed_bytes(n_indices, width):
        msg = _("{n} indices of {width} bits take {wanted} bytes, the file holds {found}")
        raise ModelFileError(
            msg.format(
                n=n_indices, width=width, wanted=packed_bytes(n_indices, width), found=len(payload)
            )
        )
    if width == 0:
        return np.zeros(n_indices, _dtype(width))
    packed = np.ascontiguousarray(payload)
    if width in (8, 16):
        return packed.view(f">u{width // 8}").astype(_dtype(width))
    indices = np.empty(n_indices, _dtype(width))
    run_pieces(lambda piece: _unpack(*_piece(piece, indices, packed, width), width), _n(indices))
    return indices


def _pack(indices: NDArray[np.unsignedinteger], payload: NDArray[np.uint8], width: int) -> None:
    if width == 4:
        pack_nibbles(indices, payload)
    else:
        pack_bits(indices, width, payload)


def _unpack(indices: NDArray[np.unsignedinteger], payload: NDArray[np.uint8], width: int) -> None:
    if width == 4:
        unpack_nibbles(payload, indices)
    else:
        unpack_bits(payload, width, indices)


def _piece(
    piece: int, indices: NDArray[np.unsignedinteger], payload: NDArray[np.uint8], width: int
) -> tuple[NDArray[np.unsignedinteger], NDArray[np.uint8]]:
    """Return a piece of both; all pieces but the last end on a byte."""
    start = piece * _PER_PIECE
    stop = min(start + _PER_PIECE, len(indices))
    return indices[start:stop], payload[start * width // 8 : packed_bytes(stop, width)]


def _n(indices: NDArray) -> int:
    """Return the number of pieces."""
    return -(-len(indices) // _PER_PIECE)


def _dtype(width: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype(np.uint8 if width <= 8 else np.uint16)


def _check_width(width: int) -> None:
    if not 0 <= width <= MAX_WIDTH:
        msg = f"indices have 0 to {MAX_WIDTH} bits, not {width}"
        raise ValueError(msg)
