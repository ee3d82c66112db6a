"""Where in the matrix the blocks of one codebook entry sit."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import FAINT, shown_layer
from wc_core.charts._pool import pool
from wc_core.charts._rows import columns
from wc_core.charts._scale import sequential
from wc_core.words import _, ngettext

NAME = "assignment_map"
MAX_MARKS = 10_000


def assignment_map(
    indices: ArrayLike, entry: int, live: ArrayLike | None = None, *, layer: str = ""
) -> go.Figure:
    """Draw where the members of a codebook entry sit.

    Parameters
    ----------
    indices : array of shape (grid_rows, grid_cols)
        Entry of each block.
    entry : int
        Number of the picked entry.
    live : array of bool, shape (grid_rows, grid_cols), optional
        False where a block is pruned as a whole: it has no entry and is grey. All live if left
        out.
    layer : str
        Name of the layer, for the subtitle.

    Returns
    -------
    Figure
        One mark a block; more than 10,000 members become an image of shares.
    """
    title = _("Where entry {entry} sits").format(entry=entry)
    grid = np.asarray(indices)
    if grid.ndim != 2 or not grid.size:
        return empty_figure(NAME, title, _("This layer is not clustered yet."))
    pruned = np.zeros(grid.shape, bool) if live is None else ~np.asarray(live, bool)
    member = (grid == entry) & ~pruned
    count = int(member.sum())
    if not count:
        return empty_figure(NAME, title, _("No block uses this entry: it is dead."))
    crowded = count > MAX_MARKS
    pooled = pool(member)
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(
            layer,
            _summary(count, member, int(pruned.sum()), drawn=not crowded),
            pooled.note if crowded else "",
        ),
    )
    if crowded:
        _add_image(figure, member)
    else:
        _add_pruned(figure, pruned)
        _add_marks(figure, member)
    figure.update_xaxes(title=_("Column of blocks"), range=[-0.5, grid.shape[1] - 0.5])
    figure.update_yaxes(title=_("Row of blocks"), range=[grid.shape[0] - 0.5, -0.5])
    figure.update_xaxes(showline=True, mirror=True, linecolor=FAINT)
    figure.update_yaxes(showline=True, mirror=True, linecolor=FAINT, showgrid=False)
    return figure


def _summary(count: int, member: NDArray, pruned: int, *, drawn: bool) -> str:
    text = ngettext(
        "{count} of {total} blocks ({share} %), in {rows} of {all_rows} rows.",
        "{count} of {total} blocks ({share} %), in {rows} of {all_rows} rows.",
        count,
    ).format(
        count=f"{count:,}",
        total=f"{member.size - pruned:,}",
        share=f"{100 * count / (member.size - pruned):.3g}",
        rows=int(member.any(axis=1).sum()),
        all_rows=member.shape[0],
    )
    if not pruned:
        return text
    grey = _("Grey: {n} pruned blocks, which have no entry.")
    white = _("{n} more blocks are pruned and have no entry.")
    return f"{text} {(grey if drawn else white).format(n=f'{pruned:,}')}"


def _add_pruned(figure: go.Figure, pruned: NDArray) -> None:
    """Shade the blocks that are pruned as a whole; others stay clear, and say nothing."""
    if not pruned.any():
        return
    pooled = pool(pruned)
    shares = 100 * pooled.values.astype(np.float32)
    figure.add_trace(
        go.Heatmap(
            z=np.where(shares > 0, shares, np.nan),
            x=pooled.cols,
            y=pooled.rows,
            zmin=0,
            zmax=100,
            colorscale=[[0, "rgba(128,128,128,0)"], [1, "rgba(128,128,128,0.4)"]],
            showscale=False,
            name=_("Pruned"),
            hovertemplate=_("row %{y}, column %{x}: %{z:.3g} % pruned") + "<extra></extra>",
            meta=columns(
                series=_("Series"), y=_("Row of blocks"), x=_("Column of blocks"), z=_("Pruned (%)")
            ),
        )
    )


def _add_marks(figure: go.Figure, member: NDArray) -> None:
    rows, cols = np.nonzero(member)
    figure.add_trace(
        go.Scatter(
            x=cols,
            y=rows,
            mode="markers",
            marker={"symbol": "square", "size": float(np.clip(300 / max(member.shape), 4, 14))},
            hovertemplate=_("block in row %{y}, column %{x}") + "<extra></extra>",
            name=_("Members"),
            showlegend=False,
            meta=columns(series=_("Series"), y=_("Row of blocks"), x=_("Column of blocks")),
        )
    )


def _add_image(figure: go.Figure, member: NDArray) -> None:
    pooled = pool(member)
    label = _("Share of blocks (%)")
    shares = 100 * pooled.values.astype(np.float32)
    figure.add_trace(
        go.Heatmap(
            z=shares,
            x=pooled.cols,
            y=pooled.rows,
            coloraxis="coloraxis",
            hovertemplate=_("row %{y}, column %{x}: %{z:.3g} %") + "<extra></extra>",
            meta=columns(y=_("Row of blocks"), x=_("Column of blocks"), z=label),
        )
    )
    figure.update_layout(coloraxis=sequential(0, float(shares.max()), label))
