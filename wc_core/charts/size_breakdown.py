"""Where the bytes of the stored file go."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import bytes_text
from wc_core.charts._layer_axis import layers_height, name_layers
from wc_core.charts._rows import columns
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.size import SizeReport

NAME = "size_breakdown"


def size_breakdown(report: "SizeReport | None") -> go.Figure:
    """Draw the bytes of a written file by kind.

    Parameters
    ----------
    report : SizeReport or None
        None if nothing is written yet.
    """
    title = _("Where the bytes go")
    if report is None or not report.stored_bytes:
        return empty_figure(NAME, title, _("No file is written yet."))
    kinds = sorted(report.by_kind().items(), key=lambda item: -item[1])
    labels = [_label(kind) for kind, _n in kinds]
    sizes = [n_bytes for _kind, n_bytes in kinds]
    stored = report.stored_bytes
    figure = new_figure(
        NAME,
        title,
        subtitle=_("{stored} stored of {original}: {ratio} times smaller.").format(
            stored=bytes_text(stored),
            original=bytes_text(report.original_bytes),
            ratio=f"{report.compression_ratio:.3g}",
        ),
        height=layers_height(len(kinds), extra=150),
    )
    figure.add_trace(
        go.Bar(
            x=sizes,
            y=list(range(len(kinds))),
            orientation="h",
            customdata=labels,
            text=[f"{bytes_text(n)} ({100 * n / stored:.1f} %)" for n in sizes],
            textposition="auto",
            hovertemplate="%{customdata}: %{x:,} B<extra></extra>",
            marker={"line": {"width": 0}},
            showlegend=False,
            meta=columns(customdata=_("Kind"), x=_("Size (bytes)")),
        )
    )
    # Room for the text beside the longest bar on a narrow screen.
    figure.update_xaxes(title=_("Size (bytes)"), nticks=5, range=[0, max(sizes) * 1.1])
    figure.update_layout(bargap=0.3)
    name_layers(figure, labels)
    return figure


def _label(kind: str) -> str:
    known = {
        "indices": _("Indices"),
        "codebook": _("Codebooks"),
        "scales": _("Scales"),
        "mask": _("Positions (masks)"),
        "residual": _("Residual codebooks and indices"),
        "exact": _("Exact blocks"),
        "raw": _("Untouched tensors"),
        "graph": _("Graph"),
        "header": _("Header"),
    }
    return known.get(kind, kind)
