"""How much of each layer's signal is left."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._layer_axis import layers_height, name_layers, no_layers
from wc_core.charts._rows import columns
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.layer_report import LayerReport

NAME = "layer_error"


def layer_error(reports: Sequence["LayerReport"]) -> go.Figure:
    """Draw the signal-to-quantization-noise ratio of each layer.

    Parameters
    ----------
    reports : sequence of LayerReport
        One a clustered layer.

    Returns
    -------
    Figure
        A click reports the layer's name. Layers without any error have a mark of their own.
    """
    title = _("Error per layer")
    if not reports:
        return empty_figure(NAME, title, no_layers())
    names = [report.name for report in reports]
    ratios = [report.sqnr_db for report in reports]
    known = [ratio for ratio in ratios if isfinite(ratio)]
    figure = new_figure(
        NAME,
        title,
        subtitle=_summary(names, ratios),
        height=layers_height(len(names), extra=170),
    )
    figure.add_trace(_bars(names, ratios, reports))
    exact = [place for place, ratio in enumerate(ratios) if not isfinite(ratio)]
    if exact:
        figure.add_trace(_exact(exact, names))
    top = max(known, default=1.0)
    figure.update_xaxes(
        title=_("SQNR (dB), higher is better"),
        range=[min(0.0, *known, 0.0) * 1.15, max(top, 1.0) * 1.2],
        showgrid=True,
        nticks=6,
    )
    figure.update_layout(bargap=0.35)
    name_layers(figure, names)
    return figure


def _summary(names: list[str], ratios: list[float]) -> str:
    worst = min(range(len(ratios)), key=lambda place: ratios[place])
    if not isfinite(ratios[worst]):
        return _("No layer differs from the original.")
    return _("Most error in {layer}: {ratio} dB. About 6 dB more halves the error.").format(
        layer=names[worst], ratio=f"{ratios[worst]:.1f}"
    )


def _bars(names: list[str], ratios: list[float], reports: Sequence["LayerReport"]) -> go.Bar:
    return go.Bar(
        x=[ratio if isfinite(ratio) else None for ratio in ratios],
        y=list(range(len(names))),
        orientation="h",
        customdata=names,
        hovertext=[f"{report.distortion:.3g}" for report in reports],
        text=[f"{ratio:.1f}" if isfinite(ratio) else "" for ratio in ratios],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=_("%{customdata}<br>%{x:.2f} dB, squared error %{hovertext} a weight")
        + "<extra></extra>",
        marker={"line": {"width": 0}},
        showlegend=False,
        meta=columns(
            customdata=_("Layer"), x=_("SQNR (dB)"), hovertext=_("Squared error per weight")
        ),
    )


def _exact(places: list[int], names: list[str]) -> go.Scatter:
    return go.Scatter(
        x=[0] * len(places),
        y=places,
        mode="markers",
        cliponaxis=False,
        customdata=[names[place] for place in places],
        hovertemplate=_("%{customdata}<br>no error at all") + "<extra></extra>",
        marker={"symbol": "star", "size": 12},
        name=_("No error (SQNR is infinite)"),
        showlegend=True,
    )
