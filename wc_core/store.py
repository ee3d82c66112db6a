"""Files on disk: uploads by their content, and what a workspace remembers."""

import hashlib
import json
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from wc_core.errors import ConfigError, DataError
from wc_core.words import _

PIECE = 4 * 1024 * 1024
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file.

    Parameters
    ----------
    path : Path
        Where it lies; the name is its digest.
    digest : str
        SHA-256 of its bytes, in hexadecimal.
    n_bytes : int
    filename : str
        What the person called it; for showing only.
    """

    path: Path
    digest: str
    n_bytes: int
    filename: str


class BlobStore:
    """Files by the digest of their content, so that the same upload is kept once.

    Parameters
    ----------
    root : Path
        Folder of the store; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, stream: BinaryIO, filename: str, limit_bytes: int | None = None) -> Blob:
        """Copy a stream into the store in pieces, so that memory stays flat.

        Parameters
        ----------
        stream : binary file
            Read from where it stands to its end.
        filename : str
        limit_bytes : int, optional
            Largest size taken.

        Raises
        ------
        DataError
            If the stream is longer than the limit; nothing is kept then.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        digest, n_bytes = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.root, delete=False) as part:
            try:
                while piece := stream.read(PIECE):
                    n_bytes += len(piece)
                    if limit_bytes is not None and n_bytes > limit_bytes:
                        msg = _("{name} is larger than the limit of {limit} MB")
                        raise DataError(msg.format(name=filename, limit=limit_bytes // 10**6))
                    digest.update(piece)
                    part.write(piece)
            except BaseException:
                Path(part.name).unlink()
                raise
        path = self.root / digest.hexdigest()
        Path(part.name).replace(path)
        return Blob(path, digest.hexdigest(), n_bytes, Path(filename).name)

    def get(self, digest: str, filename: str = "") -> Blob | None:
        """Return the file of a digest, or None if there is none (or it is no digest)."""
        if not _DIGEST.fullmatch(digest):
            return None
        path = self.root / digest
        if not path.is_file():
            return None
        return Blob(path, digest, path.stat().st_size, Path(filename).name or digest[:12])


class WorkspaceStore:
    """What a person's workspace remembers: one small JSON file under an unguessable id.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def new_id() -> str:
        """Return an unguessable id of 22 characters (128 bits)."""
        return secrets.token_urlsafe(16)

    @staticmethod
    def is_id(text: str) -> bool:
        """Tell whether a text has the form of an id, so that it may name a file."""
        return bool(_ID.fullmatch(text))

    def load(self, workspace: str) -> dict[str, Any]:
        """Return what was saved; empty for a new, foreign or damaged workspace."""
        try:
            data = json.loads(self._path(workspace).read_text())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def save(self, workspace: str, data: Mapping[str, Any]) -> None:
        """Replace what is saved, at once or not at all."""
        path = self._path(workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as part:
            json.dump(dict(data), part)
        Path(part.name).replace(path)

    def _path(self, workspace: str) -> Path:
        if not self.is_id(workspace):
            msg = _("{workspace!r} is not a workspace id")
            raise ConfigError(msg.format(workspace=workspace))
        return self.root / f"{workspace}.json"
