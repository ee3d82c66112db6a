"""What every chart has: a short title, a name to export under, a text for screen readers."""

import textwrap
from typing import Any

import plotly.graph_objects as go

_LINE = 60  # characters of a subtitle that fit on a screen 390 px wide
_MAX_LINES = 4
_GRID = "rgba(128,128,128,0.22)"  # shows on light and on dark pages


def new_figure(
    name: str, title: str, *, subtitle: str = "", alt: str = "", height: int = 420
) -> go.Figure:
    """Return an empty figure that a theme may recolour.

    Parameters
    ----------
    name : str
        Name of the file that an export gets.
    title, subtitle : str
        Heading, and the line or lines below it; wrapped for narrow screens.
    alt : str
        What the chart shows, with its key numbers, for those who do not see it.
    height : int
        Height in pixels.
    """
    lines = _wrapped(subtitle)
    figure = go.Figure()
    figure.update_layout(
        meta={"name": name, "alt": " ".join(f"{title}. {alt or subtitle}".split())},
        title={
            "text": escape(title),
            "subtitle": {"text": "<br>".join(lines), "font": {"size": 13}},
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 12},
        },
        margin={"t": 56 + 17 * len(lines), "r": 8, "b": 48, "l": 8},
        height=height + 18 * max(0, len(lines) - 1),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={
            "orientation": "h",
            "x": 0,
            "y": 0,
            "xref": "container",
            "yref": "container",
            "yanchor": "bottom",
        },
    )
    figure.update_xaxes(automargin=True, showgrid=False, zeroline=False, gridcolor=_GRID)
    figure.update_yaxes(automargin=True, zeroline=False, gridcolor=_GRID)
    return figure


def empty_figure(name: str, title: str, reason: str) -> go.Figure:
    """Return a figure that says why there is nothing to show."""
    figure = new_figure(name, title, alt=reason, height=220)
    figure.add_annotation(
        text="<br>".join(_wrapped(reason)),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def chart_name(figure: go.Figure) -> str:
    """Return the name of the file that an export of the figure gets."""
    return str(_meta(figure).get("name", "chart"))


def chart_alt(figure: go.Figure) -> str:
    """Return what the figure shows, in words and key numbers."""
    return str(_meta(figure).get("alt", ""))


def escape(text: str) -> str:
    """Return a name from a file as text that plotly takes for text and not for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _meta(figure: go.Figure) -> dict[str, Any]:
    return dict(figure.layout.meta or {})


def _wrapped(text: str) -> list[str]:
    paragraphs = [textwrap.wrap(part, _LINE) for part in text.split("\n") if part]
    lines = [line for part in paragraphs for line in part]
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], lines[_MAX_LINES - 1].rstrip(" .") + " …"]
    return [escape(line) for line in lines]
