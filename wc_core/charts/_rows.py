"""The numbers behind a figure, as rows: every number that is drawn can be downloaded."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import plotly.graph_objects as go


def columns(
    first: Mapping[str, str] | None = None,
    *,
    z: str = "",
    series: str = "",
    places: Mapping[str, Sequence[str]] | None = None,
    **names: str,
) -> dict[str, Any]:
    """Return a trace's `meta` that names its columns in a download.

    Parameters
    ----------
    first : mapping of str to str, optional
        Columns that come before the others, as `names`.
    z : str
        Column of a matrix's values; `x` and `y` then are its columns and rows.
    series : str
        Column of the trace's own name, where several traces share a table.
    places : mapping of str to sequence of str, optional
        What stands at 0, 1, ... of `x` or `y`, where these are places and no numbers.
    **names : str
        Column of each of the trace's vectors (`x`, `y`, `customdata`, ...). A trace
        without any is decoration and does not appear in a download.
    """
    listed = {axis: list(found) for axis, found in (places or {}).items()}
    return {"columns": {**(first or {}), **names}, "z": z, "series": series, "places": listed}


def chart_rows(figure: go.Figure) -> list[dict[str, Any]]:
    """Return the numbers behind a figure.

    Returns
    -------
    list of dict
        One row a mark, column names in the language in use when it was drawn;
        a matrix gives one row a cell that has a number. All rows have the same
        columns in the same order; what a mark lacks is None.

    Examples
    --------
    >>> figure = go.Figure(go.Bar(x=["a"], y=[3], meta=columns(x="Layer", y="Size (B)")))
    >>> chart_rows(figure)
    [{'Layer': 'a', 'Size (B)': 3}]
    """
    tables = [list(_trace_rows(trace)) for trace in figure.data]
    names = list(dict.fromkeys(name for table in tables if table for name in table[0]))
    rows: list[dict[str, Any]] = []
    for table in tables:
        if table and list(table[0]) != names:
            rows += [{name: row.get(name) for name in names} for row in table]
        else:
            rows += table
    return rows


def chart_csv(figure: go.Figure) -> str:
    """Return the numbers behind a figure as CSV text; see `chart_rows`.

    A large matrix makes megabytes of it: ask when a download is wanted, not before.
    """
    rows = chart_rows(figure)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0] if rows else [])
    writer.writerows(row.values() for row in rows)
    return text.getvalue()


def has_rows(figure: go.Figure) -> bool:
    """Tell, without making them, whether there are numbers behind a figure."""
    return any(next(_trace_rows(trace), None) is not None for trace in figure.data)


def _trace_rows(trace: Any) -> Iterator[dict[str, Any]]:
    meta = trace.meta if isinstance(trace.meta, Mapping) else {}
    names: Mapping[str, str] = meta.get("columns", {})
    if not names:
        return
    own = {meta["series"]: trace.name} if meta.get("series") else {}
    cells = _matrix(trace, names, meta["z"]) if meta.get("z") else _vectors(trace, names)
    for row in cells:
        yield {**own, **row}


def _vectors(trace: Any, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    taken = [_values(trace, vector) for vector in names]
    for values in zip_longest(*taken):
        yield dict(zip(names.values(), values, strict=True))


def _matrix(trace: Any, names: Mapping[str, str], z: str) -> Iterator[dict[str, Any]]:
    rows, cols = _values(trace, "y"), _values(trace, "x")
    for row, values in zip(rows, trace.z, strict=True):
        for col, value in zip(cols, _plain(values), strict=True):
            if value is not None:
                yield {names["y"]: row, names["x"]: col, z: value}


def _values(trace: Any, vector: str) -> list[Any]:
    values = _plain(trace[vector])
    found = trace.meta["places"].get(vector)
    return values if found is None else [found[int(place)] for place in values]


def _plain(values: Any) -> list[Any]:
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in listed]
