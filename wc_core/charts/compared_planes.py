"""Codebooks of several algorithms on one plane: the same blocks, the same axes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._panels import add_panels, axes_of, panels_height
from wc_core.charts._rows import columns
from wc_core.words import _, ngettext

NAME = "compared_planes"
MAX_DOTS = 6000  # in all panels together, each of which draws the same blocks
_PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_WIDEST = 22  # pixels of the mark of the busiest entry


def compared_planes(
    sample: ArrayLike,
    points: Mapping[str, ArrayLike],
    counts: Mapping[str, ArrayLike],
    owners: Mapping[str, ArrayLike],
    *,
    share: float | None = None,
    layer: str = "",
) -> go.Figure:
    """Draw where the entries of each algorithm lie among the blocks of a layer.

    Parameters
    ----------
    sample : array of shape (n, 2)
        Where some of the layer's blocks lie on the plane.
    points : mapping of str to array of shape (k, 2)
        Where the entries of each algorithm lie on the same plane.
    counts : mapping of str to array of shape (k,)
        Blocks that each entry serves.
    owners : mapping of str to array of shape (n,)
        Entry of each sampled block.
    share : float, optional
        Share of the variance that the plane shows, for the subtitle.
    layer : str
        Name of the layer, for the subtitle.

    Returns
    -------
    Figure
        Few colours go round: next to each other they tell entries apart, and a click or
        hover gives the entry's number.
    """
    title = _("Entries among the blocks")
    where = np.asarray(sample, dtype=np.float32).reshape(-1, 2)
    if not points or not len(where):
        return empty_figure(NAME, title, _("No algorithm has clustered the layers yet."))
    n_blocks = int(np.asarray(next(iter(counts.values()))).sum())
    kept = np.arange(0, len(where), -(-len(where) * len(points) // MAX_DOTS))
    note = _notes(len(kept), n_blocks, share)
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, *note),
        alt=shown_layer(layer, *note, *(_summary(n, c) for n, c in counts.items())),
        height=panels_height(len(points)),
    )
    busiest = max(float(np.max(c)) for c in counts.values())
    traces = []
    for panel, name in enumerate(points):
        entries, served = np.asarray(points[name], dtype=np.float32), np.asarray(counts[name])
        colours = _colours(entries)
        owner = np.asarray(owners[name])[kept]
        traces.append(_dots(name, where[kept], owner, colours, panel))
        traces.append(_entries(name, entries, served, colours, busiest, panel))
        if (served == 0).any():
            traces.append(_dead(name, entries, served, panel))
    figure.add_traces(traces)
    _add_axes(figure, where, points, counts)
    return figure


def _notes(n_drawn: int, n_blocks: int, share: float | None) -> list[str]:
    notes = [
        _("Dots: {n} of {total} blocks. Circles: entries, the larger the more blocks.").format(
            n=f"{n_drawn:,}", total=f"{n_blocks:,}"
        )
    ]
    if share is not None:
        notes.append(
            _("One PCA of the blocks for all panels; it shows {share} % of their variance.").format(
                share=f"{100 * share:.0f}"
            )
        )
    return notes


def _summary(name: str, counts: ArrayLike) -> str:
    served = np.asarray(counts)
    return _("{name}: {used} of {k} entries in use, the largest serves {most} blocks.").format(
        name=name,
        used=np.count_nonzero(served),
        k=served.size,
        most=f"{int(served.max(initial=0)):,}",
    )


def _colours(entries: NDArray) -> NDArray:
    """Give neighbours along the first axis different colours."""
    rank = np.empty(len(entries), dtype=int)
    rank[np.argsort(entries[:, 0], kind="stable")] = np.arange(len(entries))
    colours: NDArray = np.array(_PALETTE)[rank % len(_PALETTE)]
    return colours


def _dots(name: str, where: NDArray, owner: NDArray, colours: NDArray, panel: int) -> go.Scatter:
    return go.Scatter(
        x=where[:, 0],
        y=where[:, 1],
        mode="markers",
        name=name,
        customdata=[str(entry) for entry in owner],
        marker={"size": 3, "opacity": 0.45, "color": colours[owner].tolist()},
        hovertemplate=_("a block of entry %{customdata}") + "<extra></extra>",
        showlegend=False,
        meta=_columns(),
        **axes_of(panel),
    )


def _entries(
    name: str, entries: NDArray, served: NDArray, colours: NDArray, busiest: float, panel: int
) -> go.Scatter:
    alive = np.flatnonzero(served)
    return go.Scatter(
        x=entries[alive, 0],
        y=entries[alive, 1],
        mode="markers",
        name=name,
        customdata=[str(entry) for entry in alive],
        hovertext=[f"{int(n):,}" for n in served[alive]],
        hovertemplate=_("entry %{customdata}: %{hovertext} blocks") + "<extra></extra>",
        marker={
            "size": served[alive],
            "sizemode": "area",
            "sizeref": 2 * max(busiest, 1.0) / _WIDEST**2,
            "sizemin": 3,
            "color": colours[alive].tolist(),
            "opacity": 0.95,
            "line": {"width": 1.5, "color": "rgb(128,128,128)"},
        },
        showlegend=False,
        meta=_columns({"hovertext": _("Blocks")}),
        **axes_of(panel),
    )


def _dead(name: str, entries: NDArray, served: NDArray, panel: int) -> go.Scatter:
    dead = np.flatnonzero(served == 0)
    return go.Scatter(
        x=entries[dead, 0],
        y=entries[dead, 1],
        mode="markers",
        name=name,
        customdata=[str(entry) for entry in dead],
        hovertemplate=_("entry %{customdata}: dead, no block uses it") + "<extra></extra>",
        marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": "#d55e00"}},
        showlegend=False,
        meta=_columns(),
        **axes_of(panel),
    )


def _columns(more: Mapping[str, str] | None = None) -> dict[str, Any]:
    shared = {"customdata": _("Entry"), "x": _("Axis 1"), "y": _("Axis 2")}
    return columns({**shared, **(more or {})}, series=_("Algorithm"))


def _add_axes(
    figure: go.Figure,
    where: NDArray,
    points: Mapping[str, ArrayLike],
    counts: Mapping[str, ArrayLike],
) -> None:
    """Show nearly all; a few blocks and entries far out would make all others a spot."""
    low, high = np.percentile(where, [0.5, 99.5], axis=0)
    reach = 0.6 * np.maximum(high - low, 1e-12)
    shown = np.clip(np.concatenate([*map(np.asarray, points.values())]), low - reach, high + reach)
    low, high = np.minimum(low, shown.min(axis=0)), np.maximum(high, shown.max(axis=0))
    low, high = low - 0.1 * reach, high + 0.1 * reach
    below = {
        name: _below(np.asarray(entries), np.asarray(counts[name]), low, high)
        for name, entries in points.items()
    }
    (left, bottom), (right, top) = low.tolist(), high.tolist()
    add_panels(
        figure,
        below,
        {"title": _("1st component"), "range": [left, right], "nticks": 5},
        {"title": _("2nd component"), "range": [bottom, top], "nticks": 5},
    )


def _below(entries: NDArray, served: NDArray, low: NDArray, high: NDArray) -> str:
    text = ngettext("{n} entry", "{n} entries", served.size).format(n=served.size)
    dead = int((served == 0).sum())
    outside = int(((entries < low) | (entries > high)).any(axis=1).sum())
    text += _(", {n} empty").format(n=dead) if dead else ""
    return text + (_(", {n} out of view").format(n=outside) if outside else "")
