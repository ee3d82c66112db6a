"""Compiled loops made ready in the background, so that nobody waits for a compiler."""

import subprocess
import sys
import threading

import streamlit as st

from wc_core.assets import ASSETS

COMMAND = (sys.executable, "-m", "wc_core.warm_up")


@st.cache_resource(max_entries=1, show_spinner=False)
def warm_start() -> threading.Thread:
    """Begin once per server process; called when the first screen has been sent."""
    thread = threading.Thread(target=_warm, name="warm-start", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    """Compile in a process of its own, which takes no time from this one; then load that here.

    Where nothing can be kept on disk that process ends at once, and this one compiles for itself.
    """
    silent = subprocess.DEVNULL  # what fails there fails here again, and is said once
    subprocess.run(COMMAND, cwd=ASSETS.parent, stdout=silent, stderr=silent, check=False)
    from wc_core.warm_up import warm_up

    warm_up()
