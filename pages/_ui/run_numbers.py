"""The numbers of a run: size, accuracy and error, before and after."""

from typing import Any

import streamlit as st

from pages._ui.run_job import RunResult
from pages._ui.text import count, decibels, interval_text, n_bytes, percent, plain, points, times
from wc_core.words import _


def numbers(result: RunResult) -> None:
    """Show size, accuracy and error, before and after."""
    compressed, size, after, before = (
        result.compressed,
        result.size,
        result.after,
        result.before,
    )
    assert compressed is not None
    with st.grid(3, min_column_width=170, key="cluster_numbers"):
        _number(
            _("File on disk"),
            n_bytes(size.stored_bytes) if size else "–",
            _("from {size}").format(size=n_bytes(size.original_bytes)) if size else None,
            _("Counted from the file that was really written, against the file you gave."),
        )
        _number(
            _("Times smaller"),
            times(size.compression_ratio) if size else "–",
            _("{ratio} against fp32").format(ratio=times(size.ratio_vs_fp32)) if size else None,
            _("Against the model file as it was; below, against all parameters at 32 bits."),
        )
        _number(
            _("Bits per weight"),
            f"{compressed.bits_per_weight:.2f}",
            _("{n} weights clustered").format(n=count(compressed.n_clustered)),
            _("Indices, codebooks and scales over the weights of the clustered layers."),
        )
        known = after is not None and after.accuracy is not None
        _number(
            _("Accuracy"),
            percent(after.accuracy) if known else "–",
            points(after.accuracy, before.accuracy) if known and before else None,
            _("Of the clustered model; below, the change against the model as it was."),
            judged=known,
        )
        _number(
            _("Agreement"),
            percent(after.agreement) if after else "–",
            _("with the model as it was"),
            _("Share of images that get the same class as before; needs no labels."),
        )
        _number(
            _("SQNR"),
            decibels(compressed.sqnr_db),
            _("over clustered weights"),
            _("How far the error lies below the weights: 6 dB more halve the error."),
        )
    _evidence(result)


def _number(label: str, value: str, below: str | None, about: str, judged: bool = False) -> None:
    how: dict[str, Any] = {} if judged else {"delta_color": "off", "delta_arrow": "off"}
    st.metric(label, value, below, help=about, border=True, height="stretch", **how)


def _evidence(result: RunResult) -> None:
    """Say how sure the accuracies are, or why there are none."""
    before, after = result.before, result.after
    if result.no_accuracy:
        st.info(
            _("No accuracy: {reason}").format(reason=plain(result.no_accuracy)),
            icon=":material/info:",
        )
    if before is not None and after is not None and after.accuracy is not None:
        st.caption(
            _(
                "Accuracy before {before} ({before_interval}); after {after} ({after_interval})"
            ).format(
                before=percent(before.accuracy),
                before_interval=interval_text(before.interval, before.n_samples),
                after=percent(after.accuracy),
                after_interval=interval_text(after.interval, after.n_samples),
            )
        )
    if before is not None and before.warning:
        st.warning(plain(before.warning))
