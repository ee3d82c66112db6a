"""Reading .safetensors files, single or sharded; their header is JSON and nothing in them runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.models._contents import FileContents, check_dtype
from wc_core.models.files import FileBytes, FileTensors, Place
from wc_core.models.model import TensorInfo
from wc_core.models.weights import SAFETENSORS_DTYPES
from wc_core.words import _

PACKED_KEY = "weight_clustering_lab"  # metadata of files that wc_core.save wrote


def list_safetensors(path: Path) -> tuple[TensorInfo, ...]:
    """Return the tensors of a file from its header alone.

    Raises
    ------
    ModelFileError
        If the header is damaged, does not fit the file, or lists unknown dtypes.
    """
    try:
        with safe_open(path, framework="np") as file:
            if PACKED_KEY in (file.metadata() or {}):
                raise ModelFileError(
                    _("it is a compressed file of this program: decode it, or open it as such")
                )
            slices = {name: file.get_slice(name) for name in file.offset_keys()}
            listed = {n: (s.get_dtype(), tuple(s.get_shape())) for n, s in slices.items()}
    except SafetensorError as error:
        msg = _("its safetensors header is damaged or does not fit the file ({error})")
        raise ModelFileError(msg.format(error=error)) from error
    for name, (dtype, _shape) in listed.items():
        check_dtype(name, SAFETENSORS_DTYPES.get(dtype, dtype))
    return tuple(
        TensorInfo(name, shape, SAFETENSORS_DTYPES[dtype])
        for name, (dtype, shape) in listed.items()
    )


def read_safetensors(path: Path) -> FileContents:
    """Read one file; each tensor is read when it is asked for."""
    infos = list_safetensors(path)
    file = FileBytes(path)
    return FileContents(infos, FileTensors(_places(file, infos)), (file,))


def list_sharded(path: Path) -> tuple[TensorInfo, ...]:
    """Return the tensors of all shards that an index.json names."""
    shards, expected = _index(path)
    infos = [info for shard in shards for info in list_safetensors(shard)]
    names = [info.name for info in infos]
    if len(set(names)) != len(names):
        raise ModelFileError(_("two of its shards hold a tensor of the same name"))
    lost = [name for name in expected if name not in set(names)]
    if lost:
        msg = _("its index names {name}, which no shard holds; use shards of the same model")
        raise ModelFileError(msg.format(name=", ".join(lost[:3])))
    return tuple(infos)


def read_sharded(path: Path) -> FileContents:
    """Read all shards that an index.json names; they lie in its folder."""
    infos = list_sharded(path)
    shards, _expected = _index(path)
    files = [FileBytes(shard) for shard in shards]
    places: dict[str, Place] = {}
    for shard, file in zip(shards, files, strict=True):
        places |= _places(file, list_safetensors(shard))
    return FileContents(infos, FileTensors(places), (FileBytes(path), *files))


def _places(file: FileBytes, infos: tuple[TensorInfo, ...]) -> Mapping[str, Place]:
    """Return where the tensors lie, which have been checked against the file."""
    length = int.from_bytes(file.read(0, 8), "little")
    header = json.loads(bytes(file.read(8, 8 + length)))
    places = {}
    for info in infos:
        start, stop = (8 + length + at for at in header[info.name]["data_offsets"])
        places[info.name] = Place(file, start, stop, info.dtype, info.shape)
    return places


def _index(path: Path) -> tuple[list[Path], list[str]]:
    """Return the shards that an index names, and the tensors that they must hold."""
    try:
        index: Any = json.loads(path.read_text(encoding="utf-8"))
        names = sorted(set(index["weight_map"].values()))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        msg = _("it is no index of shards: a JSON object with a weight_map is needed")
        raise ModelFileError(msg) from error
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            msg = _("its index names the shard {name!r}, which lies outside its folder")
            raise UnsafeFileError(msg.format(name=name))
        if name not in _files_beside(path):
            msg = _("its shard {name} is missing; put all shards beside the index")
            raise ModelFileError(msg.format(name=name))
    return [path.parent / name for name in names], list(index["weight_map"])


def _files_beside(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir() if entry.is_file()}
