"""Glossary: the words of the field as they are used here, and every algorithm."""

import streamlit as st

from pages._ui.algorithm_card import SEARCH
from pages._ui.glossary_view import entries, show_all, show_found
from wc_core.words import _

st.title(_("Glossary"))
st.caption(_("The words of the field as they are used here, and every algorithm with its formula."))
query = st.text_input(
    _("Search"),
    key=SEARCH,
    type="search",
    live=True,
    bind="query-params",
    placeholder=_("A word, a name in code, an algorithm"),
)
if query:
    show_found(query, entries())
else:
    show_all(entries())
