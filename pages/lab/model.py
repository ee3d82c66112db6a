"""Model: what is clustered, on which images it is judged, and where it stands before."""

import streamlit as st

from pages._ui.data_panel import data_choice, data_view
from pages._ui.desk import open_desk
from pages._ui.errors import explained
from pages._ui.job_panel import job_panel
from pages._ui.layer_picker import layer_picker
from pages._ui.layer_table import layer_table, table_is_stale
from pages._ui.model_panel import baseline_remarks, model_choice, model_facts
from pages._ui.preprocess_form import preprocess_form
from pages._ui.runs import baseline
from pages._ui.state import update
from wc_core.words import _

st.title(_("Model"))
model_choice()
with explained():
    desk = open_desk()
baseline(desk)
job_panel()
model_facts(desk)
baseline_remarks(desk)

st.header(_("Layers"))
st.caption(_("Tick rows to choose what is clustered, or use the list below the table."))
recipe = desk.project.recipe
layer_table(desk.model, recipe)
chosen = layer_picker(desk.model, recipe, "model.layers")
if chosen != recipe:
    table_is_stale()
    update(recipe=chosen)
    st.rerun()

st.header(_("Data"))
data_choice()
data_view(desk)
preprocess_form(desk)
st.page_link("pages/lab/cluster.py", label=_("Next: cluster it"), icon=":material/arrow_forward:")
