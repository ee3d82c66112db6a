"""What is checked of a torch checkpoint before torch gets to see it."""

import pickletools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.words import _

MAX_EXPANSION = 20  # bytes claimed per byte of file; tensors are stored uncompressed, so 1 is usual
MAX_DEPTH = 100  # tensors in dicts in tuples take about 10

_PUTS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GETS = ("GET", "BINGET", "LONG_BINGET")


def check_archive(path: Path, how_to_save: Callable[[str], str]) -> None:
    """Raise if a zip archive is no checkpoint that can be read safely and exactly.

    Parameters
    ----------
    path : Path
    how_to_save : callable
        Tells a person how to save the model instead, given the name of the function that opens it.

    Raises
    ------
    ModelFileError
        If it is damaged, not from torch, recompressed, or from a big-endian machine.
    UnsafeFileError
        If it carries code or would exhaust the machine.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), path.stat().st_size, how_to_save)
            _check_records(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError) as error:
        if isinstance(error, ModelFileError):
            raise
        msg = _("it is a damaged zip archive ({error}); copy or download it again")
        raise ModelFileError(msg.format(error=first_line(error))) from error


def check_nesting(pickles: IO[bytes]) -> None:
    """Raise if a pickle, or one of several, nests deeper than any checkpoint.

    Python compares and prints nested tuples by recursion in C: a few hundred thousand levels,
    a megabyte of pickle, crash the process. Nothing is built here; damage is left for torch to
    report.

    Raises
    ------
    UnsafeFileError
        If something lies deeper than `MAX_DEPTH`.
    """
    try:
        if _deepest(pickles) <= MAX_DEPTH:
            return
    except (ValueError, IndexError, KeyError, OverflowError):
        return  # torch stops at the same place, before anything is built around it
    raise UnsafeFileError(_("it nests objects deeper than any state dict does"))


def first_line(error: Exception) -> str:
    """Return the start of an error's text, or its kind if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def _check_members(
    members: list[zipfile.ZipInfo], n_bytes: int, how_to_save: Callable[[str], str]
) -> None:
    names = [member.filename for member in members]
    if not any(name.endswith("data.pkl") for name in names):
        msg = _("it is a zip archive, but not a torch checkpoint; a model file is needed")
        raise ModelFileError(msg)
    if any("/code/" in name or name.endswith("constants.pkl") for name in names):
        msg = _("it is a TorchScript archive, which carries code. {how}")
        raise UnsafeFileError(msg.format(how=how_to_save("torch.jit.load")))
    claimed = sum(member.file_size for member in members)
    if claimed > MAX_EXPANSION * n_bytes:
        msg = _("it is a zip bomb: {found} bytes claim to hold {claimed}")
        raise UnsafeFileError(msg.format(found=n_bytes, claimed=claimed))
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        msg = _("its zip archive was packed again, compressed: take the file as torch.save wrote it")
        raise ModelFileError(msg)


def _check_records(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        if name.endswith("/byteorder") and archive.read(name) != b"little":
            msg = _("it was saved on a big-endian machine; save it again on another")
            raise ModelFileError(msg)
        if name.endswith("data.pkl"):
            with archive.open(name) as pickles:
                check_nesting(pickles)


def _deepest(pickles: IO[bytes]) -> int:
    """Return how deep the deepest object of a stream of pickles lies, by their opcodes alone."""
    deepest = 0
    while pickles.peek(1) if hasattr(pickles, "peek") else False:
        deepest = max(deepest, _depth_of_one(pickles))
    return deepest
