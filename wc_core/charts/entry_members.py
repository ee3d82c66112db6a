"""A codebook entry beside some of the blocks that it stands for."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._pool import MAX_SIDE, pool
from wc_core.charts._rows import columns
from wc_core.charts._scale import diverging
from wc_core.words import _

NAME = "entry_members"
MAX_MEMBERS = 24
_ACROSS = 5


def entry_members(
    entry: ArrayLike,
    members: ArrayLike,
    *,
    number: int | None = None,
    total: int | None = None,
    layer: str = "",
) -> go.Figure:
    """Draw a codebook entry and up to 24 of its members as small images of one colour scale.

    Parameters
    ----------
    entry : array of shape (rows, cols)
        Values of the entry.
    members : array of shape (n, rows, cols)
        Blocks that it stands for; lanes that are pruned or outside the matrix are NaN and stay
        blank.
    number : int, optional
        Number of the entry.
    total : int, optional
        How many members there are; `n` if left out.
    layer : str
        Name of the layer, for the subtitle.
    """
    title = (
        _("Entry and members")
        if number is None
        else _("Entry {n} and its members").format(n=number)
    )
    centre = np.asarray(entry, dtype=np.float32)
    if centre.ndim != 2 or not centre.size:
        return empty_figure(NAME, title, _("There is no entry to show."))
    blocks = np.asarray(members, dtype=np.float32).reshape(-1, *centre.shape)
    if not len(blocks):
        return empty_figure(NAME, title, _("No block uses this entry: it is dead."))
    tiles = [centre, *blocks[:MAX_MEMBERS]]
    names = [_("entry"), *(_("member {n}").format(n=n) for n in range(1, len(tiles)))]
    n_rows = -(-len(tiles) // _ACROSS)
    known = len(blocks) if total is None else total
    figure = new_figure(
        NAME, title, subtitle=_summary(blocks, centre, known, layer), height=170 + 92 * n_rows
    )
    figure.add_traces(
        [
            _tile(tile, name, place)
            for place, (tile, name) in enumerate(zip(tiles, names, strict=True))
        ]
    )
    limit = float(np.nanmax(np.abs(np.stack(tiles))))
    figure.update_layout(_places(len(tiles), n_rows), coloraxis=diverging(limit, _("Weight value")))
    return figure


def _axis(letter: str, place: int) -> str:
    return f"{letter}{place + 1}" if place else letter


def _places(n_tiles: int, n_rows: int) -> dict[str, Any]:
    """Return axes and headings of a grid of images, all at once: plotly is slow one by one."""
    layout: dict[str, Any] = {"annotations": []}
    for place in range(n_tiles):
        row, col = divmod(place, _ACROSS)
        left, bottom = col / _ACROSS, 1 - (row + 1) / n_rows
        x, y = _axis("x", place), _axis("y", place)
        layout[x.replace("x", "xaxis")] = {
            "domain": [left, left + 0.86 / _ACROSS],
            "anchor": y,
            "visible": False,
        }
        layout[y.replace("y", "yaxis")] = {
            "domain": [bottom, bottom + 0.7 / n_rows],
            "anchor": x,
            "visible": False,
            "autorange": "reversed",
        }
        layout["annotations"].append(
            {
                "text": str(place) if place else _("entry"),
                "x": 0.5,
                "y": 1,
                "xref": f"{x} domain",
                "yref": f"{y} domain",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12},
            }
        )
    return layout


def _tile(values: NDArray, name: str, place: int) -> go.Heatmap:
    pooled = pool(values, max_side=MAX_SIDE // _ACROSS)
    return go.Heatmap(
        z=pooled.values,
        x=pooled.cols,
        y=pooled.rows,
        xaxis=_axis("x", place),
        yaxis=_axis("y", place),
        name=name,
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        hovertemplate=name + _(", row %{y}, column %{x}: %{z:.4g}") + "<extra></extra>",
        meta=columns(
            series=_("Block"), y=_("Row in block"), x=_("Column in block"), z=_("Weight value")
        ),
    )


def _summary(blocks: NDArray, entry: NDArray, total: int, layer: str) -> str:
    error = float(np.sqrt(np.nanmean(np.square(blocks - entry, dtype=np.float64))))
    blank = _("Blank: pruned weights, or lanes outside the matrix.")
    return shown_layer(
        layer,
        _("{shown} of {total} member blocks; they differ from the entry by {rms} a weight.").format(
            shown=min(len(blocks), MAX_MEMBERS), total=f"{total:,}", rms=f"{error:.3g}"
        ),
        blank if np.isnan(blocks).any() else "",
    )
