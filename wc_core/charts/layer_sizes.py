"""What each clustered layer takes, by kind, beside what it took before."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import FAINT, bytes_text
from wc_core.charts._layer_axis import layers_height, name_layers, no_layers
from wc_core.charts._rows import columns
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.layer_report import LayerReport

NAME = "layer_sizes"
_FP32_BYTES = 4


def layer_sizes(
    reports: Sequence["LayerReport"], before_bytes: Mapping[str, int] | None = None
) -> go.Figure:
    """Draw the bytes of each layer by kind, and an outline of before.

    Parameters
    ----------
    reports : sequence of LayerReport
        One a clustered layer.
    before_bytes : mapping of str to int, optional
        Bytes of each layer before; four a weight for those left out.

    Returns
    -------
    Figure
        A click reports the layer's name.
    """
    title = _("Bytes per layer")
    if not reports:
        return empty_figure(NAME, title, no_layers())
    names = [report.name for report in reports]
    given = before_bytes or {}
    before = [given.get(r.name, _FP32_BYTES * r.n_weights) for r in reports]
    after = [report.stored_bytes for report in reports]
    figure = new_figure(
        NAME,
        title,
        subtitle=_("{before} before, {after} after: {ratio} times smaller.").format(
            before=bytes_text(sum(before)),
            after=bytes_text(sum(after)),
            ratio=f"{sum(before) / max(sum(after), 1):.3g}",
        ),
        height=layers_height(len(names), extra=190),
    )
    places = list(range(len(names)))
    for label, pattern, sizes in _kinds(reports):
        if any(sizes):
            figure.add_trace(_bars(label, pattern, sizes, places, names))
    figure.add_trace(_outline(before, after, places, names))
    figure.update_layout(barmode="stack", bargap=0.3, legend={"traceorder": "normal"})
    figure.update_xaxes(title=_("Size (bytes)"), showgrid=True, nticks=5, rangemode="tozero")
    name_layers(figure, names)
    return figure


def _kinds(reports: Sequence["LayerReport"]) -> list[tuple[str, str, list[int]]]:
    return [
        (_("Indices"), "", [report.index_bytes for report in reports]),
        (_("Codebook"), "/", [report.codebook_bytes for report in reports]),
        (_("Scales"), "x", [report.scale_bytes for report in reports]),
        (_("Positions"), "+", [report.mask_bytes for report in reports]),
        (_("Exact blocks"), ".", [report.exact_bytes for report in reports]),
    ]


def _bars(
    label: str, pattern: str, sizes: list[int], places: list[int], names: list[str]
) -> go.Bar:
    return go.Bar(
        x=sizes,
        y=places,
        orientation="h",
        name=label,
        customdata=names,
        hovertemplate=f"%{{customdata}}<br>{label}: %{{x:,}} B<extra></extra>",
        marker={"pattern": {"shape": pattern, "size": 6, "solidity": 0.3}, "line": {"width": 0}},
        meta=columns(series=_("Kind"), customdata=_("Layer"), x=_("Size (bytes)")),
    )


def _outline(
    before: list[int], after: list[int], places: list[int], names: list[str]
) -> go.Scatter:
    ratios = [b / max(a, 1) for b, a in zip(before, after, strict=True)]
    return go.Scatter(
        x=np.array(before),
        y=places,
        mode="markers",
        marker={
            "symbol": "line-ns-open",
            "size": 16,
            "line": {"width": 2},
            "color": "rgba(128,128,128,1)",
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [0] * len(before),
            "arrayminus": before,
            "color": FAINT,
            "thickness": 1,
            "width": 0,
        },
        customdata=names,
        hovertext=[f"{ratio:.3g}" for ratio in ratios],
        hovertemplate=_("%{customdata}<br>Before: %{x:,} B, %{hovertext} times as much as after")
        + "<extra></extra>",
        name=_("Before"),
        meta=columns(series=_("Kind"), customdata=_("Layer"), x=_("Size (bytes)")),
    )
