"""The app's router: page setup, language, workspace and navigation. Pages do the rest."""

import streamlit as st

from pages._ui.cold_start import reload_if_lost
from pages._ui.i18n import language_picker, tell_browser, use_language
from pages._ui.show_chart import picture_format_picker
from pages._ui.state import begin, notice, project
from pages._ui.text import plain
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


def page(path: str, title: str, icon: str, about: str, default: bool = False) -> st.Page:
    """Return a page of the app; all but the home page answer at their file's name."""
    return st.Page(
        f"pages/{path}.py", title=title, icon=f":material/{icon}:", help=about, default=default
    )


about_home = _("What the lab does, and one finished result.")
about_model = _("Choose or upload a model and its data; see every layer and the baseline accuracy.")
about_cluster = _("Set a recipe, cluster the weights, and see size and accuracy before and after.")
about_centroids = _("Look at the shared values: what they are, how often and where they are used.")
about_quality = _("See which images changed class, per-class scores, and where the zeros are.")
about_tradeoffs = _("Each layer clustered alone at many sizes: which one bears how much.")
chosen = st.navigation(
    {
        "": [page("home/home", _("Home"), "home", about_home, default=True)],
        _("Lab"): [
            page("lab/model", _("Model"), "deployed_code", about_model),
            page("lab/cluster", _("Cluster"), "grain", about_cluster),
            page("lab/centroids", _("Centroids"), "scatter_plot", about_centroids),
            page("lab/quality", _("Quality"), "fact_check", about_quality),
            page("lab/tradeoffs", _("Trade-offs"), "stacked_line_chart", about_tradeoffs),
        ],
    }
)
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
