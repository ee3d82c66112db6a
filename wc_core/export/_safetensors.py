"""Writing safetensors files whose bytes depend on nothing but their content."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import TensorSpec, serialize


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor as a file holds it.

    Parameters
    ----------
    dtype : str
        "float32", "bfloat16", "uint8", ...
    shape : tuple of int
    data : ndarray of uint8
        Its bytes, little-endian, row-major.
    """

    dtype: str
    shape: tuple[int, ...]
    data: NDArray[np.uint8]

    @classmethod
    def of(cls, array: NDArray) -> "StoredTensor":
        """Store an array in its own dtype."""
        return cls.from_bytes(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())

    @classmethod
    def from_bytes(cls, dtype: str, shape: tuple[int, ...], data: bytes) -> "StoredTensor":
        """Store bytes as they are."""
        return cls(dtype, tuple(shape), np.frombuffer(data, np.uint8))


def serialized(tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a safetensors file.

    With more than one metadata key the order of keys, and so the bytes, would differ from
    run to run: give at most one.
    """
    specs = {
        name: TensorSpec(
            dtype=tensor.dtype,
            shape=list(tensor.shape),
            data_ptr=tensor.data.ctypes.data,
            data_len=tensor.data.nbytes,
        )
        for name, tensor in tensors.items()
    }
    return bytes(serialize(specs, metadata=dict(metadata) or None))


def payload_digest(tensors: Mapping[str, StoredTensor]) -> str:
    """Return the SHA-256 over the bytes of all stored tensors, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].data.data)
    return digest.hexdigest()


def write_at_once(path: Path, content: bytes) -> None:
    """Write a file completely or not at all.

    Raises
    ------
    OSError
        If the folder is missing or not writable; a file that was there stays as it was.
    """
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        try:
            part.write(content)
        except BaseException:
            Path(part.name).unlink()
            raise
    Path(part.name).chmod(0o644)
    Path(part.name).replace(path)
