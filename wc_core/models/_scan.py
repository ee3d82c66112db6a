"""One pass over a model's files: their digest, and tensors with values that cannot be used."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wc_core.models.files import FileBytes, Place
from wc_core.models.weights import FLOATS

CHUNK = 1 << 22
_MOST = np.float64(np.finfo(np.float32).max)
# For each dtype the unsigned numbers of its bits, without the sign these grow with the
# magnitude; a mask without the sign; and the bits of the largest number that can be used.
_BITS = {
    "float64": ("<u8", 0x7FFF_FFFF_FFFF_FFFF, int(_MOST.view(np.uint64))),
    "float32": ("<u4", 0x7FFF_FFFF, 0x7F7F_FFFF),
    "float16": ("<u2", 0x7FFF, 0x7BFF),
    "bfloat16": ("<u2", 0x7FFF, 0x7F7F),
}


def scan(files: Sequence[FileBytes], places: Mapping[str, Place]) -> tuple[str, set[str]]:
    """Return the SHA-256 over files, one after the other, and which tensors to look at again.

    These hold NaN, infinite values or values beyond single precision. While one chunk is
    hashed, the next is read and looked at.

    Parameters
    ----------
    files : sequence of FileBytes
    places : mapping of str to Place
        Where in these files the tensors lie.
    """
    digest, odd = hashlib.sha256(), set()
    buffers = [np.empty(CHUNK, np.uint8) for _side in range(2)]

    def looked_at(turn: int, piece: tuple[FileBytes, int, int, str]) -> NDArray[np.uint8]:
        file, start, stop, name = piece
        chunk = buffers[turn % 2][: stop - start]
        file.read_into(chunk, start)
        if name and name not in odd and not is_usable(chunk, places[name].dtype):
            odd.add(name)
        return chunk

    with ThreadPoolExecutor(1) as pool:
        pending = None
        for turn, piece in enumerate(_pieces(files, places)):
            coming = pool.submit(looked_at, turn, piece)
            if pending is not None:
                digest.update(pending.data)
            pending = coming.result()
        if pending is not None:
            digest.update(pending.data)
    return digest.hexdigest(), odd


def is_usable(stored: NDArray[np.uint8], dtype: str) -> bool:
    """Tell whether all numbers are finite in single precision.

    Parameters
    ----------
    stored : ndarray of uint8
        Numbers as a file holds them.
    dtype : str
        Numbers of other than floating-point types are all usable.
    """
    if dtype not in FLOATS:
        return True
    unsigned, mask, most = _BITS[dtype]
    bits = stored.view(unsigned)
    return bool((bits & bits.dtype.type(mask)).max(initial=0) <= most)


def _pieces(
    files: Sequence[FileBytes], places: Mapping[str, Place]
) -> Iterator[tuple[FileBytes, int, int, str]]:
    """Cut files into chunks of one tensor each, or of none: (file, start, stop, tensor or "")."""
    for file in files:
        inside = {
            p.start: name for name, p in places.items() if p.file is file and p.stop > p.start
        }
        ends = (p.stop for p in places.values() if p.file is file)
        for start, stop in pairwise(sorted({0, file.size, *inside, *ends})):
            for at in range(start, stop, CHUNK):
                yield file, at, min(at + CHUNK, stop), inside.get(start, "")
