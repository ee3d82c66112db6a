"""Writing safetensors files whose bytes depend on nothing but their content."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from wc_core.models.weights import SAFETENSORS_DTYPES
from wc_core.stored import StoredTensor

T = TypeVar("T")

# The format's own writers sort tensors by type, the widest first, then by name.
_ORDER = ("U64", "I64", "F64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "I8", "U8", "BOOL")
_CODES = {dtype: code for code, dtype in SAFETENSORS_DTYPES.items()}


def serialized(
    tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str]
) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a safetensors file in pieces: its header, then a tensor at a time.

    The same bytes as the format's own library writes for at most one metadata key; with more
    the order of its keys differs from run to run.
    """
    ordered = sorted(tensors, key=lambda name: (_ORDER.index(_CODES[tensors[name].dtype]), name))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name in ordered:
        tensor = tensors[name]
        place = [at, at := at + tensor.n_bytes]
        shape = list(tensor.shape)
        header[name] = {"dtype": _CODES[tensor.dtype], "shape": shape, "data_offsets": place}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in ordered:
        yield tensors[name].read().data


def payload_digest(tensors: Mapping[str, StoredTensor]) -> str:
    """Return the SHA-256 over the bytes of all stored tensors, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].read().data)
    return digest.hexdigest()


def write_at_once(
    path: Path, pieces: Iterable[bytes | memoryview], check: Callable[[Path], T]
) -> T:
    """Write a file completely or not at all.

    Parameters
    ----------
    path : Path
    pieces : iterable of bytes
    check : callable
        Is given what was written before it takes the file's place. Its answer is returned;
        if it raises, nothing is left.

    Raises
    ------
    OSError
        If the folder is missing or not writable; a file that was there stays as it was.
    """
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        written = Path(part.name)
        try:
            for piece in pieces:
                part.write(piece)
            part.flush()
            answer = check(written)
            written.chmod(0o644)
            written.replace(path)
        except BaseException:
            written.unlink()
            raise
    return answer
