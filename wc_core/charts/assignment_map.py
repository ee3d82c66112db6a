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


def assignment_map(indices: ArrayLike, entry: int, *, layer: str = "") -> go.Figure:
    """Draw where the members of a codebook entry sit.

    Parameters
    ----------
    indices : array of shape (grid_rows, grid_cols)
        Entry of each block.
    entry : int
        Number of the picked entry.
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
    member = grid == entry
    count = int(member.sum())
    if not count:
        return empty_figure(NAME, title, _("No block uses this entry: it is dead."))
    crowded = count > MAX_MARKS
    pooled = pool(member)
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, _summary(count, member), pooled.note if crowded else ""),
    )
    if crowded:
        _add_image(figure, member)
    else:
        _add_marks(figure, member)
    figure.update_xaxes(title=_("Column of blocks"), range=[-0.5, grid.shape[1] - 0.5])
    figure.update_yaxes(title=_("Row of blocks"), range=[grid.shape[0] - 0.5, -0.5])
    figure.update_xaxes(showline=True, mirror=True, linecolor=FAINT)
    figure.update_yaxes(showline=True, mirror=True, linecolor=FAINT, showgrid=False)
    return figure


def _summary(count: int, member: NDArray) -> str:
    return ngettext(
        "{count} of {total} blocks ({share} %), in {rows} of {all_rows} rows.",
        "{count} of {total} blocks ({share} %), in {rows} of {all_rows} rows.",
        count,
    ).format(
        count=f"{count:,}",
        total=f"{member.size:,}",
        share=f"{100 * count / member.size:.3g}",
        rows=int(member.any(axis=1).sum()),
        all_rows=member.shape[0],
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
            showlegend=False,
            meta=columns(y=_("Row of blocks"), x=_("Column of blocks")),
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
