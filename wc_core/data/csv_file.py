"""Data sets as text: one image a row, its pixels in columns, perhaps with a label."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wc_core.data.arrays import as_images, as_labels, number_names
from wc_core.data.damage import damage_named
from wc_core.data.dataset import Dataset
from wc_core.errors import DataError
from wc_core.words import _

_LABEL_NAMES = ("label", "labels", "class", "target", "y")
_CELLS_AT_ONCE = 8_000_000  # 64 MB as the 8-byte numbers that pandas reads
_FEWEST_ROWS_AT_ONCE = 512  # pandas pays for each column of each piece
_MOST_COLUMNS = 256 * 256 + 1  # a label and an image; pandas would take minutes over more
_LONGEST_LINE = 2**25  # characters


class _Layout(NamedTuple):
    separator: str
    header: tuple[str, ...]  # empty if the first line is data already
    n_columns: int
    label: int | None  # its column


def read_csv(path: Path, name: str, digest: str) -> Dataset:
    """Read images from text, some rows at a time.

    The label is in the column called label, class, target or y, or else in the first one
    if the others are the pixels of a square image.

    Parameters
    ----------
    path : Path
    name : str
        For people, and in errors.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    DataError
        If a cell is no number (its line is named), or there are no images.
    """
    with damage_named(name):
        layout = _layout(path, name)
        pixels, texts = _cells(path, layout, name)
        images = as_images(pixels, name)
    notes = list(images.notes)
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    if layout.label is None:
        notes.append(_("The file holds no label column."))
    else:
        labels, class_names = _labels(texts, layout, name)
        if not layout.header or layout.header[layout.label].lower() not in _LABEL_NAMES:
            notes.append(_("The first column is taken as the label."))
    return Dataset(name, digest, images.pixels, labels, class_names, images.preset, tuple(notes))


def _layout(path: Path, file: str) -> _Layout:
    """Look at the first line."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        line = stream.readline(_LONGEST_LINE)
    separator = max(",;\t", key=line.count)
    first = next(csv.reader([line], delimiter=separator), [])
    cells = [cell.strip() for cell in first]
    if not 2 <= len(cells) <= _MOST_COLUMNS or len(line) == _LONGEST_LINE:
        msg = _(
            "{file} has {n} columns in its first line; "
            "give one image a row, its pixels in columns parted by commas"
        )
        if len(cells) > 1:
            msg = _(
                "{file} has {n} columns in its first line, more than {most}; "
                "save such large images as .npz or as a zip of image files"
            )
        raise DataError(msg.format(file=file, n=len(cells), most=_MOST_COLUMNS))
    lower = [cell.lower() for cell in cells]
    label = next((lower.index(word) for word in _LABEL_NAMES if word in lower), None)
    header = tuple(cells) if label is not None or _is_header(cells) else ()
    if label is None and not _is_image(len(cells)) and _is_image(len(cells) - 1):
        label = 0
    return _Layout(separator, header, len(cells), label)


