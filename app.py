"""The app's router: page setup, language, workspace and navigation. Pages do the rest."""

import streamlit as st

from pages._ui.cold_start import reload_if_lost
from pages._ui.i18n import language_picker, tell_browser, use_language
from pages._ui.show_chart import picture_format_picker
from pages._ui.site_map import site_map
from pages._ui.state import begin, notice, project
from pages._ui.text import plain
from pages._ui.warm_start import warm_start
from wc_core.assets import ASSETS
from wc_core.words import _

st.set_page_config(
    page_title="Weight Clustering Lab",
    page_icon=str(ASSETS / "logo_icon.svg"),
    layout="wide",
)
use_language()
begin()
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "logo_icon.svg", size="large")


chosen = st.navigation(site_map())
reload_if_lost(chosen.url_path)
with st.sidebar:
    open_now = {"model": plain(project().model.filename), "data": plain(project().data.filename)}
    st.caption(_("Model: {model} · Data: {data}").format(**open_now))
    with st.popover(_("Settings"), icon=":material/settings:"):
        language_picker()
        picture_format_picker()
st.html(ASSETS / "style.css")
tell_browser()
if message := notice():
    st.toast(message)
chosen.run()
warm_start()
