"""Step by step."""

import streamlit as st

from wc_core.words import _

st.title(_("Step by step"))
