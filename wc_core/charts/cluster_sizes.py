"""How many blocks each codebook entry serves."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import shown_layer
from wc_core.charts._rows import columns
from wc_core.words import _

NAME = "cluster_sizes"
MAX_BARS = 512
MAX_SVG = 10_000


def cluster_sizes(counts: ArrayLike, pruned: int = 0, *, layer: str = "") -> go.Figure:
    """Draw how many blocks each entry serves, the busiest first.

    Parameters
    ----------
    counts : array of shape (k,)
        Blocks of each entry.
    pruned : int
        Blocks that are pruned as a whole and have no entry.
    layer : str
        Name of the layer, for the subtitle.

    Returns
    -------
    Figure
        Bars up to 512 entries, a line of points above; a click reports the entry's number.
    """
    title = _("Blocks per entry")
    served = np.asarray(counts).ravel()
    if pruned and not served.sum():
        return empty_figure(NAME, title, _("All blocks are pruned: no entry is in use."))
    if not served.size or not served.sum():
        return empty_figure(NAME, title, _("This layer is not clustered yet."))
    beside = _("{n} more blocks are pruned and have no entry.").format(n=f"{pruned:,}")
    subtitle = shown_layer(layer, _summary(served), beside if pruned else "")
    figure = new_figure(NAME, title, subtitle=subtitle, height=360)
    order = np.argsort(-served, kind="stable")
    figure.add_trace(_marks(served, order))
    dead = int((served == 0).sum())
    if dead:
        figure.add_trace(_dead(served, order, dead))
    figure.update_layout(bargap=0.1)
    figure.update_xaxes(title=_("Rank of the entry (1 serves most blocks)"))
    figure.update_yaxes(title=_("Blocks"), rangemode="tozero")
    return figure


def _summary(served: NDArray) -> str:
    shares = served[served > 0] / served.sum()
    return _("{used} of {k} entries in use ({share} %), perplexity {perplexity}.").format(
        used=shares.size,
        k=served.size,
        share=f"{100 * shares.size / served.size:.3g}",
        perplexity=f"{np.exp(-(shares * np.log(shares)).sum()):.1f}",
    )


def _marks(served: NDArray, order: NDArray) -> go.Bar | go.Scatter | go.Scattergl:
    shared = {
        "x": np.arange(1, served.size + 1),
        "y": served[order],
        "customdata": [str(entry) for entry in order],
        "name": _("Blocks"),
        "hovertemplate": _("entry %{customdata}: %{y:,} blocks, rank %{x}") + "<extra></extra>",
        "showlegend": False,
        "meta": columns(x=_("Rank"), customdata=_("Entry"), y=_("Blocks")),
    }
    if served.size <= MAX_BARS:
        return go.Bar(**shared, marker={"line": {"width": 0}})
    kind = go.Scattergl if served.size > MAX_SVG else go.Scatter
    return kind(**shared, mode="lines+markers", marker={"size": 3})


def _dead(served: NDArray, order: NDArray, n_dead: int) -> go.Scatter:
    ranks = np.arange(served.size - n_dead, served.size)
    ranks = ranks[:: max(1, n_dead // MAX_BARS)]
    return go.Scatter(
        x=ranks + 1,
        y=np.zeros(ranks.size),
        mode="markers",
        cliponaxis=False,
        customdata=[str(entry) for entry in order[ranks]],
        marker={"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": "#d55e00"}},
        name=_("Dead entries ({n})").format(n=n_dead),
        hovertemplate=_("entry %{customdata}: dead, no block uses it") + "<extra></extra>",
        showlegend=True,
    )
