"""Where the bytes went: the waterfall, zip and zstd beside it, and why a .pt is not smaller."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.downloads import table
from pages._ui.export_job import ExportResult
from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from pages._ui.text import count
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.size import SizeReport


def export_sizes(result: RunResult, made: ExportResult | None) -> None:
    """Show every byte of the compressed file, and what general compressors would have done."""
    if result.compressed is None or result.size is None:
        return
    from wc_core import charts
    from wc_core.waterfall import waterfall

    st.header(_("Sizes"))
    show_chart(charts.size_waterfall(waterfall(result.compressed, result.size)))
    left, right = st.columns(2, gap="large")
    with left:
        show_chart(charts.size_breakdown(result.size), key="export_breakdown")
    with right:
        _beside(result.size, made.zipped if made else {})
    _why_not_smaller()


def _beside(size: "SizeReport", zipped: Mapping[str, Mapping[str, int]]) -> None:
    """Set zip and zstd of both files beside the files themselves; one base for all ratios."""
    st.subheader(_("Would zip have done it?"))
    st.caption(
        _("Times smaller than the original file ({n} B) in every row.").format(
            n=count(size.original_bytes)
        )
    )
    rows: list[dict[str, Any]] = [
        {
            _("File"): name,
            _("Bytes"): n_bytes,
            _("Times smaller"): round(size.original_bytes / n_bytes, 2),
        }
        for name, n_bytes in _lines(size, zipped)
    ]
    table(rows, name="zipped", alt=_("Both files as they are, and after zip and zstd"))
    st.caption(
        _("zip and zstd give back every bit; clustering does not, which is why it may go further.")
    )


def _lines(
    size: "SizeReport", zipped: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[str, int]]:
    names = {"original": _("Original file"), "packed": _("Compressed file")}
    lengths = {"original": size.original_bytes, "packed": size.stored_bytes}
    for which, name in names.items():
        yield name, lengths[which]
        for tool, n_bytes in zipped.get(which, {}).items():
            yield _("{file}, then {tool}").format(file=name, tool=tool), n_bytes


def _why_not_smaller() -> None:
    st.info(
        _(
            "**Why is my .pt not smaller?** A .pt or dense safetensors file writes every weight at "
            "full width again, however often it repeats. The sharing is in the indices, which only "
            "the packed file, ONNX and Core ML keep."
        ),
        icon=":material/help:",
    )
