"""Fixed-width bit packing: n indices of w bits take ceil(n * w / 8) bytes."""

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError
from wc_core.words import _

MAX_WIDTH = 16
_PER_PIECE = 1 << 16  # a multiple of 8, so that every piece but the last ends on a byte


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
    if width == 8:
        return indices.astype(np.uint8)
    shifts = np.arange(width - 1, -1, -1, dtype=np.uint16)
    pieces = [
        np.packbits((indices[start : start + _PER_PIECE, None].astype(np.uint16) >> shifts) & 1)
        for start in range(0, len(indices) if width else 0, _PER_PIECE)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0, np.uint8)


def unpack_indices(payload: NDArray[np.uint8], width: int, n_indices: int) -> NDArray[np.integer]:
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
    dtype = np.dtype(np.uint8 if width <= 8 else np.uint16)
    if width == 0:
        return np.zeros(n_indices, dtype)
    if width == 8:
        return payload.copy()
    indices: NDArray[np.integer] = np.empty(n_indices, dtype)
    weights = (1 << np.arange(width - 1, -1, -1)).astype(dtype)
    for start in range(0, n_indices, _PER_PIECE):
        stop = min(start + _PER_PIECE, n_indices)
        piece = payload[start * width // 8 : packed_bytes(stop, width)]
        bits = np.unpackbits(piece, count=(stop - start) * width)
        indices[start:stop] = np.matmul(bits.reshape(-1, width).astype(dtype), weights)
    return indices


def _check_width(width: int) -> None:
    if not 0 <= width <= MAX_WIDTH:
        msg = f"indices have 0 to {MAX_WIDTH} bits, not {width}"
        raise ValueError(msg)
