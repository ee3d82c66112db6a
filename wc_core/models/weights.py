"""The one border between torch, stored bytes and numpy.

numpy has no bfloat16: such tensors are held as float32, which represents each of
their values exactly, and their true dtype stands beside them in `TensorInfo`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError
from wc_core.number_types import to_bfloat16
from wc_core.words import _

if TYPE_CHECKING:
    import torch

SAFETENSORS_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
FLOATS = ("float64", "float32", "float16", "bfloat16")
ITEM_BYTES = {
    name: 2 if name == "bfloat16" else np.dtype(name).itemsize
    for name in SAFETENSORS_DTYPES.values()
}


def from_stored(data: bytes | memoryview, dtype: str, shape: Sequence[int]) -> NDArray:
    """Read an array from little-endian bytes.

    Parameters
    ----------
    data : bytes or memoryview
    dtype : str
        Dtype in the file; "bfloat16" comes out as float32.
    shape : sequence of int

    Returns
    -------
    ndarray, read-only

    Raises
    ------
    ModelFileError
        If the bytes are not as many as the shape needs.
    """
    raw = np.frombuffer(data, "<u2" if dtype == "bfloat16" else np.dtype(dtype).newbyteorder("<"))
    if dtype == "bfloat16":
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    if raw.size != np.prod(shape, dtype=np.int64):
        msg = _("{n} values do not fill a tensor of shape {shape}")
        raise ModelFileError(msg.format(n=raw.size, shape=tuple(shape)))
    array = raw.reshape(tuple(shape))
    if not array.flags.aligned:  # some writers do not pad their header; torch wants it aligned
        array = array.copy()
    array.flags.writeable = False
    return array


def stored_bytes(array: NDArray, dtype: str) -> bytes:
    """Return an array as little-endian bytes of a dtype, rounding to it.

    Examples
    --------
    >>> from_stored(stored_bytes(np.float32([1.5]), "bfloat16"), "bfloat16", [1])
    array([1.5], dtype=float32)
    """
    if dtype == "bfloat16":
        bits = to_bfloat16(array.astype(np.float32)).view(np.uint32) >> 16
        return bits.astype("<u2").tobytes()
    return np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes()


def round_to(array: NDArray[np.floating], dtype: str) -> NDArray[np.floating]:
    """Round values to a dtype and hold them as models hold tensors of that dtype.

    Returns
    -------
    ndarray, read-only
        float32 for "bfloat16", else of the dtype itself; a view where there is nothing to round.
    """
    rounded = to_bfloat16(array) if dtype == "bfloat16" else array.astype(dtype, copy=False).view()
    rounded.flags.writeable = False
    return rounded


def to_numpy(tensor: "torch.Tensor") -> NDArray:
    """Return a torch tensor as a read-only array."""
    import torch

    plain = tensor.detach().cpu()
    array = (plain.float() if plain.dtype == torch.bfloat16 else plain).contiguous().numpy()
    array.flags.writeable = False
    return array


def to_torch(array: NDArray) -> "torch.Tensor":
    """Return an array as a torch tensor that shares its memory; the tensor is not to be written."""
    import torch

    return torch.from_numpy(np.asarray(_SharedMemory(np.ascontiguousarray(array))))


class _SharedMemory:
    """An array's memory without its read-only flag, of which torch warns; nobody writes to it."""

    def __init__(self, array: NDArray) -> None:
        self._owner = array  # keeps the memory alive
        place = (array.ctypes.data, False)
        self.__array_interface__ = {**array.__array_interface__, "data": place}
