"""A layer's weights before clustering, and the values that are left after it."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND, finite, log_ticks, shown_layer
from wc_core.charts._rows import columns
from wc_core.words import _

NAME = "weight_histogram"
MAX_BINS = 512


def weight_histogram(
    original: ArrayLike,
    codebook_values: ArrayLike | None = None,
    counts: ArrayLike | None = None,
    decoded: ArrayLike | None = None,
    *,
    pruned: int = 0,
    layer: str = "",
    log_y: bool = False,
    max_bins: int = 120,
) -> go.Figure:
    """Draw how a layer's weights are spread, and what they become.

    Parameters
    ----------
    original : array of any shape
        Weights before clustering.
    codebook_values : array of shape (k,), optional
        Values of the codebook's entries, for blocks of one weight: drawn as stems.
    counts : array of shape (k,), optional
        Weights that each entry stands for; needed with `codebook_values`.
    decoded : array of any shape, optional
        Weights after clustering, for larger blocks: drawn as a second histogram.
    pruned : int
        Weights that are zero whatever the codebook says: drawn with the stems.
    layer : str
        Name of the layer, for the subtitle.
    log_y : bool
        Whether shares are on a logarithmic axis.
    max_bins : int
        Bins of the histograms, 512 at most.

    Returns
    -------
    Figure
        A click on a stem's head reports the entry's number.
    """
    title = _("Weights before and after")
    weights = finite(original)
    if not weights.size:
        return empty_figure(NAME, title, _("This layer has no finite weights to show."))
    stems = None
    if codebook_values is not None and counts is not None:
        stems = np.ravel(np.asarray(codebook_values)), np.ravel(np.asarray(counts))
    after = None if stems or decoded is None else finite(decoded)
    edges = _edges(weights, min(max_bins, MAX_BINS), after)
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, _summary(weights, stems)),
    )
    figure.add_trace(_bars(weights, edges))
    if stems:
        _add_stems(figure, *stems, weights.size)
        _add_zero(figure, pruned, weights.size)
    elif after is not None and after.size:
        figure.add_trace(_outline(after, edges))
    figure.update_layout(bargap=0)
    figure.update_xaxes(title=_("Weight value"))
    figure.update_yaxes(title=_("Share of weights (%)"))
    if log_y:
        _make_log(figure)
    return figure


def _summary(weights: NDArray, stems: tuple[NDArray, NDArray] | None) -> str:
    text = _("{n} weights from {low} to {high}, standard deviation {spread}.").format(
        n=f"{weights.size:,}",
        low=f"{weights.min():.3g}",
        high=f"{weights.max():.3g}",
        spread=f"{weights.std():.3g}",
    )
    if stems is None:
        return text
    return text + " " + _("Codebook of {k} values.").format(k=len(stems[0]))


def _edges(weights: NDArray, n_bins: int, other: NDArray | None) -> NDArray[np.float64]:
    low, high = weights.min(), weights.max()
    if other is not None and other.size:
        low, high = min(low, other.min()), max(high, other.max())
    wanted = int(np.clip(np.sqrt(weights.size), 8, max(n_bins, 1)))
    if not np.isfinite(high - low) or high - low <= abs(high) * 1e-9:
        low, high = low - max(abs(low), 1.0) / 2, high + max(abs(high), 1.0) / 2
    edges: NDArray[np.float64] = np.linspace(low, high, wanted + 1)
    return edges


def _bars(weights: NDArray, edges: NDArray) -> go.Bar:
    counts, _edges_again = np.histogram(weights, edges)
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=100 * counts / weights.size,
        width=np.diff(edges),
        hovertext=[f"{n:,}" for n in counts],
        name=_("Before (histogram)"),
        hovertemplate=_("near %{x:.4g}: %{hovertext} weights (%{y:.3g} %)") + "<extra></extra>",
        marker={"line": {"width": 0}, "opacity": 0.65},
        meta=columns(
            series=_("Series"), x=_("Weight value"), width=_("Bin width"), y=_("Share (%)")
        ),
    )


def _outline(after: NDArray, edges: NDArray) -> go.Scatter:
    counts, _edges_again = np.histogram(after, edges)
    return go.Scatter(
        x=(edges[:-1] + edges[1:]) / 2,
        y=100 * counts / after.size,
        mode="lines",
        line={"shape": "hvh", "width": 2},
        name=_("After (histogram of decoded weights)"),
        hovertemplate=_("after, near %{x:.4g}: %{y:.3g} %") + "<extra></extra>",
        meta=columns(series=_("Series"), x=_("Weight value"), y=_("Share (%)")),
    )


def _add_stems(figure: go.Figure, values: NDArray, counts: NDArray, n_weights: int) -> None:
    order = np.argsort(values, kind="stable")
    values, counts = values[order].astype(float), counts[order].astype(float)
    shares = 100 * counts / n_weights
    figure.add_trace(
        go.Scatter(
            x=values,
            y=shares,
            mode="markers",
            marker={"symbol": "diamond", "size": 9 if len(values) <= 64 else 6},
            customdata=[str(entry) for entry in order],
            hovertext=[f"{int(n):,}" for n in counts],
            name=_("After (centroid stems)"),
            hovertemplate=_(
                "entry %{customdata}: value %{x:.4g}, %{hovertext} weights (%{y:.3g} %)"
            )
            + "<extra></extra>",
            meta=columns(
                series=_("Series"),
                customdata=_("Entry"),
                x=_("Weight value"),
                y=_("Share (%)"),
            ),
        )
    )
    nothing = np.full_like(shares, np.nan)
    figure.add_trace(
        go.Scatter(  # one path for all stems: down, up, lift the pen
            x=np.stack([values, values, nothing], axis=1).ravel(),
            y=np.stack([np.zeros_like(shares), shares, nothing], axis=1).ravel(),
            mode="lines",
            line={"width": 1.5, "color": "rgba(128,128,128,0.9)"},
            hoverinfo="skip",
            showlegend=False,
            zorder=BEHIND,
        )
    )


def _add_zero(figure: go.Figure, pruned: int, n_weights: int) -> None:
    """Mark the weights that became zero by pruning, which is no entry of the codebook."""
    if not pruned:
        return
    share = 100 * pruned / n_weights
    figure.add_trace(
        go.Scatter(
            x=[0.0],
            y=[share],
            mode="markers",
            marker={"symbol": "x", "size": 10},
            hovertext=[f"{pruned:,}"],
            name=_("Pruned (zero)"),
            hovertemplate=_("pruned: %{hovertext} weights (%{y:.3g} %)") + "<extra></extra>",
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [0],
                "arrayminus": [share],
                "thickness": 1.5,
                "width": 0,
                "color": "rgba(128,128,128,0.9)",
            },
            meta=columns(series=_("Series"), x=_("Weight value"), y=_("Share (%)")),
        )
    )


def _make_log(figure: go.Figure) -> None:
    """Put shares on a logarithmic axis whose floor is below the smallest of them."""
    drawn = np.concatenate([np.asarray(trace.y, dtype=float) for trace in figure.data])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    floor, top = drawn.min() / 2, drawn.max() * 1.5
    for trace in figure.data:
        if trace.type == "scatter" and trace.mode == "lines":
            trace.y = np.where(np.asarray(trace.y) <= 0, floor, trace.y)
    figure.update_yaxes(
        type="log",
        range=[float(np.log10(floor)), float(np.log10(top))],
        tickmode="array",
        tickvals=log_ticks(floor, top),
    )
