"""What the export comes down to: how much smaller than what, and what it costs."""

from typing import Any

import streamlit as st

from pages._ui.run_job import RunResult
from pages._ui.text import interval_text, n_bytes, percent, plain, points, times
from wc_core.words import _

_NEUTRAL: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}


def export_numbers(result: RunResult) -> None:
    """Show size and accuracy of the result, each ratio with its base in words."""
    size, before, after = result.size, result.before, result.after
    with st.grid(4, min_column_width=150, key="export_numbers"):
        _number(
            _("Compressed file"),
            n_bytes(size.stored_bytes) if size else "–",
            _("from {size}").format(size=n_bytes(size.original_bytes)) if size else None,
            _("The packed file, which holds the whole model; below, the file you gave."),
            **_NEUTRAL,
        )
        _number(
            _("Times smaller"),
            times(size.compression_ratio) if size else "–",
            _("than the original file"),
            _("Bytes of the model file as it was given over bytes of the compressed file."),
            **_NEUTRAL,
        )
        _number(
            _("Times smaller"),
            times(size.ratio_vs_fp32) if size else "–",
            _("than at fp32"),
            _("All numbers of the model at four bytes each, over bytes of the compressed file."),
            **_NEUTRAL,
        )
        _number(
            _("Accuracy after"),
            percent(after.accuracy if after else None),
            points(after.accuracy, before.accuracy) if after and before else None,
            _("Of the clustered model; below, the change against the model as it was."),
        )
    if after is not None and after.accuracy is not None:
        said = interval_text(after.interval, after.n_samples)
        st.caption(
            _("Accuracy after {after} ({interval}).").format(
                after=percent(after.accuracy), interval=said
            )
        )
    elif result.no_accuracy:
        st.info(
            _("No accuracy: {reason}").format(reason=plain(result.no_accuracy)),
            icon=":material/info:",
        )


def _number(label: str, value: str, below: str | None, about: str, **how: Any) -> None:
    st.metric(label, value, below, help=about, border=True, height="stretch", **how)
