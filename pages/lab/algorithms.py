"""Algorithms: several of them on the same layers, and how they differ."""

import streamlit as st

from pages._ui.compare_asked import ASKED, asked_last, layer_choices
from pages._ui.compare_form import compare_form
from pages._ui.compare_job import compare_job
from pages._ui.compare_shelf import Keys
from pages._ui.compare_view import compare_view
from pages._ui.desk import open_desk
from pages._ui.errors import empty_state, explained, raise_bug, show_error
from pages._ui.job_panel import job_panel
from wc_core.errors import WeightClusteringError
from wc_core.words import _

st.title(_("Algorithms"))
st.caption(
    _(
        "Several algorithms cluster the same blocks of the same layers into as many entries. "
        "What differs is where they put them."
    )
)
with explained():
    desk = open_desk()
if not layer_choices(desk):
    empty_state(_("This model has no layer that could be clustered."))
    st.stop()
asked = asked_last(desk)
fresh = False
try:
    pressed = compare_form(desk, asked)
except WeightClusteringError as error:
    show_error(error)
    pressed = None
if pressed is not None:
    st.session_state[ASKED] = asked = pressed
    fresh = True

keys = Keys.of(desk, asked)
job = compare_job(desk, asked, keys, fresh=fresh)
job_panel()
if job is not None:
    raise_bug(job.error)
compare_view(desk, asked, keys, job)
