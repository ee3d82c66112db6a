"""Where the zeros are: in the whole model, and block by block in one layer."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import table
from pages._ui.one_layer import layer_choice
from pages._ui.pair import mode_choice
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from pages._ui.stored_says import share_of_zeros
from pages._ui.text import percent
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.layer_report import LayerReport


def sparsity(_desk: Desk, result: RunResult) -> None:
    """Show the share of zeros of every layer, and of every block of one."""
    from wc_core import charts
    from wc_core.evaluation.sparsity import block_sparsity

    compressed = result.compressed
    if compressed is None:
        return
    reports = compressed.layers
    before, after = (share_of_zeros(reports, when) for when in ("before", "after"))
    st.markdown(
        _("{before} of the clustered weights are exactly zero before, {after} after.").format(
            before=percent(before), after=percent(after)
        )
    )
    if not before and not after:
        st.caption(
            _(
                "No layer holds a zero: training leaves none, and the mean of a cluster is hardly "
                "ever one. Choose a way of pruning on the Cluster page to see zeros here."
            )
        )
    show_chart(
        charts.model_sparsity(
            [r.name for r in reports],
            [r.sparsity_before for r in reports],
            [r.sparsity_after for r in reports],
        )
    )
    table(
        [_row(report) for report in reports],
        name="zeros",
        alt=_("Weights and blocks that are zero in each layer, before and after"),
    )
    name = layer_choice(compressed, "quality.layer")
    coded = compressed.weights[name]
    when = mode_choice("quality.sparsity_mode", "after", ("before", "after"))
    weight = compressed.original.tensors[name] if when == "before" else coded.decode()
    show_chart(charts.sparsity_heatmap(block_sparsity(weight, coded.block), layer=name))


def _row(report: "LayerReport") -> dict[str, Any]:
    """Return one layer's zeros: of its weights, and of blocks that hold nothing else."""
    return {
        _("Layer"): report.name,
        _("Weights"): report.n_weights,
        _("Pruned"): percent(report.n_pruned / report.n_weights),
        _("Zeros before"): percent(report.sparsity_before),
        _("Zeros after"): percent(report.sparsity_after),
        _("Block"): str(report.plan.block),
        _("Blocks of zeros before"): percent(report.block_sparsity_before),
        _("Blocks of zeros after"): percent(report.block_sparsity_after),
    }
