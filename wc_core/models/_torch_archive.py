"""What is checked of a torch checkpoint before torch gets to see it."""

import pickletools
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.words import _

MAX_EXPANSION = 20  # bytes claimed per byte of file; tensors are stored uncompressed, so 1 is usual
MAX_DEPTH = 100  # tensors in dicts in tuples take about 10

LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e80")
_PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
_GETS = {"GET", "BINGET", "LONG_BINGET"}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}


def is_zip(path: Path) -> bool:
    """Tell whether a file ends as zip archives do, be it a sound one or not."""
    try:
        return zipfile.is_zipfile(path)
    except Exception:  # it is one, and so damaged that zipfile cannot tell
        return True


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
    except ModelFileError:
        raise
    except Exception as error:
        # A damaged archive can fail anywhere inside zipfile, in any way.
        msg = _("it is a damaged zip archive ({error}); copy or download it again")
        raise ModelFileError(msg.format(error=first_line(error))) from error


def check_pickles(path: Path) -> None:
    """Check the nesting of a file that is a pickle, or begins as several as torch once did."""
    with path.open("rb") as file:
        n_pickles = 5 if file.read(len(LEGACY_MAGIC)) == LEGACY_MAGIC else 1
        file.seek(0)
        for _i in range(n_pickles):
            check_nesting(file)


def check_nesting(pickled: IO[bytes]) -> None:
    """Raise if a pickle nests tuples deeper than any checkpoint does.

    Python hashes nested tuples by recursion in C, so that a megabyte of pickle crashes the
    process. Here opcodes are looked at, and nothing is built.

    Raises
    ------
    ModelFileError
        If it is no whole pickle.
    UnsafeFileError
        If tuples lie deeper than `MAX_DEPTH`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in texts
            deepest = _deepest_tuple(pickled)
    except (ValueError, LookupError, OverflowError) as error:
        raise ModelFileError(damaged(error)) from error
    if deepest > MAX_DEPTH:
        raise UnsafeFileError(_("it nests values deeper than any state dict does"))


def damaged(error: Exception) -> str:
    """Say that a checkpoint is damaged."""
    msg = _("it is a truncated or damaged torch checkpoint ({error}); save it again")
    return msg.format(error=first_line(error))


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
        msg = _(
            "its zip archive was packed again, compressed: take the file as torch.save wrote it"
        )
        raise ModelFileError(msg)


def _check_records(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():  # not by name: two members may share one
        if member.filename.endswith("/byteorder") and archive.read(member) != b"little":
            msg = _("it was saved on a big-endian machine; save it again on another")
            raise ModelFileError(msg)
        if member.filename.endswith("data.pkl"):
            with archive.open(member) as pickled:
                check_nesting(pickled)


def _deepest_tuple(pickled: IO[bytes]) -> int:
    """Return how deep tuples lie in tuples, from the opcodes alone."""
    depths: list[int] = []  # of what would lie on the stack; only tuples have one
    marks: list[int] = []
    memo: dict[int, int] = {}
    deepest = 0
    for op, arg, _position in pickletools.genops(pickled):
        if op.name == "MARK":
            marks.append(len(depths))
        elif op.name in _PUTS:
            memo[int(arg or 0)] = depths[-1]
        elif op.name == "MEMOIZE":
            memo[len(memo)] = depths[-1]
        elif op.name in _GETS:
            depths.append(memo[int(arg or 0)])
        else:
            taken = _take(op, depths, marks)
            depth = 1 + max(taken, default=0) if op.name in _TUPLES else 0
            deepest = max(deepest, depth)
            depths += [taken[0] if op.name == "DUP" else depth] * len(op.stack_after)
    return deepest


def _take(op: pickletools.OpcodeInfo, depths: list[int], marks: list[int]) -> list[int]:
    """Take off the stack what an opcode takes."""
    taken: list[int] = []
    n_single = len(op.stack_before)
    if pickletools.markobject in op.stack_before:
        start = marks.pop()
        taken = depths[start:]
        del depths[start:]
        n_single -= 2 if pickletools.stackslice in op.stack_before else 1
    if op.name == "OBJ":
        return taken  # its class lies above the mark
    for _i in range(n_single):
        taken.append(depths.pop())
    return taken
