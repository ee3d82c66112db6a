"""A layer's weights and the values that k entries would leave of them, redrawn at every k."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND, shown_layer
from wc_core.charts._rows import columns
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.search import LayerPreview

NAME = "live_codebook"
_HEADROOM = 1.08  # of the vertical axis over the tallest bar
_FEW = 64  # entries whose marks may be large


def live_codebook(
    bars: ArrayLike, edges: ArrayLike, preview: "LayerPreview | None", *, scaled: bool = False
) -> go.Figure:
    """Draw a histogram with the entries that stand for it.

    Every entry has a step as wide as the weights it takes and as high as the bars below it on
    average, so that steps and bars cover the same area; its stem stands where its value lies.
    Axes depend on the layer alone: nothing jumps when k changes.

    Parameters
    ----------
    bars : array of shape (n,)
        Weights in each bar.
    edges : array of shape (n + 1,)
        Where bars begin and end, evenly spaced.
    preview : LayerPreview, optional
    scaled : bool
        Whether values are in units of each channel's scale.
    """
    title = _("Weights and their shared values")
    if preview is None or not np.sum(bars):
        return empty_figure(NAME, title, _("There are no weights to show."))
    heights = 100 * np.asarray(bars) / np.sum(bars)
    edges = np.asarray(edges, dtype=np.float64)
    figure = new_figure(NAME, title, subtitle=_summary(preview), height=320)
    figure.add_trace(_bars(heights, edges, np.asarray(bars)))
    top = _HEADROOM * heights.max()
    _add_steps(figure, preview, edges, top)
    unit = _("Weight / scale of its channel") if scaled else _("Weight value")
    figure.update_xaxes(title=unit, range=[edges[0], edges[-1]])
    figure.update_yaxes(title=_("Share of weights (%)"), range=[0, top])
    figure.update_layout(bargap=0, uirevision=preview.layer)  # what was zoomed to stays
    return figure


def _summary(preview: "LayerPreview") -> str:
    text = _("k = {k}: {n} weights.").format(k=preview.k, n=f"{preview.n_weights:,}")
    return shown_layer(preview.layer, text)


def _bars(heights: NDArray, edges: NDArray, counts: NDArray) -> go.Bar:
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=heights,
        width=edges[1] - edges[0],
        hovertext=[f"{n:,}" for n in counts.tolist()],
        name=_("Before (histogram)"),
        hovertemplate=_("near %{x:.4g}: %{hovertext} weights (%{y:.3g} %)") + "<extra></extra>",
        marker={"line": {"width": 0}, "opacity": 0.65},
        meta=columns(series=_("Series"), x=_("Weight value"), hovertext=_("Weights")),
    )


def _add_steps(figure: go.Figure, preview: "LayerPreview", edges: NDArray, top: float) -> None:
    """Add steps with their stems as one path, and a mark on every stem."""
    values = preview.centers.astype(np.float64)
    shares = 100 * preview.counts / preview.n_weights
    bounds = np.concatenate([edges[:1], (values[1:] + values[:-1]) / 2, edges[-1:]])
    # As high as bars would be there; entries of a single value have no width to speak of.
    widths = np.maximum(np.diff(bounds) / (edges[1] - edges[0]), shares / top)
    heights = shares / widths
    left, right, ground = bounds[:-1], bounds[1:], np.zeros_like(values)
    # Along the step to the value, down its stem and up again, on to the step's end.
    figure.add_trace(
        go.Scatter(
            x=np.stack([left, values, values, values, right], axis=1).ravel(),
            y=np.stack([heights, heights, ground, heights, heights], axis=1).ravel(),
            mode="lines",
            line={"width": 1.5, "color": "rgba(128,128,128,0.9)"},
            hoverinfo="skip",
            showlegend=False,
            zorder=BEHIND,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=values,
            y=heights,
            mode="markers",
            marker={"symbol": "diamond", "size": 9 if len(values) <= _FEW else 5},
            customdata=[str(entry) for entry in range(len(values))],
            hovertext=[f"{n:,}" for n in preview.counts.tolist()],
            name=_("After (entries: one value for each step)"),
            hovertemplate=_("entry %{customdata}: value %{x:.4g}, %{hovertext} weights")
            + "<extra></extra>",
            meta=columns(
                series=_("Series"),
                customdata=_("Entry"),
                x=_("Weight value"),
                hovertext=_("Weights"),
            ),
        )
    )
