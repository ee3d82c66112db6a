"""Cluster: set a recipe, press one button, see what it saves and what it costs."""

import streamlit as st

from pages._ui.desk import open_desk
from pages._ui.errors import empty_state, explained, raise_bug
from pages._ui.job_panel import job_panel
from pages._ui.live_view import live_view
from pages._ui.recipe_form import recipe_form
from pages._ui.recipe_io import recipe_upload
from pages._ui.run_view import run_view
from pages._ui.runs import run_of, start_run
from pages._ui.state import update
from wc_core.words import _

st.title(_("Cluster"))
with explained():
    desk = open_desk()
job = run_of(desk)

left, right = st.columns([1, 2], gap="large")
with left:
    st.header(_("Recipe"))
    recipe = recipe_form(desk)
    if recipe is not None:
        desk = desk.with_project(update(recipe=recipe))
        start_run(desk)
        st.rerun()
    recipe_upload(desk)

with right:
    st.header(_("Drag k"))
    live_view(desk)
    st.header(_("Result"))
    job_panel()
    if job is None:
        empty_state(_("Nothing is clustered with this recipe yet: press *Cluster* (Ctrl + Enter)."))
    elif job.error is not None:
        raise_bug(job.error)
    elif job.result is not None:
        run_view(desk, job)