def _is_header(cells: list[str]) -> bool:
    """Tell names from pixels; names may be 0, 1, 2, ... further than pixels count."""
    counted = len(cells) > 256 and cells == [str(i) for i in range(len(cells))]
    return counted or not all(map(_is_number, cells[1:]))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_image(n_values: int) -> bool:
    return any(c * isqrt(n_values // c) ** 2 == n_values for c in (1, 3))


def _cells(path: Path, layout: _Layout, file: str) -> tuple[NDArray, list[Any]]:
    """Return pixels (n, values) and the raw values of the label column."""
    import pandas as pd

    line = 2 if layout.header else 1
    parts: list[NDArray] = []
    labels: list[Any] = []
    reader = pd.read_csv(
        path,
        sep=layout.separator,
        header=None,
        names=range(layout.n_columns + 1),  # the last is there to tell lines that are too long
        index_col=False,
        skiprows=1 if layout.header else 0,
        chunksize=max(_FEWEST_ROWS_AT_ONCE, _CELLS_AT_ONCE // layout.n_columns),
        dtype=None if layout.label is None else {layout.label: str},
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,  # so that lines can be named
        encoding="utf-8-sig",
        low_memory=False,
    )
    surplus = layout.n_columns
    with reader, _ragged_line_named(layout, file):
        for rows in reader:
            _refuse_surplus(rows.pop(surplus), line, layout, file)
            parts.append(_numbers(rows, layout, line, file))
            if layout.label is not None:
                labels.extend(rows[layout.label].iloc[: len(parts[-1])])
            line += len(rows)
    if not sum(map(len, parts)):
        raise DataError(_("{file} has a first line but no rows of images").format(file=file))
    return np.concatenate(parts), labels


@contextmanager
def _ragged_line_named(layout: _Layout, file: str) -> Iterator[None]:
    """Say which line is too long; pandas has it in the text of its error only."""
    from pandas.errors import ParserError

    try:
        yield
    except ParserError as error:
        found = re.search(r"Expected \d+ fields in line (\d+), saw (\d+)", str(error))
        if not found:
            raise
        raise DataError(_too_long(file, int(found[1]), layout)) from error


def _refuse_surplus(cells: Any, line: int, layout: _Layout, file: str) -> None:
    filled = np.flatnonzero(cells.notna().to_numpy())
    if len(filled):
        raise DataError(_too_long(file, line + int(filled[0]), layout))


def _too_long(file: str, line: int, layout: _Layout) -> str:
    msg = _("{file}, line {line}: more columns than the {expected} of the first line")
    return msg.format(file=file, line=line, expected=layout.n_columns)


def _numbers(rows: Any, layout: _Layout, line: int, file: str) -> NDArray:
    """Return the pixels of some rows, as small as they fit; blank last lines are dropped."""
    import pandas as pd

    filled = np.flatnonzero(rows.notna().any(axis=1).to_numpy())
    rows = rows.iloc[: filled[-1] + 1 if len(filled) else 0]
    columns = [c for c in rows.columns if c != layout.label]
    pixels = rows[columns]
    kinds = {dtype.kind for dtype in pixels.dtypes}
    values = pixels.to_numpy() if kinds <= set("iuf") else None
    if values is None:
        values = pixels.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    bad = np.isnan(values) if values.dtype.kind == "f" else np.zeros(0, bool)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        msg = _(
            "{file}, line {line}: {cell!r} in column {column} is not a number; "
            "every column but the label has to hold pixel values"
        )
        cell = pixels.iat[row, column]
        cell = "" if pd.isna(cell) else str(cell)[:40]
        where = columns[column]
        called = layout.header[where] if layout.header else str(where + 1)
        raise DataError(msg.format(file=file, line=line + row, cell=cell, column=called))
    fits = values.size and values.min() >= 0 and values.max() <= 255
    smallest: NDArray = values.astype(np.uint8 if fits else np.float32)
    return smallest if (smallest == values).all() else values.astype(np.float32)


def _labels(
    cells: list[Any], layout: _Layout, file: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return class numbers and names; texts become classes if no label is a number."""
    first = 2 if layout.header else 1
    missing = [i for i, cell in enumerate(cells) if not isinstance(cell, str)]
    if missing:
        msg = _("{file}, line {line}: the label is empty").format(
            file=file, line=first + missing[0]
        )
        raise DataError(msg)
    numeric = [_is_number(cell) for cell in cells]
    if not any(numeric):
        return as_labels(np.array([cell.strip() for cell in cells]), file)
    wrong = [
        i
        for i, cell in enumerate(cells)
        if not numeric[i] or float(cell) < 0 or not float(cell).is_integer()
    ]
    if wrong:
        msg = _(
            "{file}, line {line}: the label {label!r} is not a class number; "
            "labels are whole numbers counted from 0, or all of them names"
        )
        label = cells[wrong[0]][:40]
        raise DataError(msg.format(file=file, line=first + wrong[0], label=label))
    labels, _names = as_labels(np.array([float(cell) for cell in cells]), file)
    return labels, number_names(labels)
