"""A finished result in four big numbers."""

from typing import Any

import streamlit as st

from pages._ui.text import count, decibels, n_bytes, percent, points, times
from wc_core.words import _


def headline(result: dict[str, Any]) -> None:
    """Show the finished result in four big numbers."""
    with st.grid(4, min_column_width=190, key="home_numbers"):
        st.metric(
            _("Times smaller"),
            times(result["compression_ratio"]),
            _("than before"),
            delta_arrow="off",
            delta_color="off",
            border=True,
            height="stretch",
            help=_("Bytes of the model file as it was, over bytes of the compressed file."),
        )
        st.metric(
            _("Accuracy after"),
            percent(result["accuracy"]),
            points(result["accuracy"], result["baseline_accuracy"]),
            border=True,
            height="stretch",
            help=_("Share of {n} test images named correctly; {before} before clustering.").format(
                n=count(result["n_samples"]), before=percent(result["baseline_accuracy"])
            ),
        )
        st.metric(
            _("File on disk"),
            n_bytes(result["stored_bytes"]),
            _("from {size}").format(size=n_bytes(result["original_bytes"])),
            delta_arrow="off",
            delta_color="off",
            border=True,
            height="stretch",
            help=_(
                "The compressed file as it lies on disk: indices, codebooks and everything else."
            ),
        )
        st.metric(
            _("Bits per weight"),
            f"{result['bits_per_weight']:.2f}",
            _("from 32"),
            delta_arrow="off",
            delta_color="off",
            border=True,
            height="stretch",
            help=_(
                "Bits stored for each clustered weight, codebooks included. The error lies "
                "{sqnr} below the weights themselves (SQNR)."
            ).format(sqnr=decibels(result["sqnr_db"])),
        )
