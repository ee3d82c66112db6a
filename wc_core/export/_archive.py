"""Zip archives whose bytes depend on nothing but what is in them."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from wc_core.export._safetensors import write_at_once

PIECE = 1 << 20  # bytes copied at once
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that zip knows
_UNIX = 3
_LEVEL = 6


def write_archive(path: Path, members: Mapping[str, Path | bytes]) -> int:
    """Write a zip archive, unpack it again and compare.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    members : mapping of str to Path or bytes
        By their name in the archive: files, or what they hold.

    Returns
    -------
    int
        Length of the archive.

    Raises
    ------
    OSError
        If a file is gone, or the archive cannot be written.
    AssertionError
        If something does not come out as it went in: that is a bug.
    """
    with tempfile.TemporaryFile() as archive:
        with zipfile.ZipFile(archive, "w") as zipped:
            for name in sorted(members):
                with zipped.open(_entry(name), "w", force_zip64=True) as inside:
                    for piece in _content(members[name]):
                        inside.write(piece)
        archive.seek(0)
        return write_at_once(path, _pieces(archive), lambda part: _checked(part, members))


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX  # on all systems
    info.external_attr = 0o644 << 16
    info._compresslevel = _LEVEL  # type: ignore[attr-defined]
    return info


def _content(member: Path | bytes) -> Iterator[bytes]:
    if isinstance(member, bytes):
        yield member
        return
    with member.open("rb") as file:
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _checked(written: Path, members: Mapping[str, Path | bytes]) -> int:
    """Return the length of an archive, once all that is in it proves to be what was put in."""
    with zipfile.ZipFile(written) as zipped:
        for name in members:
            with zipped.open(name) as inside:
                found = _digest(_pieces(inside))
            if found != _digest(_content(members[name])):
                msg = f"{name} does not come out of the archive as it went in"
                raise AssertionError(msg)
    return written.stat().st_size


def _digest(pieces: Iterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
