"""Step by step: an algorithm's own iterations, forward and back."""

import streamlit as st

from pages._ui.desk import open_desk
from pages._ui.errors import explained
from pages._ui.steps_form import steps_form
from pages._ui.steps_job import steps_job
from pages._ui.steps_view import steps_view, steps_words
from wc_core.words import _

st.title(_("Step by step"))
st.caption(
    _(
        "Press *Play* and watch an algorithm group points, iteration by iteration. What you see "
        "are the engine's own steps, the same that cluster a model."
    )
)
with explained():
    desk = open_desk()
left, right = st.columns([3, 4], gap="large")
with left:
    asked = steps_form(desk)
    steps_words(asked.algorithm)
with right, explained():
    steps_view(steps_job(desk, asked))
