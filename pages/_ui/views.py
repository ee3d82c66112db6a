"""Widgets as views of the project: they show its value, and are told when it changes elsewhere."""

from typing import Any

import streamlit as st


def view(key: str, value: Any) -> str:
    """Make the widget under `key` show `value` at first, and whenever the value has changed.

    What a person typed and has not sent yet stays. Call before the widget.
    """
    mark = f"{key}.shown"
    known = key in st.session_state and mark in st.session_state
    if not known or st.session_state[mark] != value:
        st.session_state[key] = value
    st.session_state[mark] = value
    return key
