"""What results are compared with: a dotted line, and the band of its interval, behind all else."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from wc_core.charts._format import BEHIND


def band(x: Sequence[float], y: Sequence[float], name: str) -> go.Scatter:
    """Return the area inside a closed line."""
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        fill="toself",
        fillcolor="rgba(128,128,128,0.2)",
        line={"width": 0, "color": "rgba(128,128,128,0.4)"},
        hoverinfo="skip",
        zorder=BEHIND,
        name=name,
    )


def dotted(x: Sequence[float], y: Sequence[float], name: str, **more: Any) -> go.Scatter:
    """Return a dotted line."""
    line = {"width": 2, "dash": "dot", "color": "rgba(128,128,128,1)"}
    return go.Scatter(x=x, y=y, mode="lines", line=line, zorder=BEHIND, name=name, **more)
