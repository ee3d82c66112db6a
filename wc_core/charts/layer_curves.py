"""What quality costs in each layer when it alone is clustered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import plotly.graph_objects as go

from wc_core.charts._baseline import band, dotted
from wc_core.charts._figure import empty_figure, escape, new_figure
from wc_core.charts._format import BEHIND, DASHES, SYMBOLS, bytes_text, log_ticks, short_name
from wc_core.charts._rows import columns
from wc_core.words import _, ngettext

if TYPE_CHECKING:
    from wc_core.search.curves import CurvePoint

NAME = "layer_curves"
_GREY_MARKER = {"symbol": "circle", "size": 4}
_GREY_LINE = {"width": 1, "color": "rgba(128,128,128,0.45)"}
Measure = Literal["accuracy", "agreement", "sqnr_db"]


def layer_curves(
    points: Sequence["CurvePoint"],
    measure: Measure = "accuracy",
    *,
    baseline: float | None = None,
    interval: tuple[float, float] | None = None,
    highlight: Sequence[str] = (),
    top: int = 8,
) -> go.Figure:
    """Draw quality against size, one line a layer, a mark at each number of entries.

    Parameters
    ----------
    points : sequence of CurvePoint
        Each layer clustered alone at several sizes.
    measure : {"accuracy", "agreement", "sqnr_db"}
        What is on the y axis; the first two are shares from 0 to 1.
    baseline : float, optional
        The measure before clustering, drawn as a line.
    interval : tuple of float, optional
        Lower and upper end of the baseline's 95 % interval, drawn as a band.
    highlight : sequence of str
        Layers to bring out; the `top` largest ones if empty.
    top : int
        How many lines to bring out when none is named; the rest stay grey.

    Returns
    -------
    Figure
        A click reports "layer,k".
    """
    title = _("Quality against size, layer by layer")
    factor = 1.0 if measure == "sqnr_db" else 100.0
    lines = _by_layer(points, measure)
    if not lines:
        return empty_figure(NAME, title, _why_empty(points, measure))
    chosen = [name for name in highlight if name in lines] or _largest(lines, top)
    figure = new_figure(NAME, title, subtitle=_summary(lines, measure, baseline), height=480)
    rest = [name for name in lines if name not in chosen]
    for number, name in enumerate(chosen):
        figure.add_trace(_line(lines[name], measure, factor, number))
    for name in rest:
        figure.add_trace(_grey_line(lines[name], measure, factor))
    if rest:
        figure.add_trace(_grey_legend(len(rest)))
    if baseline is not None:
        _add_baseline(figure, baseline, interval, factor)
    figure.update_layout(legend={"maxheight": 0.3})
    _label_sizes(figure, lines)
    figure.update_yaxes(title=_axis_title(measure))
    return figure


def _by_layer(points: Sequence["CurvePoint"], measure: Measure) -> dict[str, list["CurvePoint"]]:
    lines: dict[str, list[CurvePoint]] = {}
    for point in points:
        value = getattr(point, measure)
        if value is not None and np.isfinite(value):
            lines.setdefault(point.layer, []).append(point)
    return {name: sorted(line, key=lambda p: p.k) for name, line in lines.items()}


def _why_empty(points: Sequence["CurvePoint"], measure: Measure) -> str:
    if not points:
        return _("The curves are not computed yet.")
    if measure == "accuracy":
        return _("Accuracy needs a model that can run and data with labels.")
    if measure == "agreement":
        return _("Agreement needs a model that can run and data.")
    return _("No layer has an error at any size.")


def _largest(lines: dict[str, list["CurvePoint"]], top: int) -> list[str]:
    bysize = sorted(lines, key=lambda name: -max(point.stored_bytes for point in lines[name]))
    wanted = set(bysize[:top])
    return [name for name in lines if name in wanted]


def _label_sizes(figure: go.Figure, lines: dict[str, list["CurvePoint"]]) -> None:
    sizes = [point.stored_bytes for line in lines.values() for point in line]
    low, high = min(sizes) / 1.5, max(sizes) * 1.5
    ticks = log_ticks(low, high)
    figure.update_xaxes(
        type="log",
        title=_("Stored size of the layer (logarithmic)"),
        range=[float(np.log10(low)), float(np.log10(high))],
        tickmode="array",
        tickvals=ticks,
        ticktext=[bytes_text(tick) for tick in ticks],
    )


def _axis_title(measure: Measure) -> str:
    return {
        "accuracy": _("Accuracy (%)"),
        "agreement": _("Agreement with the original (%)"),
        "sqnr_db": _("SQNR (dB)"),
    }[measure]


def _summary(lines: dict[str, list["CurvePoint"]], measure: Measure, baseline: float | None) -> str:
    text = ngettext(
        "{n} layer, clustered alone.", "{n} layers, each clustered alone.", len(lines)
    ).format(n=len(lines))
    worst = min(
        (point for line in lines.values() for point in line),
        key=lambda point: float(getattr(point, measure)),
    )
    value = float(getattr(worst, measure))
    shown = f"{value:.1f} dB" if measure == "sqnr_db" else f"{100 * value:.1f} %"
    text += " " + _("Lowest: {value}, {layer} with k = {k} ({size}).").format(
        value=shown,
        layer=short_name(worst.layer),
        k=worst.k,
        size=bytes_text(worst.stored_bytes),
    )
    if baseline is not None and measure != "sqnr_db":
        text += " " + _("Baseline {value} %.").format(value=f"{100 * baseline:.2f}")
    return text


def _numbers(line: list["CurvePoint"], measure: Measure, factor: float) -> dict[str, object]:
    unit = _axis_title(measure)
    return {
        "x": [point.stored_bytes for point in line],
        "y": [factor * getattr(point, measure) for point in line],
        "customdata": [f"{point.layer},{point.k}" for point in line],
        "hovertext": [str(point.k) for point in line],
        "hovertemplate": escape(line[0].layer)
        + _("<br>k = %{hovertext}: %{x:,} B, %{y:.4g}")
        + (" dB" if measure == "sqnr_db" else " %")
        + "<extra></extra>",
        "meta": columns(series=_("Layer"), hovertext=_("k"), x=_("Stored size (bytes)"), y=unit),
    }


def _line(line: list["CurvePoint"], measure: Measure, factor: float, number: int) -> go.Scatter:
    return go.Scatter(
        **_numbers(line, measure, factor),
        mode="lines+markers",
        name=line[0].layer,
        marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
        line={"dash": DASHES[number % len(DASHES)], "width": 2},
    )


def _grey_line(line: list["CurvePoint"], measure: Measure, factor: float) -> go.Scatter:
    return go.Scatter(
        **_numbers(line, measure, factor),
        mode="lines+markers",
        name=line[0].layer,
        zorder=BEHIND,
        showlegend=False,
        marker=_GREY_MARKER,
        line=_GREY_LINE,
    )


def _grey_legend(n_layers: int) -> go.Scatter:
    """Return a line without points: one legend item for all that are grey."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines+markers",
        name=ngettext("{n} other layer", "{n} other layers", n_layers).format(n=n_layers),
        marker=_GREY_MARKER,
        line=_GREY_LINE,
    )


def _add_baseline(
    figure: go.Figure, baseline: float, interval: tuple[float, float] | None, factor: float
) -> None:
    sizes = [size for trace in figure.data for size in trace.x if size is not None]
    ends = [min(sizes), max(sizes)]
    if interval is not None:
        low, high = (factor * edge for edge in interval)
        corners = [low, low, high, high]
        name = _("95 % interval of the baseline")
        figure.add_trace(band([*ends, *ends[::-1]], corners, name))
    figure.add_trace(
        dotted(
            ends,
            [factor * baseline] * 2,
            _("Baseline"),
            hovertemplate=_("baseline: %{y:.4g}") + "<extra></extra>",
            meta=columns(series=_("Layer"), y=_("Baseline")),
        )
    )
