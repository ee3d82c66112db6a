"""Loops of bit packing, compiled."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel

_BYTE = np.uint64(8)
_WORD = np.uint64(32)


@kernel
def pack_nibbles(indices: NDArray[np.uint8], payload: NDArray[np.uint8]) -> None:
    """Pack indices of four bits, two a byte, the first in the high bits."""
    for at in range(len(indices) // 2):
        payload[at] = (indices[2 * at] << 4) | indices[2 * at + 1]
    if len(indices) % 2:
        payload[-1] = indices[-1] << 4


@kernel
def unpack_nibbles(payload: NDArray[np.uint8], indices: NDArray[np.uint8]) -> None:
    """Undo `pack_nibbles`."""
    for at in range(len(indices) // 2):
        indices[2 * at] = payload[at] >> 4
        indices[2 * at + 1] = payload[at] & 15
    if len(indices) % 2:
        indices[-1] = payload[-1] >> 4


@kernel
def pack_bits(indices: NDArray[np.unsignedinteger], width: int, payload: NDArray[np.uint8]) -> None:
    """Pack indices of up to 16 bits, the most significant first; the last byte ends in zeros."""
    step = np.uint64(width)
    held, n_held, at = np.uint64(0), np.uint64(0), 0  # bits that are not written yet
    for index in indices:
        held = (held << step) | np.uint64(index)
        n_held += step
        if n_held >= _WORD:
            n_held -= _WORD
            word = held >> n_held
            payload[at] = (word >> np.uint64(24)) & np.uint64(255)
            payload[at + 1] = (word >> np.uint64(16)) & np.uint64(255)
            payload[at + 2] = (word >> np.uint64(8)) & np.uint64(255)
            payload[at + 3] = word & np.uint64(255)
            at += 4
    while n_held >= _BYTE:
        n_held -= _BYTE
        payload[at] = (held >> n_held) & np.uint64(255)
        at += 1
    if n_held:
        payload[at] = (held << (_BYTE - n_held)) & np.uint64(255)


@kernel
def unpack_bits(
    payload: NDArray[np.uint8], width: int, indices: NDArray[np.unsignedinteger]
) -> None:
    """Undo `pack_bits`."""
    step, mask = np.uint64(width), (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    held, n_held, at = np.uint64(0), np.uint64(0), 0
    for i in range(len(indices)):
        while n_held < step:
            held = (held << _BYTE) | np.uint64(payload[at])
            n_held += _BYTE
            at += 1
        n_held -= step
        indices[i] = (held >> n_held) & mask
