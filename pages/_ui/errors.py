"""One clear sentence instead of a traceback, and a reason wherever something is empty."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages._ui.text import plain
from wc_core.errors import WeightClusteringError


@contextmanager
def explained() -> Iterator[None]:
    """Show the engine's own errors as a sentence and end the page there; others are bugs."""
    try:
        yield
    except WeightClusteringError as error:
        show_error(error)
        st.stop()


def show_error(error: Exception | str) -> None:
    """Show what was wrong; the text is shown as it is, not as Markdown."""
    st.error(plain(error), icon=":material/error:")


def raise_bug(error: Exception | None) -> None:
    """Show an error of ours, raise any other: what a job hides would never be found."""
    if isinstance(error, WeightClusteringError):
        show_error(error)
    elif error is not None:
        raise error


def empty_state(reason: str) -> None:
    """Say why there is nothing to see and what to do about it."""
    st.info(reason, icon=":material/info:")
