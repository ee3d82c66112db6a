"""The one way a figure gets onto a page, and the one way a click is read from it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._ui.downloads import csv_button
from wc_core.words import _

PICTURE = "app.picture"  # "png" or "svg": what the camera over a chart saves


def show_chart(figure: Any, *, key: str = "", on_pick: Callable[[str], None] | None = None) -> None:
    """Show a figure with its text alternative, its numbers and its picture for download.

    Parameters
    ----------
    figure : plotly Figure
        From `wc_core.charts`.
    key : str, optional
        Tells two charts of one kind apart; the chart's own name by default. The
        widget's key is `chart.{key}`.
    on_pick : callable, optional
        Gets the id of the mark that was clicked. A selection is lost whenever the
        figure changes, so the callback has to copy what it wants to keep.
    """
    from wc_core import charts

    name = key or charts.chart_name(figure)
    widget_key = f"chart.{name}"
    how: dict[str, Any] = {}
    if on_pick is not None:
        how = {"on_select": lambda: _report(widget_key, on_pick), "selection_mode": "points"}
    alt = charts.chart_alt(figure)
    st.plotly_chart(figure, key=widget_key, width="stretch", alt=alt, config=_config(name), **how)
    if figure.data:
        csv_button(lambda: charts.chart_rows(figure), name)


def picture_format_picker() -> None:
    """Let a person choose what the camera over a chart saves."""
    st.session_state.setdefault(PICTURE, "png")
    st.segmented_control(
        _("Charts are saved as"),
        ["png", "svg"],
        key=PICTURE,
        format_func=str.upper,
        required=True,
        persist_state="session",
        help=_("What the camera icon over a chart saves: pixels (PNG) or vectors (SVG)."),
    )


def _config(name: str) -> dict[str, Any]:
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
        "toImageButtonOptions": {
            "format": st.session_state.get(PICTURE) or "png",
            "filename": name,
            "scale": 2,
        },
    }


def _report(key: str, on_pick: Callable[[str], None]) -> None:
    # Dict-style: attribute access fails under AppTest.
    state = st.session_state.get(key) or {}
    points = state.get("selection", {}).get("points", [])
    if points:
        picked = points[0].get("customdata")
        on_pick(str(picked[0] if isinstance(picked, list) else picked))
