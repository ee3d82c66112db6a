"""From a path to a model: what kind of file it is, by its content, and what stands in it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from wc_core.assets import SAMPLE_MODELS
from wc_core.errors import ModelFileError, UnknownNameError, UnsafeFileError
from wc_core.models._contents import FileContents, canonical, examined, strip_wrappers
from wc_core.models._torch_archive import is_zip
from wc_core.models.files import Renamed
from wc_core.models.model import Forward, Model, TensorInfo
from wc_core.models.safetensors_file import (
    list_safetensors,
    list_sharded,
    read_safetensors,
    read_sharded,
)
from wc_core.words import _, mark

SAMPLE = "sample:"


class _Kind(NamedTuple):
    format: str
    list: Callable[[Path], tuple[TensorInfo, ...]]
    read: Callable[[Path], FileContents]


_FOREIGN = {
    b"version https://git-lfs": mark("it is a Git LFS pointer, not the file; run git lfs pull"),
    b"\x89HDF": mark("it is an HDF5 (Keras) file; export the model to ONNX"),
    b"GGUF": mark("it is a GGUF file; use the original safetensors"),
    b"<": mark("it is a web page or XML, not a model; download the file itself"),
    b"%PDF": mark("it is a PDF, not a model"),
    b"\x1f\x8b": mark("it is packed with gzip; unpack it first"),
    b"\x93NUMPY": mark("it is a numpy array without names; a state dict is needed"),
}


def load_model(source: str | Path, *, name: str | None = None) -> Model:
    """Read a model file; its kind is told by its content.

    Parameters
    ----------
    source : str or Path
        A .safetensors file, the index.json of a sharded one, a torch checkpoint, an .onnx
        file, or `sample:lenet5` / `sample:lenet_300_100`.
    name : str, optional
        What people call the file, if the path does not say.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        If the file is missing, empty, damaged, of an unknown kind, or holds NaN or infinite
        weights; the message names the tensors.
    UnsafeFileError
        If opening it would run code or exhaust the machine.
    UnknownNameError
        If there is no such sample.
    """
    path, shown = _locate(source, name)
    with _named(shown):
        kind = _sniff(path, shown)
        infos = kind.list(path)  # the header is understood before any data are read
        contents = kind.read(path)
        digest, n_bytes = examined(contents), contents.n_bytes
    prefix = _prefix(kind, infos)
    infos = tuple(canonical(info, prefix) for info in infos)
    forward, missing = runnable({i.name: i.shape for i in infos}, contents.graph)
    return Model(
        name=shown.removeprefix(SAMPLE).removesuffix(".index.json").rsplit(".", 1)[0] or shown,
        format=kind.format,
        digest=digest,
        file_bytes=n_bytes,
        infos=infos,
        tensors=Renamed(contents.tensors, prefix) if prefix else contents.tensors,
        prefix=prefix,
        forward=forward,
        missing=missing,
        graph=contents.graph,
        notes=contents.notes,
    )


def list_tensors(source: str | Path, *, name: str | None = None) -> tuple[TensorInfo, ...]:
    """Return the tensors of a model file from its header; their data are not read.

    Raises
    ------
    ModelFileError, UnsafeFileError, UnknownNameError
        As `load_model`.
    """
    path, shown = _locate(source, name)
    with _named(shown):
        kind = _sniff(path, shown)
        infos = kind.list(path)
    prefix = _prefix(kind, infos)
    return tuple(canonical(info, prefix) for info in infos)


def runnable(
    shapes: Mapping[str, tuple[int, ...]], graph: bytes | None
) -> tuple[Forward | None, str]:
    """Return how to run tensors of these names and shapes, or None and what is missing."""
    if graph is not None:
        from wc_core.models.onnx_file import onnx_forward

        return onnx_forward(graph)
    from wc_core.models.zoo import recognise

    return recognise(shapes)


@contextmanager
def _named(shown: str) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except ModelFileError as error:
        raise type(error)(f"{shown}: {error}") from error
    except OSError as error:
        msg = _("{name}: it cannot be read ({reason})")
        reason = error.strerror or type(error).__name__
        raise ModelFileError(msg.format(name=shown, reason=reason)) from error
    except MemoryError as error:
        msg = _("{name}: reading it needs more memory than there is")
        raise UnsafeFileError(msg.format(name=shown)) from error


def _prefix(kind: _Kind, infos: tuple[TensorInfo, ...]) -> str:
    """Return the prefix to strip; an ONNX graph refers to its tensors by their full names."""
    return "" if kind.format == "onnx" else strip_wrappers([info.name for info in infos])


def _locate(source: str | Path, name: str | None) -> tuple[Path, str]:
    if isinstance(source, str) and source.startswith(SAMPLE):
        key = source.removeprefix(SAMPLE)
        if key not in SAMPLE_MODELS:
            known = ", ".join(SAMPLE + sample for sample in SAMPLE_MODELS)
            msg = _("there is no sample model {source}; there are {known}")
            raise UnknownNameError(msg.format(source=source, known=known))
        return SAMPLE_MODELS[key], source
    path = Path(source)
    return path, name or path.name


def _sniff(path: Path, shown: str) -> _Kind:
    """Tell the kind of a file by its first bytes."""
    start = _first_bytes(path)
    if start[5:9] == b"\0\0\0{":  # the length of a JSON header, then the header
        return _Kind("safetensors", list_safetensors, read_safetensors)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, reason in _FOREIGN.items():
        if text.startswith(magic):
            raise ModelFileError(_(reason))
    if start.startswith((b"PK", b"\x80")):
        return _torch(path, start)
    if text.startswith(b"{"):
        return _Kind("safetensors", list_sharded, read_sharded)
    return _onnx(path, shown)


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise ModelFileError(_("it is a folder; a model file is needed"))
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        msg = _("it cannot be read ({reason})")
        raise ModelFileError(msg.format(reason=error.strerror)) from error
    if not start:
        raise ModelFileError(_("it is empty (0 bytes)"))
    return start


def _torch(path: Path, start: bytes) -> _Kind:
    if start.startswith(b"PK") and not is_zip(path):
        raise ModelFileError(
            _("it is a truncated zip archive: the end is missing; copy or download it again")
        )
    from wc_core.models.torch_file import list_torch, read_torch

    return _Kind("torch", list_torch, read_torch)


def _onnx(path: Path, shown: str) -> _Kind:
    """Take a file for ONNX, which has no magic number, if it parses as such."""
    from wc_core.models.onnx_file import list_onnx, looks_like_onnx, read_onnx

    if not shown.endswith(".onnx") and not looks_like_onnx(path):
        msg = _(
            "its content is of no known kind, or damaged; "
            "safetensors files, torch checkpoints and ONNX models are read"
        )
        raise ModelFileError(msg)
    return _Kind("onnx", list_onnx, read_onnx)
