"""What can be taken along from the Cluster page, and the way to all other formats."""

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.recipe_io import recipe_download
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from wc_core.words import _


def take_along(desk: Desk, result: RunResult) -> None:
    """Offer the packed file and the recipe."""
    from wc_core import charts

    if result.size is None or result.path is None or not result.path.is_file():
        st.caption(_("The file is offered here as soon as it is written."))
    else:
        st.download_button(
            _("Compressed model (.safetensors)"),
            result.path.read_bytes,
            file_name=f"{desk.model.name}.clustered.safetensors",
            mime="application/octet-stream",
            key="download.model",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
        to_export(_("All other formats, and where each byte went: Export"))
        show_chart(charts.size_breakdown(result.size))
    recipe_download(desk)


def to_export(label: str) -> None:
    """Show the way to the Export page."""
    st.page_link("pages/lab/export.py", label=label, icon=":material/archive:")
