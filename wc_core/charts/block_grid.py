"""A window of a weight matrix with the blocks that it is cut into."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._rows import columns
from wc_core.charts._scale import diverging
from wc_core.recipe import BlockSpec
from wc_core.words import _

NAME = "block_grid"


def block_grid(
    matrix: ArrayLike,
    block: BlockSpec,
    indices: ArrayLike | None = None,
    kept: ArrayLike | None = None,
    *,
    layer: str = "",
    max_side: int = 64,
    origin: tuple[int, int] = (0, 0),
) -> go.Figure:
    """Draw a window of a weight matrix with the borders of its blocks.

    Parameters
    ----------
    matrix : array of shape (m, n)
        Weights.
    block : BlockSpec
        How the matrix is cut.
    indices : array of shape (ceil(m / rows), ceil(n / cols)), optional
        Entry of each block, for the hover text.
    kept : array of bool, shape (m, n), optional
        False where a weight is pruned: it is crossed out. All are kept if left out.
    layer : str
        Name of the layer, for the subtitle.
    max_side : int
        Rows and columns of weights in the window, at most.
    origin : tuple of int
        First row and column of the window; moved to where a block begins.
    """
    title = _("How the matrix is cut")
    weights = np.asarray(matrix, dtype=np.float32)
    if weights.ndim != 2 or not weights.size:
        return empty_figure(NAME, title, _("There is no weight matrix to cut into blocks."))
    window = _window(weights.shape, block, max_side, origin)
    rows, cols = window
    place = _inside(rows, 0, weights), _inside(cols, 1, weights)
    shown = np.zeros(weights[place].shape, bool) if kept is None else ~np.asarray(kept)[place]
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(
            layer,
            _summary(weights.shape, block, rows, cols),
            _("Crosses: pruned weights.") if shown.any() else "",
        ),
        height=460,
    )
    figure.add_trace(_cells(weights, block, _entries(indices, kept, block), rows, cols))
    _add_pruned(figure, shown, (rows.start, cols.start))
    _add_masked(figure, weights.shape, block, rows, cols)
    _add_borders(figure, block, rows, cols)
    limit = float(
        np.nanmax(np.abs(weights[_inside(rows, 0, weights)][:, _inside(cols, 1, weights)]))
    )
    figure.update_layout(coloraxis=diverging(limit, _("Weight value")))
    figure.update_xaxes(title=_("Column of the matrix"), range=[cols.start - 0.5, cols.stop - 0.5])
    figure.update_yaxes(
        title=_("Row of the matrix"), range=[rows.stop - 0.5, rows.start - 0.5], showgrid=False
    )
    return figure


def _window(
    shape: tuple[int, ...], block: BlockSpec, max_side: int, origin: tuple[int, int]
) -> tuple[range, range]:
    """Return the rows and columns shown; they may reach into the padding, never beyond."""
    spans = []
    for side, step, first in zip(shape, (block.rows, block.cols), origin, strict=True):
        padded = -(-side // step) * step
        start = min(max(first, 0), side - 1) // step * step
        length = max(max_side // step, 1) * step
        stop = min(start + length, padded)
        spans.append(range(max(0, min(start, (padded - length) // step * step)), stop))
    return spans[0], spans[1]


def _inside(span: range, axis: int, weights: NDArray) -> slice:
    return slice(span.start, min(span.stop, weights.shape[axis]))


def _summary(shape: tuple[int, ...], block: BlockSpec, rows: range, cols: range) -> str:
    grid = -(-shape[0] // block.rows), -(-shape[1] // block.cols)
    text = _("{m} x {n} weights in {blocks} blocks of {block}").format(
        m=shape[0], n=shape[1], blocks=f"{grid[0] * grid[1]:,}", block=block
    )
    if len(rows) < shape[0] or len(cols) < shape[1]:
        text += _("; shown are rows {r0} to {r1}, columns {c0} to {c1}").format(
            r0=rows.start,
            r1=min(rows.stop, shape[0]) - 1,
            c0=cols.start,
            c1=min(cols.stop, shape[1]) - 1,
        )
    if rows.stop > shape[0] or cols.stop > shape[1]:
        text += _("; hatched lanes are masked padding, which weighs nothing")
    return text + "."


def _entries(
    indices: ArrayLike | None, kept: ArrayLike | None, block: BlockSpec
) -> NDArray[np.int64] | None:
    """Return the entry of each block, -1 where all its weights are pruned."""
    if indices is None:
        return None
    entries = np.asarray(indices).astype(np.int64)
    if kept is None:
        return entries
    live = np.asarray(kept, dtype=np.bool_)
    for axis, side in enumerate((block.rows, block.cols)):
        live = np.logical_or.reduceat(live, np.arange(0, live.shape[axis], side), axis=axis)
    return np.where(live, entries, -1)


def _add_pruned(figure: go.Figure, pruned: NDArray, corner: tuple[int, int]) -> None:
    """Cross out the pruned weights of the window, whose first row and column are `corner`."""
    if not pruned.any():
        return
    rows, cols = np.nonzero(pruned)
    figure.add_trace(
        go.Scatter(
            x=cols + corner[1],
            y=rows + corner[0],
            mode="markers",
            marker={
                "symbol": "x-thin",
                "size": float(np.clip(260 / max(pruned.shape), 3, 9)),
                "line": {"width": 1, "color": "rgba(128,128,128,0.9)"},
            },
            name=_("Pruned"),
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _cells(
    weights: NDArray, block: BlockSpec, entries: NDArray | None, rows: range, cols: range
) -> go.Heatmap:
    part = weights[_inside(rows, 0, weights), _inside(cols, 1, weights)]
    across = -(-weights.shape[1] // block.cols)
    return go.Heatmap(
        z=part,
        x=np.arange(cols.start, cols.start + part.shape[1]),
        y=np.arange(rows.start, rows.start + part.shape[0]),
        text=[
            [
                _cell_text(r // block.rows, c // block.cols, across, entries)
                for c in range(cols.start, cols.start + part.shape[1])
            ]
            for r in range(rows.start, rows.start + part.shape[0])
        ],
        hovertemplate=_("row %{y}, column %{x}: weight %{z:.4g}") + "<br>%{text}<extra></extra>",
        coloraxis="coloraxis",
        meta=columns(y=_("Row"), x=_("Column"), z=_("Weight value")),
    )


def _cell_text(row: int, col: int, across: int, entries: NDArray | None) -> str:
    if entries is None:
        return _("block {number}").format(number=row * across + col)
    if entries[row, col] < 0:
        return _("block {number}, pruned").format(number=row * across + col)
    return _("block {number}, entry {entry}").format(
        number=row * across + col, entry=int(entries[row, col])
    )


def _add_masked(
    figure: go.Figure, shape: tuple[int, ...], block: BlockSpec, rows: range, cols: range
) -> None:
    """Hatch the padding lanes of blocks that stick out over the edge."""
    m, n = shape
    boxes = []
    if rows.stop > m:
        boxes.append((cols.start, m, cols.stop, rows.stop))
    if cols.stop > n:
        boxes.append((n, rows.start, cols.stop, min(rows.stop, m)))
    for x0, y0, x1, y1 in boxes:
        figure.add_trace(
            go.Scatter(
                x=np.array([x0, x1, x1, x0, x0]) - 0.5,
                y=np.array([y0, y0, y1, y1, y0]) - 0.5,
                mode="lines",
                line={"width": 0, "color": "rgba(128,128,128,0.9)"},
                fill="toself",
                fillcolor="rgba(128,128,128,0.9)",
                fillpattern={"shape": "/", "size": 6, "solidity": 0.25},
                name=_("Masked"),
                showlegend=False,
                hoverinfo="skip",
            )
        )


def _add_borders(figure: go.Figure, block: BlockSpec, rows: range, cols: range) -> None:
    if block.size == 1 and max(len(rows), len(cols)) > 40:
        return  # a border round every weight would hide the weights
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x in range(cols.start, cols.stop + 1, block.cols):
        xs += [x - 0.5, x - 0.5, None]
        ys += [rows.start - 0.5, rows.stop - 0.5, None]
    for y in range(rows.start, rows.stop + 1, block.rows):
        xs += [cols.start - 0.5, cols.stop - 0.5, None]
        ys += [y - 0.5, y - 0.5, None]
    figure.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"width": 1, "color": "rgba(128,128,128,0.9)"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
