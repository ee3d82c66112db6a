"""A codebook entry beside some of the blocks that it stands for."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

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
        Blocks that it stands for; masked lanes are NaN and stay blank.
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
    figure = _grid_of(len(tiles))
    for place, tile in enumerate(tiles):
        name = _("entry") if place == 0 else _("member {n}").format(n=place)
        figure.add_trace(_tile(tile, name), row=place // _ACROSS + 1, col=place % _ACROSS + 1)
    known = len(blocks) if total is None else total
    _dress(figure, title, _summary(blocks, centre, known, layer), -(-len(tiles) // _ACROSS))
    limit = float(np.nanmax(np.abs(np.stack(tiles))))
    figure.update_layout(coloraxis=diverging(limit, _("Weight value")))
    return figure


def _grid_of(n_tiles: int) -> go.Figure:
    titles = [_("entry"), *(str(n) for n in range(1, n_tiles))]
    return make_subplots(
        rows=-(-n_tiles // _ACROSS),
        cols=_ACROSS,
        subplot_titles=titles,
        horizontal_spacing=0.03,
        vertical_spacing=min(0.09, 0.5 / -(-n_tiles // _ACROSS)),
    )


def _tile(values: NDArray, name: str) -> go.Heatmap:
    pooled = pool(values, max_side=MAX_SIDE // _ACROSS)
    return go.Heatmap(
        z=pooled.values,
        x=pooled.cols,
        y=pooled.rows,
        name=name,
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        hovertemplate=name + _(", row %{y}, column %{x}: %{z:.4g}") + "<extra></extra>",
        meta=columns(
            series=_("Block"), y=_("Row in block"), x=_("Column in block"), z=_("Weight value")
        ),
    )


def _dress(figure: go.Figure, title: str, subtitle: str, n_rows: int) -> None:
    """Give the grid of subplots the layout of every other chart."""
    dressed = new_figure(NAME, title, subtitle=subtitle, height=150 + 92 * n_rows)
    figure.update_layout(dressed.layout)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    figure.update_layout(margin={"t": figure.layout.margin.t + 20, "b": 64})
    figure.update_annotations(font={"size": 12})


def _summary(blocks: NDArray, entry: NDArray, total: int, layer: str) -> str:
    error = float(np.sqrt(np.nanmean(np.square(blocks - entry, dtype=np.float64))))
    return shown_layer(
        layer,
        _("{shown} of {total} member blocks; they differ from the entry by {rms} a weight.").format(
            shown=min(len(blocks), MAX_MEMBERS), total=f"{total:,}", rms=f"{error:.3g}"
        ),
    )
