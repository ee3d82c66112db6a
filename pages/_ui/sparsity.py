"""Where the zeros are: in the whole model, and block by block in one layer."""

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.one_layer import layer_choice
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from wc_core.words import _


def sparsity(_desk: Desk, result: RunResult) -> None:
    """Show the share of zeros of every layer, and of every block of one."""
    from wc_core.evaluation.sparsity import block_sparsity

    from wc_core import charts

    compressed = result.compressed
    if compressed is None:
        return
    reports = compressed.layers
    st.caption(
        _(
            "Share of weights that are exactly zero. k-means makes few zeros on purpose; pruned "
            "weights, whose blocks share a zero entry, show up here."
        )
    )
    show_chart(
        charts.model_sparsity(
            [r.name for r in reports],
            [r.sparsity_before for r in reports],
            [r.sparsity_after for r in reports],
        )
    )
    name = layer_choice(compressed, "quality.layer")
    coded = compressed.weights[name]
    when = st.segmented_control(
        _("Show"),
        ["before", "after"],
        default="after",
        key="quality.sparsity_mode",
        required=True,
        format_func=lambda m: {"before": _("Before"), "after": _("After")}[m],
    )
    weight = compressed.original.tensors[name] if when == "before" else coded.decode()
    show_chart(charts.sparsity_heatmap(block_sparsity(weight, coded.block), layer=name))
