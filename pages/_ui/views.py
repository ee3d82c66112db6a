"""Widgets as views of the project: they show its value, and are told when it changes elsewhere."""

from typing import Any

import streamlit as st


def view(key: str, value: Any) -> str:
    """Make the widget under `key` show `value` at first, and whenever the value has changed.

    What a person typed and has not sent yet stays. Call before the widget.
    """
    mark = f"{key}.shown"
    if key not in st.session_state or st.session_state.get(mark) != value:
        st.session_state[key] = value
    st.session_state[mark] = value
    return key
