"""Indices in whichever form takes fewer bytes."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from wc_core.coding.bitpack import pack_indices, packed_bytes, unpack_indices
from wc_core.coding.frequencies import code_lengths, table_bytes
from wc_core.coding.rans import decode_indices, encode_counted
from wc_core.errors import ModelFileError
from wc_core.stored import StoredTensor
from wc_core.words import _

_SURELY = 0.999  # of the bits that code lengths add up to, a coder cannot take fewer


def stored_indices(
    indices: NDArray[np.integer], counts: NDArray[np.int64], coding: str
) -> tuple[StoredTensor, str]:
    """Return indices as they are stored, and how they are coded.

    Parameters
    ----------
    indices : ndarray of shape (n,)
    counts : ndarray of shape (n_symbols,)
        How often each occurs.
    coding : {"cheapest", "packed", "coded"}
        Packed are all at a fixed width, when they are read; coded are those that occur more
        often in fewer bits, at once. The cheapest of the two has fewer bytes; packed if equal.

    Returns
    -------
    StoredTensor
    way : {"packed", "coded"}
    """
    width = (len(counts) - 1).bit_length()
    n_packed = packed_bytes(len(indices), width)
    if coding == "coded" or (coding == "cheapest" and _least_coded_bytes(counts) < n_packed):
        payload = encode_counted(indices, counts)
        if coding == "coded" or len(payload) < n_packed:
            return StoredTensor.of(payload), "coded"
    pack = partial(pack_indices, indices, width)
    return StoredTensor("uint8", (n_packed,), n_packed, pack), "packed"


def read_indices(
    payload: NDArray[np.uint8], way: str, n_symbols: int, n_indices: int
) -> NDArray[np.unsignedinteger]:
    """Undo `stored_indices`.

    Raises
    ------
    ModelFileError
        If the way is unknown, or the payload is damaged.
    """
    if way == "packed":
        return unpack_indices(payload, (n_symbols - 1).bit_length(), n_indices)
    if way == "coded":
        return decode_indices(payload, n_symbols, n_indices)
    msg = _("indices are coded as {way}, which this program does not know: get a newer one")
    raise ModelFileError(msg.format(way=way))


def _least_coded_bytes(counts: NDArray[np.int64]) -> float:
    """Return what coded indices take at least."""
    return _SURELY * float(counts @ code_lengths(counts)) / 8 + table_bytes(counts)
