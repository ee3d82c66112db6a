"""Files from the browser to the disk, in pieces, and never kept in memory."""

from collections.abc import Sequence

import streamlit as st

from pages._ui.errors import show_error
from pages._ui.project import Source, blobs
from wc_core.errors import DataError, WeightClusteringError
from wc_core.store import Blob
from wc_core.words import _

LIMIT_MB = 1024


def receive(
    key: str, *, label: str, help_text: str, types: Sequence[str], many: bool
) -> list[Blob]:
    """Ask for files; return them as stored on disk.

    The caller says with `accept` or `refuse` what came of them, and reruns the page: only
    then is the browser's copy dropped, by giving the uploader a new key. A run that is
    interrupted before simply meets the files again.

    Parameters
    ----------
    key : str
        The widget's key is `{key}.{n}` with n counting uploads, its container's `{key}`.
    label, help_text : str
    types : sequence of str
        Endings offered by the browser; everything is checked again here.
    many : bool
        Whether several files may belong together.
    """
    version = st.session_state.setdefault(f"{key}.version", 0)
    with st.container(key=key):
        given = st.file_uploader(
            label,
            type=list(types),
            accept_multiple_files=many,
            key=f"{key}.{version}",
            max_upload_size=LIMIT_MB,
            help=help_text,
        )
        failure = st.session_state.get(f"{key}.error")
        if failure:
            show_error(failure)
    files = given if isinstance(given, list) else [given] if given else []
    if not files:
        return []
    for file in files:
        file.seek(0)
    return [blobs().put(file, file.name, LIMIT_MB * 2**20) for file in files]


def accept(key: str) -> None:
    """Drop the browser's copy of an upload that is in use now."""
    _close(key, "")


def refuse(key: str, error: WeightClusteringError) -> None:
    """Drop an upload and remember why; the page shows it beside the uploader."""
    _close(key, str(error))


def _close(key: str, error: str) -> None:
    st.session_state[f"{key}.error"] = error
    st.session_state[f"{key}.version"] = st.session_state.get(f"{key}.version", 0) + 1


def as_source(stored: Sequence[Blob]) -> Source:
    """Return the source that uploaded files make: one file, or an index with its shards.

    Raises
    ------
    DataError
        If several files came without an index.
    """
    if len(stored) == 1:
        return Source("upload", stored[0].digest, stored[0].filename)
    index = [blob for blob in stored if blob.filename.endswith(".index.json")]
    if len(index) != 1:
        raise DataError(
            _("several files need exactly one *.index.json among them, got {names}").format(
                names=", ".join(blob.filename for blob in stored)
            )
        )
    parts = tuple((blob.digest, blob.filename) for blob in stored)
    return Source("upload", index[0].digest, index[0].filename, parts)
