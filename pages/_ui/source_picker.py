"""Choosing a sample or an upload, for the model and for the data alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages._ui.project import Source
from pages._ui.upload import accept, as_source, receive, refuse
from pages._ui.views import view
from wc_core.errors import WeightClusteringError

UPLOADS = "lab.uploads"  # per kind of thing: what was uploaded in this session, newest last


def pick_source(
    key: str, label: str, current: Source, samples: Mapping[str, Source]
) -> Source | None:
    """Ask which source to use; return another one than the current if it was picked."""
    known = {**samples, **{s.filename: s for s in _uploads(key)}}
    if current.kind == "upload":
        known[current.filename] = current
    names = {source: name for name, source in known.items()}
    chosen = st.segmented_control(
        label, list(known), key=view(f"{key}.source", names[current]), required=True, wrap=True
    )
    picked = known.get(str(chosen), current)
    return None if picked == current else picked


def upload_source(
    key: str,
    *,
    label: str,
    help_text: str,
    types: Sequence[str],
    many: bool,
    read: Callable[[Source], Any],
    use: Callable[[Source], Any],
) -> None:
    """Take an upload into use and rerun; if it cannot be read, show why and keep all else."""
    try:
        stored = receive(f"{key}.upload", label=label, help_text=help_text, types=types, many=many)
        if not stored:
            return
        source = as_source(stored)
        read(source)
    except WeightClusteringError as error:
        refuse(f"{key}.upload", error)
        st.rerun()
    st.session_state[UPLOADS] = {
        **st.session_state.get(UPLOADS, {}),
        key: [*(s for s in _uploads(key) if s.filename != source.filename), source][-4:],
    }
    use(source)
    accept(f"{key}.upload")
    st.rerun()


def _uploads(key: str) -> list[Source]:
    found: list[Source] = st.session_state.get(UPLOADS, {}).get(key, [])
    return found
