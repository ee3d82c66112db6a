"""Colour scales, taken from whatever theme draws the figure."""

from typing import Any

import plotly.graph_objects as go

_REACH = 300  # pixels; more than half a cell on the widest page


def diverging(limit: float, title: str) -> dict[str, Any]:
    """Return a colour axis from `-limit` to `limit`, neutral at 0."""
    limit = limit if limit > 0 else 1.0
    return _axis(-limit, limit, title)


def sequential(low: float, high: float, title: str, *, suffix: str = "") -> dict[str, Any]:
    """Return a colour axis from `low` (near the page) to `high` (strong); `low` is 0 or more."""
    high = high if high > low else low + 1.0
    return _axis(low, high, title, suffix)


def add_overlay(
    figure: go.Figure, x: Any, y: Any, ids: list[str], hovers: list[str], *, size: int = 18
) -> None:
    """Lay invisible marks over a heatmap that make its cells clickable.

    Heatmaps report no clicks; a scatter does. What is picked gets an outline.

    Parameters
    ----------
    figure : Figure
        What to lay them over.
    x, y : sequence
        Centre of each cell.
    ids : list of str
        What a click on each cell reports.
    hovers : list of str
        What hovering over each cell says.
    size : int
        Side of the outline in pixels.
    """
    marks = go.Scatter(
        x=x,
        y=y,
        mode="markers",
        customdata=ids,
        hovertext=hovers,
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"symbol": "square", "size": size, "opacity": 0, "color": "rgba(128,128,128,0.9)"},
        selected={"marker": {"opacity": 0.35}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
        name="",
    )
    figure.add_trace(marks)
    # A cell reacts as far as it reaches, not only near its centre.
    figure.update_layout(hovermode="closest", hoverdistance=_REACH)


def _axis(low: float, high: float, title: str, suffix: str = "") -> dict[str, Any]:
    # With `autocolorscale`, plotly takes the theme's diverging scale for a range that spans 0
    # and its sequential one otherwise.
    return {
        "autocolorscale": True,
        "cauto": False,
        "cmin": low,
        "cmax": high,
        "colorbar": {
            "title": {"text": title, "side": "bottom"},
            "orientation": "h",
            "thickness": 10,
            "outlinewidth": 0,
            "len": 0.6,
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "ticksuffix": suffix,
            "nticks": 5,
        },
    }
