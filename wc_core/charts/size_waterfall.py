"""From the original file to the compressed one: what each step saves or costs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import bytes_text
from wc_core.charts._layer_axis import layers_height, name_layers
from wc_core.charts._rows import columns
from wc_core.words import _, mark

if TYPE_CHECKING:
    from wc_core.waterfall import Waterfall, WaterfallStep

NAME = "size_waterfall"
_ROOM = 1.45  # of the longest bar: the labels beside it fit on a screen 390 px wide

_LABELS = {
    "original": mark("Original file"),
    "fp32": mark("All numbers at fp32"),
    "pruned": mark("Pruned weights"),
    "indices": mark("Indices for numbers"),
    "coded": mark("Indices coded"),
    "codebook": mark("Codebooks"),
    "scales": mark("Scales"),
    "mask": mark("Positions (masks)"),
    "exact": mark("Exact blocks"),
    "residual": mark("Second codebooks"),
    "raw": mark("Untouched, own dtype"),
    "graph": mark("Graph"),
    "header": mark("Header"),
    "file": mark("Compressed file"),
}
_ABOUT = {
    "original": mark("The model file as it was given."),
    "fp32": mark("Every number of the model at four bytes, without any header or graph."),
    "pruned": mark("Weights that were pruned are no longer stored."),
    "indices": mark("An index of fixed width for each block in place of its numbers."),
    "coded": mark("Frequent indices get fewer bits than rare ones."),
    "codebook": mark("The shared values that the indices point to."),
    "scales": mark("One factor for each output channel."),
    "mask": mark("Which weights were kept."),
    "exact": mark("Blocks that are stored as they are."),
    "residual": mark("Second codebooks, with indices of their own."),
    "raw": mark("Tensors that were not clustered, in their own dtype and not at fp32."),
    "graph": mark("The ONNX graph without its weights."),
    "header": mark("Names, shapes and the recipe."),
    "file": mark("The packed file as it lies on disk."),
}


def size_waterfall(fall: "Waterfall | None") -> go.Figure:
    """Draw the way from the original file to the compressed one as steps that add up.

    Parameters
    ----------
    fall : Waterfall or None
        None if nothing is written yet. Steps that change nothing are left out.
    """
    title = _("From the original file to the compressed one")
    if fall is None:
        return empty_figure(NAME, title, _("No file is written yet."))
    steps = [step for step in fall.steps if step.n_bytes or step.is_whole]
    labels = [_(_LABELS[step.kind]) if step.kind in _LABELS else step.kind for step in steps]
    said = [_said(step) for step in steps]
    figure = new_figure(
        NAME,
        title,
        subtitle=_ratios(fall),
        alt=" ".join([_ratios(fall), *(f"{a}: {b}." for a, b in zip(labels, said, strict=True))]),
        height=layers_height(len(steps), extra=170),
    )
    kinds: list[tuple[str, str, Callable[[WaterfallStep], bool]]] = [
        (_("Total"), "", lambda step: step.is_whole),
        (_("Adds"), "x", lambda step: not step.is_whole and step.n_bytes > 0),
        (_("Takes away"), "/", lambda step: not step.is_whole and step.n_bytes < 0),
    ]
    for name, pattern, belongs in kinds:
        places = [place for place, step in enumerate(steps) if belongs(step)]
        if places:
            figure.add_trace(_bars(name, pattern, places, steps, labels))
    figure.add_trace(_beside(steps, labels, said))
    longest = max(step.total for step in steps)
    figure.update_xaxes(
        title=_("Size (bytes)"), showgrid=True, nticks=5, range=[0, longest * _ROOM]
    )
    figure.update_layout(barmode="overlay", bargap=0.3, legend={"traceorder": "normal"})
    name_layers(figure, labels)
    return figure


def _ratios(fall: "Waterfall") -> str:
    sizes = fall.sizes
    return _(
        "{stored}: {ratio} times smaller than the original file ({original}), {vs_fp32} times "
        "smaller than all its numbers at fp32 ({fp32})."
    ).format(
        stored=bytes_text(sizes.stored_bytes),
        ratio=f"{sizes.compression_ratio:.3g}",
        original=bytes_text(sizes.original_bytes),
        vs_fp32=f"{sizes.ratio_vs_fp32:.3g}",
        fp32=bytes_text(sizes.fp32_bytes),
    )


def _said(step: "WaterfallStep") -> str:
    """Return a total, or the change with its sign."""
    if step.is_whole:
        return bytes_text(step.total)
    return ("−" if step.n_bytes < 0 else "+") + bytes_text(abs(step.n_bytes))


def _bars(
    name: str,
    pattern: str,
    places: list[int],
    steps: Sequence["WaterfallStep"],
    labels: Sequence[str],
) -> go.Bar:
    own = [steps[place] for place in places]
    return go.Bar(
        x=[step.total if step.is_whole else step.n_bytes for step in own],
        y=places,
        base=[0 if step.is_whole else step.total - step.n_bytes for step in own],
        orientation="h",
        name=name,
        customdata=[labels[place] for place in places],
        hovertext=[_(_ABOUT[step.kind]) if step.kind in _ABOUT else "" for step in own],
        hovertemplate="%{customdata}: %{x:,} B<br>%{hovertext}<extra></extra>",
        marker={"pattern": {"shape": pattern, "size": 6, "solidity": 0.3}, "line": {"width": 0}},
    )


def _beside(
    steps: Sequence["WaterfallStep"], labels: Sequence[str], said: Sequence[str]
) -> go.Scatter:
    """Return the words beside the bars, which also carry the numbers in their order."""
    return go.Scatter(
        x=[
            step.total if step.is_whole else max(step.total, step.total - step.n_bytes)
            for step in steps
        ],
        y=list(range(len(steps))),
        mode="text",
        text=[str(step.total) for step in steps],
        texttemplate=[f" {words}" for words in said],
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
        customdata=list(labels),
        hovertext=[str(step.n_bytes) for step in steps],
        meta=columns(
            customdata=_("Step"), hovertext=_("Change (bytes)"), text=_("Bytes after the step")
        ),
    )
