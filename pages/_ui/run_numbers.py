"""The numbers of a run: size, accuracy and error, before and after."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.run_job import RunResult
from pages._ui.stored_says import pruned_share
from pages._ui.text import count, decibels, interval_text, n_bytes, percent, plain, points, times
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.compression import CompressedModel

Number = tuple[str, str, str | None, str] | tuple[str, str, str | None, str, bool]


def numbers(result: RunResult) -> None:
    """Show in pairs what was saved (left) and what it cost (right)."""
    with st.grid(2, min_column_width=150, key="cluster_numbers"):
        for saved, cost in zip(_savings(result), _costs(result), strict=True):
            _number(*saved)
            _number(*cost)
    _evidence(result)


def _savings(result: RunResult) -> Iterator[Number]:
    size, compressed = result.size, result.compressed
    yield (
        _("Times smaller"),
        times(size.compression_ratio) if size else "–",
        _("{ratio} against fp32").format(ratio=times(size.ratio_vs_fp32)) if size else None,
        _("Against the model file as it was; below, against all parameters at 32 bits."),
    )
    yield (
        _("File on disk"),
        n_bytes(size.stored_bytes) if size else "–",
        _("from {size}").format(size=n_bytes(size.original_bytes)) if size else None,
        _("Counted from the file that was really written, against the file you gave."),
    )
    yield (
        _("Bits per weight"),
        f"{compressed.bits_per_weight:.2f}" if compressed else "–",
        _weights_text(compressed) if compressed else None,
        _(
            "Indices, codebooks, scales and the positions of pruned weights, over all weights of "
            "the clustered layers."
        ),
    )


def _weights_text(compressed: "CompressedModel") -> str:
    share = pruned_share(compressed.layers)
    if not share:
        return _("{n} weights clustered").format(n=count(compressed.n_clustered))
    return _("{share} pruned, {n} weights").format(
        n=count(compressed.n_clustered), share=percent(share, 1)
    )


def _costs(result: RunResult) -> Iterator[Number]:
    before, after = result.before, result.after
    yield (
        _("Accuracy"),
        percent(after.accuracy if after else None),
        points(after.accuracy, before.accuracy) if after and before else None,
        _("Of the clustered model; below, the change against the model as it was."),
        True,
    )
    yield (
        _("Agreement"),
        percent(after.agreement if after else None),
        _("with the model as it was"),
        _("Share of images that get the same class as before; needs no labels."),
    )
    yield (
        _("SQNR"),
        decibels(result.compressed.sqnr_db) if result.compressed else "–",
        _("over clustered weights"),
        _("How far the error lies below the weights: 6 dB more halve the error."),
    )


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
