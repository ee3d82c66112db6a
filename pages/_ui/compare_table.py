"""All numbers of a comparison, one row an algorithm."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.compare_cards import title_of
from pages._ui.downloads import csv_button
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.search import ComparisonRow


def compare_table(rows: "Sequence[ComparisonRow]") -> None:
    """Show the rows as a table that can be sorted and taken along."""
    cells = _measured([_cells(row) for row in rows])
    with st.container(key="compare_table"):
        st.dataframe(
            cells,
            hide_index=True,
            height="content",
            column_config=_columns(),
            alt=_("What each algorithm made of the layers"),
            key="table.comparison",
        )
    csv_button(cells, "comparison")


def _measured(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out columns in which nobody has a number."""
    empty = {name for name in cells[0] if all(row[name] in (None, "") for row in cells)}
    return [{name: value for name, value in row.items() if name not in empty} for row in cells]


def _cells(row: "ComparisonRow") -> dict[str, Any]:
    low, high = row.interval or (None, None)
    return {
        _("Algorithm"): title_of(row.algorithm),
        _("SQNR (dB)"): row.sqnr_db if row.sqnr_db is None or isfinite(row.sqnr_db) else None,
        _("Accuracy (%)"): _percent(row.accuracy),
        _("Seconds"): row.seconds,
        _("Bits per weight"): row.bits_per_weight,
        _("Entries used"): row.entries_used,
        _("Entries asked"): row.entries_asked,
        _("Perplexity"): row.perplexity,
        _("Index entropy (bits)"): row.index_entropy,
        _("Distortion"): row.distortion,
        _("Bytes"): row.stored_bytes,
        _("Agreement (%)"): _percent(row.agreement),
        _("Interval from (%)"): _percent(low),
        _("Interval to (%)"): _percent(high),
        _("Images"): row.n_samples or None,
        _("Notes"): row.refusal or "; ".join(row.notes),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        _("Algorithm"): st.column_config.TextColumn(pinned=True, width="medium"),
        _("SQNR (dB)"): number(
            format="%.2f", help=_("Power of the weights over power of the error: more is better.")
        ),
        _("Accuracy (%)"): number(
            format="%.2f", help=_("Of the whole model, these layers clustered.")
        ),
        _("Seconds"): number(format="%.2f", help=_("Clustering alone, on this server.")),
        _("Bits per weight"): number(
            format="%.3f", help=_("Indices, codebook and scales, over the weights.")
        ),
        _("Perplexity"): number(
            format="%.1f", help=_("As many entries, used alike, would need as many bits.")
        ),
        _("Index entropy (bits)"): number(
            format="%.2f", help=_("What an ideal coder would spend on an index.")
        ),
        _("Distortion"): number(format="%.3e", help=_("Squared error per weight.")),
        _("Agreement (%)"): number(
            format="%.2f", help=_("Images that get the same class as before.")
        ),
        _("Notes"): st.column_config.TextColumn(width="large"),
    }
