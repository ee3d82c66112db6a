"""Loops over indices and weights, compiled."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel

_LANES = 32


@kernel
def count_indices(indices: NDArray[np.integer], counts: NDArray[np.int64]) -> None:
    """Add to `counts` how often each index occurs."""
    # Two tables in turns, as the same count twice in a row would have to wait for itself.
    other = np.zeros_like(counts)
    for i in range(len(indices) // 2):
        counts[indices[2 * i]] += 1
        other[indices[2 * i + 1]] += 1
    if len(indices) % 2:
        counts[indices[-1]] += 1
    counts += other


@kernel
def place_blocks(  # noqa: C901  (one branch a kind of block)
    codebook: NDArray[np.float32],
    indices: NDArray[np.integer],
    second: NDArray[np.float32],
    second_indices: NDArray[np.integer],
    scales: NDArray[np.float32],
    rows: int,
    cols: int,
    out: NDArray[np.float32],
) -> None:
    """Write the entry of each block, and that of a second codebook, to its place in a matrix.

    Parameters
    ----------
    codebook : ndarray of shape (n_entries, rows * cols)
    indices : ndarray of shape (grid rows * grid columns,)
    second, second_indices : ndarray
        Entries that are added; empty without any.
    scales : ndarray of shape (len(out),)
        Factor of each row; empty without any.
    rows, cols : int
        Shape of a block.
    out : ndarray of shape (n_rows, n_columns)
        What sticks out of it is left out.
    """
    n_rows, n_columns = out.shape
    across = (n_columns + cols - 1) // cols
    for row in range(n_rows):
        lane, first = (row % rows) * cols, (row // rows) * across
        line = out[row]
        if cols == 1:
            for j in range(across):
                line[j] = codebook[indices[first + j], lane]
        else:
            for j in range(across):
                entry = codebook[indices[first + j]]
                for c in range(min(cols, n_columns - j * cols)):
                    line[j * cols + c] = entry[lane + c]
        if len(second):
            for j in range(across):
                entry = second[second_indices[first + j]]
                for c in range(min(cols, n_columns - j * cols)):
                    line[j * cols + c] += entry[lane + c]
        if len(scales):
            for c in range(n_columns):
                line[c] *= scales[row]


@kernel
def place_exact(
    positions: NDArray[np.intp],
    values: NDArray[np.float32],
    across: int,
    rows: int,
    cols: int,
    out: NDArray[np.float32],
) -> None:
    """Write blocks that are stored exactly to their places in a matrix.

    Parameters
    ----------
    positions : ndarray of shape (n_exact,)
        In row-major order of the grid, of which `across` blocks lie in a row.
    values : ndarray of shape (n_exact, rows * cols)
    across, rows, cols : int
    out : ndarray of shape (n_rows, n_columns)
    """
    for i in range(len(positions)):
        top, left = (positions[i] // across) * rows, (positions[i] % across) * cols
        for r in range(min(rows, out.shape[0] - top)):
            for c in range(min(cols, out.shape[1] - left)):
                out[top + r, left + c] = values[i, r * cols + c]


@kernel
def error_sums(
    original: NDArray[np.floating], decoded: NDArray[np.floating], sums: NDArray[np.float64]
) -> None:
    """Add up squares, squared errors, and numbers that are not zero in each of two arrays.

    Parameters
    ----------
    original, decoded : ndarray of shape (n,)
    sums : ndarray of shape (4,)
        Sum of squares of `original`, of squared differences, and how many numbers of
        `original` and of `decoded` are not zero.
    """
    # Sums side by side, which are added up at the end: one alone would wait for each addition.
    squares, errors = np.zeros(_LANES), np.zeros(_LANES)
    n, whole = len(original), len(original) - len(original) % _LANES
    for start in range(0, whole, _LANES):
        x, y = original[start : start + _LANES], decoded[start : start + _LANES]
        for lane in range(_LANES):
            value = np.float64(x[lane])
            gap = value - np.float64(y[lane])
            squares[lane] += value * value
            errors[lane] += gap * gap
    for i in range(whole, n):
        value = np.float64(original[i])
        gap = value - np.float64(decoded[i])
        squares[i - whole] += value * value
        errors[i - whole] += gap * gap
    before = after = 0
    for i in range(n):
        before += original[i] != 0
    for i in range(n):
        after += decoded[i] != 0
    sums[0] = squares.sum()
    sums[1] = errors.sum()
    sums[2] = before
    sums[3] = after
