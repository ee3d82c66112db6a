"""Small pictures side by side on the same axes, so that the eye may compare them."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from wc_core.charts._figure import escape
from wc_core.charts._format import short_name

ACROSS = 2  # as many as a telephone has room for
_HEIGHT = 290  # pixels of one panel with its heading
_HEADING = 46  # of these, the two lines above it
_GAP = 0.05  # share of the width between two panels
_LONGEST = 24  # characters of a heading that fit above half a telephone


def panels_height(n_panels: int) -> int:
    """Return the height of a figure of so many panels, in pixels."""
    return 110 + _HEADING + _HEIGHT * -(-n_panels // ACROSS)


def axes_of(panel: int) -> dict[str, str]:
    """Return the names of the axes that a trace of a panel is drawn on."""
    suffix = str(panel + 1) if panel else ""
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def add_panels(
    figure: go.Figure, headings: Mapping[str, str], x: dict[str, Any], y: dict[str, Any]
) -> None:
    """Lay panels out in rows of two, all with the same axes; whoever zooms one zooms all.

    Parameters
    ----------
    figure : Figure
        One that has nothing but panels.
    headings : mapping of str to str
        The heading of each panel, and what stands below it in smaller type.
    x, y : dict
        Settings of the axes; they hold a `range`, and a title that is shown once a column
        or row.
    """
    n_rows = -(-len(headings) // ACROSS)
    layout: dict[str, Any] = {"annotations": []}
    for panel, (heading, below) in enumerate(headings.items()):
        row, col = divmod(panel, ACROSS)
        names = axes_of(panel)
        low, high = _share(col, ACROSS, _GAP)
        bottom, top = _share(n_rows - 1 - row, n_rows, _HEADING / (_HEIGHT * n_rows))
        lowest = panel + ACROSS >= len(headings)
        layout[names["xaxis"].replace("x", "xaxis")] = {
            **(x if lowest else _untitled(x)),
            "domain": [low, high],
            "anchor": names["yaxis"],
            "matches": "x" if panel else None,
            "showticklabels": lowest,
        }
        layout[names["yaxis"].replace("y", "yaxis")] = {
            **(_untitled(y) if col else y),
            "domain": [bottom, top],
            "anchor": names["xaxis"],
            "matches": "y" if panel else None,
            "showticklabels": not col,
        }
        layout["annotations"].append(_heading(heading, below, low, top))
    figure.update_layout(layout)
    figure.layout.margin.t += _HEADING
    # What new_figure sets for one pair of axes holds for all of them.
    figure.update_xaxes(automargin=True, showgrid=True, zeroline=False, gridcolor=_grid(figure))
    figure.update_yaxes(automargin=True, showgrid=True, zeroline=False, gridcolor=_grid(figure))


def _share(place: int, of: int, gap: float) -> tuple[float, float]:
    """Return where one of several equal parts of the unit line begins and ends."""
    width = (1 - gap * (of - 1)) / of
    return place * (width + gap), min(1.0, place * (width + gap) + width)


def _untitled(axis: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in axis.items() if name != "title"}


def _grid(figure: go.Figure) -> str:
    return str(figure.layout.xaxis.gridcolor)


def _heading(text: str, below: str, x: float, y: float) -> dict[str, Any]:
    name = escape(short_name(text, _LONGEST))
    return {
        "text": f"<b>{name}</b><br><span style='font-size:11px'>{escape(below)}</span>",
        "hovertext": escape(text),
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "align": "left",
        "showarrow": False,
        "font": {"size": 12},
    }
