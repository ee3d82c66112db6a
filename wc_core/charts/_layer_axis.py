"""An axis with one place a layer, readable for three layers and for a hundred."""

from collections.abc import Sequence

import plotly.graph_objects as go

from wc_core.charts._figure import escape
from wc_core.charts._format import short_name
from wc_core.words import _

_ROW = 26  # pixels a layer needs for its name


def layers_height(n_layers: int, *, extra: int = 150) -> int:
    """Return the height of a figure with one row a layer, in pixels."""
    return max(260, extra + _ROW * n_layers)


def name_layers(figure: go.Figure, names: Sequence[str]) -> None:
    """Label the y axis, whose places are 0, 1, ..., with layers; the first is on top."""
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[escape(short_name(name)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )


def no_layers() -> str:
    """Return the reason given when a chart of layers is empty."""
    return _("No layer is clustered yet.")
