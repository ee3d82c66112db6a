"""The first request of a fresh server, when it is a link to a page other than Home."""

import threading

import streamlit as st


@st.cache_resource(max_entries=1, show_spinner=False)
def _first_run() -> threading.Lock:
    """Return a lock that only the server's first run gets."""
    return threading.Lock()


def reload_if_lost(url_path: str) -> None:
    """Have the browser ask again if this is the server's first run and not for Home.

    Because there is a folder named `pages`, Streamlit looks for pages directly in it until
    `st.navigation` has been called once, and tells whoever asks for one before that the page
    does not exist. By now it has been called: asking again finds the page.
    """
    if _first_run().acquire(blocking=False) and url_path:
        # By name: for a moment after its answer Streamlit shows the address of Home.
        address = f"'/{url_path}' + window.location.search"
        script = f"<script>window.location.replace({address})</script>"
        st.html(script, unsafe_allow_javascript=True)
        st.stop()
