"""Where in a layer the zeros are."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._pool import MAX_SIDE, pool
from wc_core.charts._rows import columns
from wc_core.charts._scale import add_overlay, sequential
from wc_core.words import _

NAME = "sparsity_heatmap"


def sparsity_heatmap(
    block_sparsity: ArrayLike, title: str = "", *, layer: str = "", max_side: int = 100
) -> go.Figure:
    """Draw the share of zeros in each block.

    Parameters
    ----------
    block_sparsity : array of shape (grid_rows, grid_cols)
        Share of weights that are exactly zero, from 0 to 1.
    title : str
        Heading; a general one if empty.
    layer : str
        Name of the layer, for the subtitle.
    max_side : int
        Rows and columns of cells, at most; larger grids are pooled. Up to 100 every
        cell can be clicked without a mark being finer than the pixels under it.

    Returns
    -------
    Figure
        A click reports "row,col" of the cell's first block.
    """
    heading = title or _("Zeros per block")
    shares = np.asarray(block_sparsity, dtype=np.float64)
    if shares.ndim != 2 or not shares.size:
        return empty_figure(NAME, heading, _("There are no blocks to show."))
    pooled = pool(shares, max_side=min(max_side, MAX_SIDE))
    label = _("Zeros (%)")
    figure = new_figure(
        NAME,
        heading,
        subtitle=shown_layer(
            layer,
            _("{share} % of the weights in {rows} x {cols} blocks are zero.").format(
                share=f"{100 * shares.mean():.3g}", rows=shares.shape[0], cols=shares.shape[1]
            ),
            pooled.note,
        ),
    )
    rows, cols = np.repeat(pooled.rows, len(pooled.cols)), np.tile(pooled.cols, len(pooled.rows))
    percent = 100 * pooled.values
    figure.add_trace(
        go.Heatmap(
            z=percent.astype(np.float32),
            x=pooled.cols,
            y=pooled.rows,
            coloraxis="coloraxis",
            hoverinfo="skip",
            meta=columns(y=_("Row of blocks"), x=_("Column of blocks"), z=label),
        )
    )
    hovers = [
        _("block row {row}, column {col}: {share} % zeros").format(
            row=row, col=col, share=f"{share:.3g}"
        )
        for row, col, share in zip(rows, cols, percent.ravel(), strict=True)
    ]
    ids = [f"{row},{col}" for row, col in zip(rows, cols, strict=True)]
    add_overlay(figure, cols, rows, ids, hovers, size=_outline(percent.shape))
    figure.update_layout(coloraxis=sequential(0, 100, label))
    half_row, half_col = pooled.patch[0] / 2, pooled.patch[1] / 2
    figure.update_xaxes(title=_("Column of blocks"), range=[-half_col, pooled.cols[-1] + half_col])
    figure.update_yaxes(
        title=_("Row of blocks"), range=[pooled.rows[-1] + half_row, -half_row], showgrid=False
    )
    return figure


def _outline(shape: tuple[int, ...]) -> int:
    return int(np.clip(240 / max(shape), 5, 18))
