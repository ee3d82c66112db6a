"""Codebook entries as points of a plane, with a sample of the blocks they stand for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND, FAINT, shown_layer
from wc_core.charts._rows import columns
from wc_core.words import _

NAME = "centroid_embedding"
MAX_SAMPLE = 20_000
MAX_SVG = 10_000
_MAX_LABELS = 32  # more numbers than this beside the marks would cover each other


def centroid_embedding(
    points: ArrayLike,
    counts: ArrayLike,
    labels: Sequence[object] | None = None,
    sample: ArrayLike | None = None,
    sample_labels: ArrayLike | None = None,
    *,
    method: str = "pca",
    note: str = "",
    layer: str = "",
) -> go.Figure:
    """Draw where codebook entries lie relative to each other.

    Parameters
    ----------
    points : array of shape (k, 2)
        Where each entry lies.
    counts : array of shape (k,)
        Blocks that each entry stands for; a mark's area grows with it.
    labels : sequence of k names, optional
        What a click reports; entries are numbered from 0 otherwise.
    sample : array of shape (n, 2), optional
        Where some of the blocks lie; 20,000 of them are drawn at most.
    sample_labels : array of shape (n,), optional
        Entry of each sampled block, for the hover text and for clicks.
    method : {"pca", "umap"}
        How the plane was found; decides the axis titles.
    note : str
        What a reader should know about the plane, for the subtitle.
    layer : str
        Name of the layer, for the subtitle.
    """
    title = _("Centroids on a plane")
    where = np.asarray(points, dtype=float)
    if where.ndim != 2 or where.shape[1:] != (2,) or not len(where):
        return empty_figure(NAME, title, _("This layer is not clustered yet."))
    n_blocks = np.asarray(counts)
    names = [str(label) for label in (range(len(where)) if labels is None else labels)]
    behind, behind_labels = _thinned(sample, sample_labels)
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, _summary(n_blocks, behind, sample), note),
        height=480,
    )
    figure.add_trace(_entries_trace(where, n_blocks, names))
    if (n_blocks == 0).any():
        figure.add_trace(_dead_trace(where, n_blocks, names))
    if len(behind):
        figure.add_trace(_sample_trace(behind, behind_labels))
    first, second = _axis_titles(method)
    figure.update_xaxes(title=first)
    figure.update_yaxes(title=second)
    return figure


def _axis_titles(method: str) -> tuple[str, str]:
    if method == "pca":
        return _("1st principal component (weight units)"), _(
            "2nd principal component (weight units)"
        )
    return (
        _("{method} 1 (no unit)").format(method=method.upper()),
        _("{method} 2 (no unit)").format(method=method.upper()),
    )


def _thinned(
    sample: ArrayLike | None, labels: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray | None]:
    """Take blocks at even steps, so that what is drawn does not depend on luck."""
    if sample is None:
        return np.empty((0, 2)), None
    blocks = np.asarray(sample, dtype=float).reshape(-1, 2)
    kept = np.unique(np.linspace(0, len(blocks) - 1, min(len(blocks), MAX_SAMPLE)).astype(int))
    return blocks[kept], None if labels is None else np.asarray(labels)[kept]


def _summary(counts: NDArray, behind: NDArray, sample: ArrayLike | None) -> str:
    text = _("{k} entries, {used} in use.").format(k=counts.size, used=int((counts > 0).sum()))
    if sample is None or not len(behind):
        return text
    return (
        text
        + " "
        + _("{n} sampled of {total} blocks behind.").format(
            n=f"{len(behind):,}", total=f"{int(counts.sum()):,}"
        )
    )


def _sample_trace(blocks: NDArray, labels: NDArray | None) -> go.Scatter | go.Scattergl:
    """Draw blocks; a click on one picks its entry, if that is known."""
    shared: dict[str, Any] = {
        "x": blocks[:, 0].astype(np.float32),
        "y": blocks[:, 1].astype(np.float32),
        "mode": "markers",
        "marker": {"size": 3, "color": FAINT},
        "name": _("Sampled blocks"),
        "hoverinfo": "skip",
    }
    named = {}
    if labels is not None:
        named = {"customdata": _("Entry")}
        shared["customdata"] = [str(label) for label in labels]
        shared["hoverinfo"] = None
        shared["hovertemplate"] = _("a block of entry %{customdata}") + "<extra></extra>"
    meta = columns(named, series=_("Series"), x=_("Axis 1"), y=_("Axis 2"))
    if len(blocks) > MAX_SVG:
        return go.Scattergl(**shared, meta=meta)
    return go.Scatter(**shared, meta=meta, zorder=BEHIND)


def _entries_trace(where: NDArray, counts: NDArray, names: list[str]) -> go.Scatter:
    alive = counts > 0
    living = [name for name, lives in zip(names, alive, strict=True) if lives]
    return go.Scatter(
        x=where[alive, 0],
        y=where[alive, 1],
        mode="markers+text" if len(living) <= _MAX_LABELS else "markers",
        text=living,
        textposition="top center",
        customdata=living,
        hovertext=[f"{int(n):,}" for n in counts[alive]],
        hovertemplate=_("entry %{customdata}: %{hovertext} blocks") + "<extra></extra>",
        marker={
            "size": counts[alive],
            "sizemode": "area",
            "sizeref": 2 * max(float(counts.max()), 1.0) / 28**2,
            "sizemin": 4,
            "opacity": 0.75,
            "line": {"width": 1, "color": "rgba(128,128,128,0.9)"},
        },
        name=_("Entries (area: blocks served)"),
        meta=columns(
            series=_("Series"),
            customdata=_("Entry"),
            x=_("Axis 1"),
            y=_("Axis 2"),
            hovertext=_("Blocks"),
        ),
    )


def _dead_trace(where: NDArray, counts: NDArray, names: list[str]) -> go.Scatter:
    dead = counts == 0
    return go.Scatter(
        x=where[dead, 0],
        y=where[dead, 1],
        mode="markers",
        customdata=[name for name, gone in zip(names, dead, strict=True) if gone],
        hovertemplate=_("entry %{customdata}: dead, no block uses it") + "<extra></extra>",
        marker={"symbol": "x-open", "size": 9},
        name=_("Dead entries"),
        meta=columns(series=_("Series"), customdata=_("Entry"), x=_("Axis 1"), y=_("Axis 2")),
    )
