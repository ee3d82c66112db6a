"""Every number that is shown can be taken along."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from wc_core.words import _

Rows = Sequence[Mapping[str, Any]]


def to_csv(rows: Rows) -> bytes:
    """Return rows as CSV in UTF-8 with a byte order mark, so that spreadsheets read any name.

    Examples
    --------
    >>> to_csv([{"layer": "fc1", "k": 16}]).decode("utf-8-sig").split()
    ['layer,k', 'fc1,16']
    """
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, fieldnames=names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def csv_button(rows: Rows | Callable[[], Rows], name: str) -> None:
    """Offer rows as a CSV file named `name`; a function is called when the file is asked for."""
    st.download_button(
        _("CSV"),
        lambda: to_csv(rows() if callable(rows) else rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download.{name}",
        help=_("Download these numbers as {file}").format(file=f"{name}.csv"),
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def file_button(label: str, path: Path, *, key: str, about: str = "", **how: Any) -> None:
    """Offer a file on disk under its own name; it is read when it is asked for."""
    st.download_button(
        label,
        path.read_bytes,
        file_name=path.name,
        mime="application/octet-stream",
        key=key,
        help=about or None,
        icon=":material/download:",
        on_click="ignore",
        **how,
    )


def table(rows: Rows, *, name: str, alt: str, columns: Mapping[str, Any] | None = None) -> None:
    """Show rows as a table with its CSV below."""
    st.dataframe(list(rows), hide_index=True, column_config=columns, alt=alt, key=f"table.{name}")
    csv_button(rows, name)
