"""Accuracy with its 95 % interval, so that chance is not taken for a change."""

from collections.abc import Mapping
from typing import Protocol

import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import SYMBOLS
from wc_core.charts._layer_axis import name_layers
from wc_core.charts._rows import columns
from wc_core.words import _

NAME = "accuracy_interval"


class Measured(Protocol):
    """The part of an evaluation report that this chart reads."""

    @property
    def accuracy(self) -> float | None:
        """Share of correct images; None without labels."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end of the 95 % interval."""

    @property
    def n_samples(self) -> int:
        """Images evaluated."""


def accuracy_interval(reports: Mapping[str, Measured]) -> go.Figure:
    """Draw accuracies with their 95 % intervals, one row a report.

    Parameters
    ----------
    reports : mapping of str to report with `accuracy`, `interval` and `n_samples`
        What to compare, by the label that people see, such as "Before".
    """
    title = _("Accuracy")
    known = {
        label: (report.accuracy, report.interval or (report.accuracy,) * 2, report.n_samples)
        for label, report in reports.items()
        if report.accuracy is not None
    }
    if not known:
        return empty_figure(
            NAME, title, _("Accuracy needs a model that can run and data with labels.")
        )
    figure = new_figure(NAME, title, subtitle=_summary(known), height=150 + 44 * len(known))
    for place, (label, (accuracy, (low, high), n)) in enumerate(known.items()):
        figure.add_trace(
            go.Scatter(
                x=[100 * accuracy],
                y=[place],
                mode="markers",
                marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 12},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * (high - accuracy)],
                    "arrayminus": [100 * (accuracy - low)],
                    "thickness": 2,
                    "width": 6,
                },
                text=[f"{100 * low:.2f}"],
                hovertext=[f"{100 * high:.2f}"],
                ids=[str(n)],
                name=label,
                showlegend=False,
                hovertemplate=_("%{x:.2f} % (95 % interval %{text} to %{hovertext}), %{id} images")
                + "<extra></extra>",
                meta=columns(
                    series=_("When"),
                    x=_("Accuracy (%)"),
                    text=_("95 % interval from (%)"),
                    hovertext=_("95 % interval to (%)"),
                    ids=_("Images"),
                ),
            )
        )
    figure.update_xaxes(title=_("Accuracy (%), bars are 95 % intervals"), showgrid=True, nticks=6)
    name_layers(figure, list(known))
    return figure


def _summary(known: Mapping[str, tuple[float, tuple[float, float], int]]) -> str:
    parts = [
        _("{label}: {accuracy} % of {n} images.").format(
            label=label, accuracy=f"{100 * accuracy:.2f}", n=f"{n:,}"
        )
        for label, (accuracy, _ends, n) in known.items()
    ]
    return " ".join(parts)
