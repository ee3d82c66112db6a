"""The formats: what they are called, what they are good for, and why one is not possible."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.export_job import TEXTS
from pages._ui.text import plain
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.compression import CompressedModel


def promise(compressed: "CompressedModel | None") -> None:
    """Say what will be made, and what cannot be made of this model."""
    from wc_core.export import EXPORTERS

    if compressed is None:
        return
    names = sorted(EXPORTERS, key=lambda name: name in TEXTS)  # models first
    why_not = {name: EXPORTERS[name]().why_not(compressed) for name in names}
    lines = [f"- **{title(name)}**: {plain(about(name))}" for name in names if not why_not[name]]
    st.caption(_("All of these at once, and one archive of them:"))
    st.markdown("\n".join(lines))
    left_out({name: why for name, why in why_not.items() if why})


def left_out(why_not: Mapping[str, str]) -> None:
    """Give the reason for each format that is not there, and what to do about it."""
    if why_not:
        st.subheader(_("Not possible here"))
        lines = [f"- **{title(name)}**: {plain(why)}" for name, why in why_not.items()]
        st.markdown("\n".join(lines))


def title(name: str) -> str:
    """Return what a format is called."""
    return _(_exporter(name).title)


def about(name: str) -> str:
    """Return what a format is good for."""
    return _(_exporter(name).about)


def suffix(name: str) -> str:
    """Return how the names of a format's files end."""
    return str(_exporter(name).suffix)


def _exporter(name: str) -> Any:
    from wc_core.export import EXPORTERS

    return EXPORTERS[name]
