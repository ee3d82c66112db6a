"""How evenly the algorithms use their entries: sizes of clusters, largest first."""

from collections.abc import Mapping
from itertools import chain

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND, log_ticks, shown_layer
from wc_core.charts._panels import add_panels, axes_of, panels_height
from wc_core.charts._rows import columns
from wc_core.words import _, ngettext

NAME = "compared_sizes"
MAX_POINTS = 512
_MAX_BEHIND = 48  # points of each of the other lines
_OTHERS = {"width": 1, "color": "rgba(128,128,128,0.4)"}
_EVEN = {"width": 1.5, "dash": "dot", "color": "rgba(128,128,128,1)"}


def compared_sizes(counts: Mapping[str, ArrayLike], *, layer: str = "") -> go.Figure:
    """Draw how many blocks each entry serves, one panel an algorithm, the others grey behind.

    Parameters
    ----------
    counts : mapping of str to array of shape (k,)
        Blocks of each entry, by the name that people see.
    layer : str
        Name of the layer, for the subtitle.

    Returns
    -------
    Figure
        Entries that serve no block have no place on a logarithmic axis: the heading of the
        panel tells how many there are. Of more than 512 entries every second, third, ... is
        drawn.
    """
    title = _("Sizes of clusters")
    served = {name: np.sort(np.asarray(c).ravel())[::-1] for name, c in counts.items()}
    served = {name: sizes for name, sizes in served.items() if sizes.sum()}
    if not served:
        return empty_figure(NAME, title, _("No algorithm has clustered the layers yet."))
    figure = new_figure(
        NAME,
        title,
        subtitle=shown_layer(layer, _how_to_read()),
        alt=shown_layer(layer, *map(_summary, served.items())),
        height=panels_height(len(served)),
    )
    lines = {name: _line(sizes, MAX_POINTS) for name, sizes in served.items()}
    faint = {name: _line(sizes, _MAX_BEHIND) for name, sizes in served.items()}
    traces = []
    for panel, (name, sizes) in enumerate(served.items()):
        behind = [line for other, line in faint.items() if other != name]
        traces += [_grey(behind, panel), _even(sizes, panel), _own(name, lines[name], panel)]
    figure.add_traces(traces)
    _add_axes(figure, served)
    return figure


def _how_to_read() -> str:
    return _(
        "Flat near the dotted line: all entries serve alike. Steep: a few serve most blocks, "
        "and an entropy coder saves bits. Grey: the others."
    )


def _summary(item: tuple[str, NDArray]) -> str:
    name, sizes = item
    return _("{name}: {used} of {k} entries in use, the largest serves {most} blocks.").format(
        name=name, used=np.count_nonzero(sizes), k=sizes.size, most=f"{int(sizes[0]):,}"
    )


def _line(sizes: NDArray, most: int) -> tuple[NDArray, NDArray]:
    """Return ranks and sizes of entries in use, thinned at even steps."""
    used = int(np.count_nonzero(sizes))
    ranks = np.unique(np.linspace(0, used - 1, min(used, most)).astype(int))
    return ranks + 1, sizes[ranks]


def _own(name: str, line: tuple[NDArray, NDArray], panel: int) -> go.Scatter:
    ranks, sizes = line
    return go.Scatter(
        x=ranks,
        y=sizes,
        mode="lines+markers",
        name=name,
        marker={"size": 4, "color": "#0072b2"},
        line={"width": 2, "color": "#0072b2"},
        showlegend=False,
        hovertemplate=_("rank %{x}: %{y:,} blocks") + "<extra></extra>",
        meta=columns(series=_("Algorithm"), x=_("Rank"), y=_("Blocks")),
        **axes_of(panel),
    )


def _grey(lines: list[tuple[NDArray, NDArray]], panel: int) -> go.Scatter:
    """Return all other lines as one trace with gaps."""
    return go.Scatter(
        x=list(chain.from_iterable([*ranks.tolist(), None] for ranks, _sizes in lines)),
        y=list(chain.from_iterable([*sizes.tolist(), None] for _ranks, sizes in lines)),
        mode="lines",
        line=_OTHERS,
        hoverinfo="skip",
        showlegend=False,
        zorder=BEHIND,
        **axes_of(panel),
    )


def _even(sizes: NDArray, panel: int) -> go.Scatter:
    return go.Scatter(
        x=[1, sizes.size],
        y=[sizes.sum() / sizes.size] * 2,
        mode="lines",
        line=_EVEN,
        hovertemplate=_("%{y:,.0f} blocks if all served alike") + "<extra></extra>",
        showlegend=False,
        **axes_of(panel),
    )


def _add_axes(figure: go.Figure, served: Mapping[str, NDArray]) -> None:
    most = max(sizes[0] for sizes in served.values())
    longest = max(sizes.size for sizes in served.values())
    least = min(sizes[sizes > 0][-1] for sizes in served.values())
    low, high = least / 1.6, 1.6 * most
    ticks = log_ticks(low, high)
    add_panels(
        figure,
        {name: _below(sizes) for name, sizes in served.items()},
        {
            "title": _("Rank of the entry"),
            "range": [1 - 0.03 * longest, 1.03 * longest],
            "nticks": 5,
        },
        {
            "title": _("Blocks"),
            "type": "log",
            "range": [float(np.log10(low)), float(np.log10(high))],
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [f"{tick:,.0f}" for tick in ticks],
        },
    )


def _below(sizes: NDArray) -> str:
    text = ngettext("{n} entry", "{n} entries", sizes.size).format(n=sizes.size)
    empty = int((sizes == 0).sum())
    return text + (_(", {n} empty").format(n=empty) if empty else "")
