"""A tensor as a file holds it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor as a file holds it; its bytes are made or read when they are asked for.

    Parameters
    ----------
    dtype : str
        "float32", "bfloat16", "uint8", ...
    shape : tuple of int
    n_bytes : int
    read : callable
        Returns the bytes, little-endian, row-major, as an array of uint8.
    """

    dtype: str
    shape: tuple[int, ...]
    n_bytes: int
    read: Callable[[], NDArray[np.uint8]]

    @classmethod
    def of(cls, array: NDArray, dtype: str | None = None) -> "StoredTensor":
        """Store an array in its own dtype, or the bits that it holds as another of that width."""
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return cls(dtype or array.dtype.name, array.shape, data.nbytes, lambda: data)

    @classmethod
    def from_bytes(cls, dtype: str, shape: tuple[int, ...], data: bytes) -> "StoredTensor":
        """Store bytes as they are."""
        return cls(dtype, tuple(shape), len(data), lambda: np.frombuffer(data, np.uint8))
