"""The nearest of some sorted entries to each of many numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._fit import index_dtype
from wc_core.clustering._line import pieces_of
from wc_core.clustering._line_loops import AT_ONCE, tell_cells
from wc_core.compiled import kernel
from wc_core.threads import run_pieces

_FEW = 16  # borders that are counted faster than a cell is looked up
_CELLS_PER_ENTRY = 64  # few cells then hold a border between two entries
_FEWEST_CELLS, _MOST_CELLS = 1 << 10, 1 << 16


@kernel
def count_borders(
    borders: NDArray[np.floating],
    middle: np.floating,
    scale: np.floating,
    half: np.floating,
    below: NDArray[np.uint16],
) -> None:
    """Count the borders in the cells before each; see `assign_in_cells`."""
    cells = np.empty(len(borders), np.uint16)
    tell_cells(borders, middle, scale, half, cells)
    n = 0
    for cell in range(len(below)):
        while n < len(cells) and cells[n] < cell:
            n += 1
        below[cell] = n


@kernel
def assign_by_counting(
    values: NDArray[np.floating],
    borders: NDArray[np.floating],
    labels: NDArray[np.unsignedinteger],
) -> None:
    """Count the borders below each number, many numbers a step: the best for few borders."""
    for start in range(0, len(values), AT_ONCE):
        part, told = values[start : start + AT_ONCE], labels[start : start + AT_ONCE]
        told[:] = 0
        for j in range(len(borders)):
            border = borders[j]
            for i in range(len(part)):
                told[i] += part[i] > border


@kernel
def assign_in_cells(
    values: NDArray[np.floating],
    borders: NDArray[np.floating],
    below: NDArray[np.uint16],
    middle: np.floating,
    scale: np.floating,
    half: np.floating,
    labels: NDArray[np.unsignedinteger],
) -> None:
    """Find how many borders lie below each number; the cell it lies in leaves few to compare.

    Parameters
    ----------
    values : ndarray of shape (n,)
    borders : ndarray of shape (n_entries - 1,)
        Of the type of the values, rising. A number equal to one of them goes down.
    below : ndarray of shape (2 half + 1,)
        How many borders lie in the cells before each.
    middle, scale, half : floating
        Of the cells, of the type of the values; see `tell_cells`.
    labels : ndarray of shape (n,)
        Gets the answers.
    """
    cells = np.empty(AT_ONCE, np.uint16)
    for start in range(0, len(values), AT_ONCE):
        part, told = values[start : start + AT_ONCE], labels[start : start + AT_ONCE]
        tell_cells(part, middle, scale, half, cells)
        for i in range(len(part)):
            cell = np.intp(cells[i])
            low, high = np.intp(below[cell]), np.intp(below[cell + 1])
            while low < high:
                place = (low + high) >> 1
                if borders[place] < part[i]:
                    low = place + 1
                else:
                    high = place
            told[i] = low


@kernel
def error_on_line(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    centers: NDArray[np.float64],
    labels: NDArray[np.unsignedinteger],
) -> float:
    """Return the weighted squared error of numbers around their entries."""
    errors = np.zeros(4)  # in turn, so that no sum waits for the one before
    for i in range(len(values)):
        gap = np.float64(values[i]) - centers[labels[i]]
        errors[i & 3] += gap * gap if weights is None else weights[i] * gap * gap
    return float(errors[0] + errors[1] + (errors[2] + errors[3]))


def nearest_on_line(
    values: NDArray[np.floating], centers: NDArray[np.floating]
) -> NDArray[np.unsignedinteger]:
    """Return the index of the nearest entry to each value, in the smallest type that holds it.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite.
    centers : ndarray of shape (n_entries,)
        Rising. A value in the middle between two of them goes down.
    """
    labels = np.empty(len(values), dtype=index_dtype(len(centers)))
    cells, pieces = _Cells.of(values.dtype, centers), pieces_of(len(values))
    run_pieces(
        lambda piece: cells.assign(values[pieces[piece]], labels[pieces[piece]]), len(pieces)
    )
    return labels


def labels_on_line(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    centers: NDArray[np.floating],
    borders: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.unsignedinteger], float]:
    """Return what `nearest_on_line` does, and the weighted squared error; weights of None are 1.

    With `borders`, rising and one fewer than entries, these part the entries, wherever the middle
    between two of them is.
    """
    labels = np.empty(len(values), dtype=index_dtype(len(centers)))
    cells, pieces = _Cells.of(values.dtype, centers, borders), pieces_of(len(values))
    exact = centers.astype(np.float64)

    def run(piece: int) -> float:
        rows = pieces[piece]
        cells.assign(values[rows], labels[rows])
        part = None if weights is None else weights[rows]
        return error_on_line(values[rows], part, exact, labels[rows])

    return labels, sum(run_pieces(run, len(pieces)))


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Cells of the line that leave few entries to compare a number with.

    Parameters
    ----------
    borders : ndarray of shape (n_entries - 1,)
        Between entries, of the type of the numbers.
    below : ndarray of shape (2 half + 1,)
        How many borders lie in the cells before each.
    middle, scale, half : floating
        As in `tell_cells`, of the type of the numbers.
    """

    borders: NDArray[np.floating]
    below: NDArray[np.uint16]
    middle: np.floating
    scale: np.floating
    half: np.floating

    @classmethod
    def of(
        cls,
        dtype: np.dtype,
        centers: NDArray[np.floating],
        between: NDArray[np.float64] | None = None,
    ) -> "_Cells":
        """Choose cells around sorted entries; without places between them take the middles."""
        exact, kind = centers.astype(np.float64), dtype.type
        middles = (exact[1:] + exact[:-1]) / 2 if between is None else between
        borders = rounded_down(middles, dtype)
        n_cells = 1 << (_CELLS_PER_ENTRY * len(borders)).bit_length()
        n_cells = min(max(n_cells, _FEWEST_CELLS), _MOST_CELLS)
        middle, scale, half = kind(0), kind(1), kind(n_cells // 2)
        if len(borders):
            middle = borders[len(borders) // 2]
            near = borders[3 * len(borders) // 4] - borders[len(borders) // 4]
            unit = float(near or borders[-1] - borders[0]) / 2
            scale = kind(min(1 / unit, float(np.finfo(dtype).max)) if unit > 0 else 1)
        below = np.empty(n_cells + 1, dtype=np.uint16)
        count_borders(borders, middle, scale, half, below)
        return cls(borders, below, middle, scale, half)

    def assign(self, values: NDArray[np.floating], labels: NDArray[np.unsignedinteger]) -> None:
        """Label numbers."""
        if len(self.borders) < _FEW:
            assign_by_counting(values, self.borders, labels)
            return
        assign_in_cells(
            values, self.borders, self.below, self.middle, self.scale, self.half, labels
        )


def rounded_down(borders: NDArray[np.float64], dtype: np.dtype) -> NDArray[np.floating]:
    """Return the largest numbers of a type that are not larger: what lies below stays below."""
    rounded: NDArray[np.floating] = borders.astype(dtype)
    return np.where(rounded > borders, np.nextafter(rounded, dtype.type(-np.inf)), rounded)
