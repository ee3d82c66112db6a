"""The container apart from what its tensors mean: a safetensors file with our metadata."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, deserialize, safe_open

from wc_core.errors import ModelFileError
from wc_core.export._safetensors import payload_digest
from wc_core.layer_parts import OLD_PARTS, PARTS
from wc_core.models.files import FileBytes
from wc_core.models.weights import SAFETENSORS_DTYPES
from wc_core.stored import StoredTensor
from wc_core.words import _

METADATA_KEY = "weight_clustering_lab"
FORMAT_VERSIONS = (1, 2, 3)  # docs/format.md says what came with each


@dataclass(frozen=True, eq=False)
class Container:
    """A file taken apart: what it says of itself, and its tensors by stored name."""

    metadata: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]
    n_bytes: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of parts that a layer of its version may have."""
        return PARTS if self.metadata["format"] >= 3 else OLD_PARTS

    @property
    def layers(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says of each clustered layer."""
        layers: Mapping[str, Mapping[str, Any]] = self.metadata["layers"]
        return layers


def is_packed(path: Path) -> bool:
    """Tell whether a file claims to be a packed one, from its header alone."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = file.read(length) if 2 <= length <= 100_000_000 else b""
    except OSError:
        return False
    return METADATA_KEY in _metadata_of(header)


def open_container(source: bytes | Path) -> Container:
    """Take a packed file apart, whose checksum fits; its tensors are read when they are asked for.

    Raises
    ------
    ModelFileError
        If it is none, is of an unknown version, or its tensors do not match their checksum.
    """
    try:
        text, tensors, n_bytes = _in_file(source) if isinstance(source, Path) else _inside(source)
    except SafetensorError as error:
        raise ModelFileError(_("it is no safetensors file: {e}").format(e=error)) from error
    if text is None:
        msg = _("it is a safetensors file, but not one that this program packed")
        raise ModelFileError(msg)
    metadata = json.loads(text)
    if metadata["format"] not in FORMAT_VERSIONS:
        msg = _("its format has version {found}; this program reads versions {known}")
        known = ", ".join(map(str, FORMAT_VERSIONS))
        raise ModelFileError(msg.format(found=metadata["format"], known=known))
    if payload_digest(tensors) != metadata["sha256"]:
        raise ModelFileError(_("its tensors do not match their checksum"))
    return Container(metadata, tensors, n_bytes)


_Opened = tuple[str | None, Mapping[str, StoredTensor], int]


def _inside(content: bytes) -> _Opened:
    """Return the metadata of a file's bytes, its tensors by name, and its length."""
    tensors = {
        key: StoredTensor.from_bytes(
            SAFETENSORS_DTYPES[value["dtype"]], value["shape"], bytes(value["data"])
        )
        for key, value in deserialize(content)  # type: ignore[no-untyped-call]
    }
    length = int.from_bytes(content[:8], "little")
    return _metadata_of(content[8 : 8 + length]).get(METADATA_KEY), tensors, len(content)


def _in_file(path: Path) -> _Opened:
    """Return the same of a file; its tensors stay there until they are read."""
    file = FileBytes(path)
    with safe_open(path, framework="np"):
        pass  # the header fits the file
    length = int.from_bytes(file.read(0, 8), "little")
    header = json.loads(bytes(file.read(8, 8 + length)))
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, said in header.items():
        start, stop = (8 + length + at for at in said["data_offsets"])
        tensors[name] = StoredTensor(
            SAFETENSORS_DTYPES[said["dtype"]],
            tuple(said["shape"]),
            stop - start,
            partial(file.read, start, stop),
        )
    return metadata.get(METADATA_KEY), tensors, file.size


def _metadata_of(header: bytes) -> Mapping[str, str]:
    try:
        metadata = json.loads(header)["__metadata__"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
