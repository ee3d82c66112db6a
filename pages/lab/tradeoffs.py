"""Trade-offs: each layer clustered alone at many sizes, so that one sees which bears how much."""

import streamlit as st

from pages._ui.curves import curves_job, curves_view
from pages._ui.curves_form import curves_form
from pages._ui.desk import open_desk
from pages._ui.errors import empty_state, explained, raise_bug
from pages._ui.job_panel import job_panel
from wc_core.words import _

st.title(_("Trade-offs"))
st.caption(
    _(
        "Each layer is clustered alone, with 2, 4, 8 … entries, while all others stay as they are. "
        "A curve that stays high with few bytes is a layer that can be made small at no cost."
    )
)
with explained():
    desk = open_desk()
left, right = st.columns([1, 2], gap="large")
with left:
    st.header(_("What to try"))
    asked = curves_form(desk)
with right:
    st.header(_("Curves by layer"))
    job = curves_job(desk, asked)
    job_panel()
    if job is None:
        empty_state(_("Nothing is measured yet: press *Measure*."))
    else:
        raise_bug(job.error)
        curves_view(desk, job)
