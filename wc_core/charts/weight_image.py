"""A weight matrix as an image, before and after clustering, and the difference."""

from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._pool import Pooled, pool
from wc_core.charts._rows import columns
from wc_core.charts._scale import diverging
from wc_core.words import _

Mode = Literal["before", "after", "difference"]


def weight_image(
    original: ArrayLike,
    decoded: ArrayLike | None = None,
    mode: Mode = "before",
    *,
    layer: str = "",
) -> go.Figure:
    """Draw a weight matrix as an image.

    Before and after share one colour range, so that they may be compared by eye;
    the difference (after minus before) has its own, centred on 0.

    Parameters
    ----------
    original : array of shape (m, n)
        Weights before clustering.
    decoded : array of shape (m, n), optional
        Weights after clustering; needed for "after" and "difference".
    mode : {"before", "after", "difference"}
        What to draw.
    layer : str
        Name of the layer, for the subtitle.
    """
    name = f"weight_image_{mode}"
    title = _title(mode)
    before = np.asarray(original, dtype=np.float32)
    if before.ndim != 2 or not before.size:
        return empty_figure(name, title, _("There is no weight matrix to show."))
    if mode != "before" and decoded is None:
        return empty_figure(name, title, _("This layer is not clustered yet."))
    after = before if decoded is None else np.asarray(decoded, dtype=np.float32)
    pooled, limit = _chosen(before, after, mode)
    figure = new_figure(
        name,
        title,
        subtitle=shown_layer(layer, _summary(before, after, mode), pooled.note),
        height=460,
    )
    label = _("After minus before") if mode == "difference" else _("Weight value")
    figure.add_trace(
        go.Heatmap(
            z=pooled.values.astype(np.float32),
            x=pooled.cols,
            y=pooled.rows,
            coloraxis="coloraxis",
            hovertemplate=_("row %{y}, column %{x}: %{z:.4g}") + "<extra></extra>",
            meta=columns(y=_("Row"), x=_("Column"), z=label),
        )
    )
    figure.update_layout(coloraxis=diverging(limit, label))
    figure.update_xaxes(title=_("Column of the matrix"))
    figure.update_yaxes(title=_("Row of the matrix"), autorange="reversed", showgrid=False)
    return figure


def _title(mode: Mode) -> str:
    return {
        "before": _("Weights as an image: before"),
        "after": _("Weights as an image: after"),
        "difference": _("Weights as an image: difference"),
    }[mode]


def _chosen(before: NDArray, after: NDArray, mode: Mode) -> tuple[Pooled, float]:
    """Return what is drawn and its largest magnitude, or that of before and after together."""
    if mode == "difference":
        change = pool(after - before)
        return change, float(np.abs(change.values).max())
    first, last = pool(before), pool(after)
    limit = float(max(np.abs(first.values).max(), np.abs(last.values).max()))
    return (first if mode == "before" else last), limit


def _summary(before: NDArray, after: NDArray, mode: Mode) -> str:
    if mode == "difference":
        change = after - before
        return _("{m} x {n} weights; a weight changes by {rms} (root mean square).").format(
            m=before.shape[0],
            n=before.shape[1],
            rms=f"{float(np.sqrt(np.mean(np.square(change, dtype=np.float64)))):.3g}",
        )
    shown = before if mode == "before" else after
    text = _("{m} x {n} weights, {distinct} distinct values.").format(
        m=shown.shape[0], n=shown.shape[1], distinct=f"{np.unique(shown).size:,}"
    )
    zeros = shown.size - np.count_nonzero(shown)
    if not zeros:
        return text
    return (
        text
        + " "
        + _("{share} % are exactly zero.").format(share=f"{100 * zeros / shown.size:.3g}")
    )
