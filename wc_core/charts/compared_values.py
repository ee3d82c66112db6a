"""Codebooks of single weights on one line of numbers, an algorithm below the other."""

from collections.abc import Mapping
from itertools import chain

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND, finite, shown_layer
from wc_core.charts._layer_axis import name_layers
from wc_core.charts._rows import columns
from wc_core.words import _

NAME = "compared_values"
_BINS = 160
_TALL = 0.8  # of a lane: the tallest stem, and the fullest bin
_LANE = 62  # pixels


def compared_values(
    values: ArrayLike,
    entries: Mapping[str, ArrayLike],
    counts: Mapping[str, ArrayLike],
    *,
    layer: str = "",
) -> go.Figure:
    """Draw the entries of each algorithm as stems over the histogram of the weights.

    Parameters
    ----------
    values : array
        Weights of the layer, or a sample of them.
    entries : mapping of str to array of shape (k,)
        Values that the weights share, by the name that people see.
    counts : mapping of str to array of shape (k,)
        Weights that each entry serves; stems are as tall as their share.
    layer : str
        Name of the layer, for the subtitle.
    """
    title = _("Entries among the weights")
    known = finite(values)
    if not entries or not known.size:
        return empty_figure(NAME, title, _("No algorithm has clustered the layers yet."))
    note = _(
        "Stems: entries, as tall as their share of the weights. Grey: histogram of {n} weights."
    ).format(n=f"{known.size:,}")
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, note),
        alt=shown_layer(layer, note, *(_summary(n, e) for n, e in entries.items())),
        height=150 + _LANE * len(entries),
    )
    outline = _outline(known)
    shares = {n: np.asarray(c) / max(1, np.sum(c)) for n, c in counts.items()}
    tallest = max(float(share.max(initial=0)) for share in shares.values()) or 1.0
    for lane, (name, line) in enumerate(entries.items()):
        figure.add_trace(_histogram(outline, lane))
        stems = _Stems(name, np.asarray(line, dtype=float), shares[name], tallest, lane)
        figure.add_traces([stems.lines(), stems.tips(np.asarray(counts[name]))])
    figure.update_xaxes(title=_("Weight value"), nticks=6, showgrid=True)
    name_layers(figure, list(entries))
    figure.update_yaxes(range=[len(entries) - 0.7, -0.95])
    return figure


class _Stems:
    """The stems of one lane: lines up from its floor, and a mark at each tip."""

    def __init__(
        self, name: str, values: NDArray, shares: NDArray, tallest: float, lane: int
    ) -> None:
        self.name, self.values, self.lane = name, values, lane
        self.heights = lane - _TALL * shares / tallest

    def lines(self) -> go.Scatter:
        """Return all lines as one trace with gaps."""
        pairs = zip(self.values.tolist(), self.heights.tolist(), strict=True)
        return go.Scatter(
            x=list(chain.from_iterable((v, v, None) for v in self.values.tolist())),
            y=list(chain.from_iterable((self.lane, height, None) for _v, height in pairs)),
            mode="lines",
            line={"width": 2, "color": "#0072b2"},
            hoverinfo="skip",
            showlegend=False,
        )

    def tips(self, counts: NDArray) -> go.Scatter:
        """Return the marks; dead entries get a cross on the floor."""
        return go.Scatter(
            x=self.values,
            y=self.heights,
            mode="markers",
            name=self.name,
            customdata=[str(entry) for entry in range(len(self.values))],
            hovertext=[f"{int(n):,}" for n in counts],
            hovertemplate=_("entry %{customdata}, value %{x:.4g}: %{hovertext} weights")
            + "<extra></extra>",
            marker={
                "size": 6,
                "color": "#0072b2",
                "symbol": np.where(counts > 0, "circle", "x").tolist(),
            },
            showlegend=False,
            meta=columns(
                series=_("Algorithm"),
                customdata=_("Entry"),
                x=_("Weight value"),
                hovertext=_("Weights"),
            ),
        )


def _summary(name: str, entries: ArrayLike) -> str:
    line = np.asarray(entries, dtype=float)
    return _("{name}: {k} values from {low} to {high}.").format(
        name=name, k=line.size, low=f"{line.min():.3g}", high=f"{line.max():.3g}"
    )


def _outline(values: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return the outline of the histogram, its fullest bin as tall as the tallest stem."""
    numbers, edges = np.histogram(values, bins=_BINS)
    heights = _TALL * numbers / numbers.max()
    return np.repeat(edges, 2), np.concatenate([[0], np.repeat(heights, 2), [0]])


def _histogram(outline: tuple[NDArray, NDArray], lane: int) -> go.Scatter:
    where, heights = outline
    return go.Scatter(
        x=where,
        y=lane - heights,
        mode="lines",
        line={"width": 0, "color": "rgba(128,128,128,0.5)"},
        fill="toself",
        fillcolor="rgba(128,128,128,0.3)",
        hoverinfo="skip",
        showlegend=False,
        zorder=BEHIND,
    )
