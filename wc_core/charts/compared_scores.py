"""One number of every algorithm, side by side: error, accuracy, time."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import plotly.graph_objects as go

from wc_core.charts._baseline import band, dotted
from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import log_ticks
from wc_core.charts._layer_axis import name_layers
from wc_core.charts._rows import columns
from wc_core.words import _

Measure = Literal["sqnr_db", "accuracy", "agreement", "perplexity", "seconds"]
_ROW = 36  # pixels: a mark with its number above
_LEGEND = 44


class Scored(Protocol):
    """The part of a row of a comparison that this chart reads; None is "not measured"."""

    @property
    def sqnr_db(self) -> float | None:
        """Signal over error in decibels; infinite without an error."""

    @property
    def bits_per_weight(self) -> float | None:
        """Stored bits over weights."""

    @property
    def accuracy(self) -> float | None:
        """Share of images named correctly."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy."""

    @property
    def agreement(self) -> float | None:
        """Share of images named as before."""

    @property
    def n_samples(self) -> int:
        """Images that accuracy and agreement rest on."""

    @property
    def perplexity(self) -> float | None:
        """Entries as if all were used alike."""

    @property
    def seconds(self) -> float | None:
        """Time that clustering took."""


def compared_scores(
    rows: Mapping[str, Scored],
    measure: Measure = "sqnr_db",
    *,
    baseline: float | None = None,
    interval: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw one measure of every algorithm, one row each, in the order given.

    Parameters
    ----------
    rows : mapping of str to row
        By the name that people see.
    measure : {"sqnr_db", "accuracy", "agreement", "perplexity", "seconds"}
    baseline : float, optional
        Accuracy of the model as it is, from 0 to 1, drawn as a line.
    interval : tuple of float, optional
        Its 95 % interval, drawn as a band.
    """
    name, title = f"compared_{measure}", _titles()[measure]
    known = {n: row for n, row in rows.items() if getattr(row, measure) is not None}
    if not known:
        return empty_figure(name, title, _why_empty(bool(rows), measure))
    with_legend = measure == "accuracy" and baseline is not None
    figure = new_figure(
        name,
        title,
        subtitle=_summary(known, measure),
        height=150 + _ROW * len(known) + (_LEGEND if with_legend else 0),
    )
    values = _values(known, measure)
    drawn = np.where(np.isfinite(values), values, _beyond(values))
    figure.add_trace(_marks(known, measure, drawn, values))
    if with_legend and baseline is not None:
        _add_baseline(figure, len(known), baseline, interval)
    _scale(figure, measure, drawn, known, baseline)
    name_layers(figure, list(known))
    figure.update_yaxes(range=[len(known) - 0.5, -0.9])  # the first number needs room above
    return figure


def _titles() -> dict[str, str]:
    return {
        "sqnr_db": _("Signal over error (SQNR)"),
        "accuracy": _("Accuracy"),
        "agreement": _("Agreement with the original"),
        "perplexity": _("Entries at work"),
        "seconds": _("Time"),
    }


def _axis_titles() -> dict[str, str]:
    return {
        "sqnr_db": _("SQNR (dB), more is better"),
        "accuracy": _("Accuracy (%), bars are 95 % intervals"),
        "agreement": _("Agreement (%)"),
        "perplexity": _("Perplexity"),
        "seconds": _("Seconds of clustering (logarithmic)"),
    }


def _why_empty(any_rows: bool, measure: Measure) -> str:
    if not any_rows:
        return _("No algorithm has clustered the layers yet.")
    if measure == "accuracy":
        return _("Accuracy needs a model that can run and data with labels.")
    return _("This was not measured.")


def _values(rows: Mapping[str, Scored], measure: Measure) -> np.ndarray:
    factor = 100.0 if measure in ("accuracy", "agreement") else 1.0
    values = np.array([factor * getattr(row, measure) for row in rows.values()])
    # Clocks have a resolution, and a logarithmic axis has no zero.
    return np.maximum(values, 1e-3) if measure == "seconds" else values


def _beyond(values: np.ndarray) -> float:
    """Return a place right of all others for what has no error at all."""
    finite = values[np.isfinite(values)]
    return float(finite.max() + 0.1 * max(np.ptp(finite), 1.0)) if finite.size else 0.0


def _labels(measure: Measure, values: np.ndarray) -> list[str]:
    if measure == "seconds":
        return [f"{value:.2g} s" if value < 10 else f"{value:.0f} s" for value in values]
    unit = {"sqnr_db": " dB", "perplexity": ""}.get(measure, " %")
    return [f"{v:.1f}{unit}" if np.isfinite(v) else _("no error") for v in values]


def _marks(
    rows: Mapping[str, Scored], measure: Measure, drawn: np.ndarray, values: np.ndarray
) -> go.Scatter:
    lossless = ~np.isfinite(values)
    bars = {"error_x": _error_bars(rows)} if measure == "accuracy" else {}
    return go.Scatter(
        x=drawn,
        y=list(range(len(rows))),
        mode="markers+text",
        text=_labels(measure, values),
        textposition="top center",
        cliponaxis=False,
        customdata=list(rows),
        hovertext=[f"{value:.6g}" for value in values],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
        marker={"size": 11, "symbol": np.where(lossless, "star", "circle").tolist()},
        showlegend=False,
        meta=columns(customdata=_("Algorithm"), hovertext=_axis_titles()[measure]),
        **bars,
    )


def _error_bars(rows: Mapping[str, Scored]) -> dict[str, Any]:
    known = [(row.accuracy or 0.0, row.interval) for row in rows.values()]
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (ends[1] - value) if ends else 0.0 for value, ends in known],
        "arrayminus": [100 * (value - ends[0]) if ends else 0.0 for value, ends in known],
        "thickness": 2,
        "width": 5,
    }


def _add_baseline(
    figure: go.Figure, n_rows: int, baseline: float, interval: tuple[float, float] | None
) -> None:
    ends = [-0.5, n_rows - 0.5]
    if interval is not None:
        low, high = (100 * edge for edge in interval)
        corners = [ends[0], ends[0], ends[1], ends[1]]
        figure.add_trace(band([low, high, high, low], corners, _("its 95 % interval")))
    name = _("before clustering, {accuracy} %").format(accuracy=f"{100 * baseline:.1f}")
    figure.add_trace(dotted([100 * baseline] * 2, ends, name, hoverinfo="skip"))


def _scale(
    figure: go.Figure,
    measure: Measure,
    drawn: np.ndarray,
    rows: Mapping[str, Scored],
    baseline: float | None,
) -> None:
    """Leave room at both ends for numbers that stand over marks."""
    title = _axis_titles()[measure]
    if measure == "seconds":
        low, high = float(drawn.min()) / 3, float(drawn.max()) * 3
        ticks = log_ticks(low, high)
        figure.update_xaxes(
            type="log",
            title=title,
            showgrid=True,
            range=[float(np.log10(low)), float(np.log10(high))],
            tickmode="array",
            tickvals=ticks,
            ticktext=[f"{tick:g} s" for tick in ticks],
        )
        return
    ends = [*drawn.tolist()]
    if measure == "accuracy":
        ends += [100 * edge for row in rows.values() for edge in row.interval or ()]
        ends += [100 * baseline] if baseline is not None else []
    room = 0.18 * max(max(ends) - min(ends), 1.0)
    figure.update_xaxes(
        title=title, showgrid=True, nticks=6, range=[min(ends) - room, max(ends) + room]
    )


def _summary(rows: Mapping[str, Scored], measure: Measure) -> str:
    values = _values(rows, measure)
    names, labels = list(rows), _labels(measure, values)
    top, last = int(values.argmax()), int(values.argmin())
    if measure == "seconds":
        text = _("Fastest: {name}, {value}. Slowest: {other}, {least}.").format(
            name=names[last], value=labels[last], other=names[top], least=labels[top]
        )
        return text + " " + _("All on the same machine, one at a time.")
    text = _("Highest: {name}, {value}. Lowest: {other}, {least}.").format(
        name=names[top], value=labels[top], other=names[last], least=labels[last]
    )
    if measure == "sqnr_db":
        return text + " " + _bits(rows)
    if measure == "perplexity":
        return text + " " + _("As many entries, all used alike, would say as much.")
    n = max(row.n_samples for row in rows.values())
    text += " " + _("{n} images.").format(n=f"{n:,}")
    if measure == "accuracy":
        text += " " + _("Where bars overlap, the difference may be chance.")
    return text


def _bits(rows: Mapping[str, Scored]) -> str:
    """Say what the error was bought for: the same for all, unless entries were left out."""
    bits = [row.bits_per_weight for row in rows.values() if row.bits_per_weight is not None]
    low, high = f"{min(bits):.2f}", f"{max(bits):.2f}"
    if low == high:
        return _("All at {n} bits per weight.").format(n=low)
    return _("At {low} to {high} bits per weight.").format(low=low, high=high)
