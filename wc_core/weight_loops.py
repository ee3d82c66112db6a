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


@kernel
def zero_pruned(
    kept: NDArray[np.bool_], high: int, wide: int, first: int, out: NDArray[np.float32]
) -> None:
    """Set the weights of cells that are not kept to zero.

    Parameters
    ----------
    kept : ndarray of bool, shape (rows of cells, columns of cells)
    high, wide : int
        Rows and columns of a cell.
    first : int
        Row of the matrix that `out` begins with.
    out : ndarray of shape (n_rows, n_columns)
    """
    n_rows, n_columns = out.shape
    for row in range(n_rows):
        cells, line = kept[(first + row) // high], out[row]
        if wide == 1:
            for c in range(n_columns):
                line[c] = line[c] if cells[c] else np.float32(0)
        else:
            for j in range(len(cells)):
                if not cells[j]:
                    line[j * wide : (j + 1) * wide] = 0


@kernel
def live_cells(
    kept: NDArray[np.bool_],
    high: int,
    wide: int,
    rows: int,
    cols: int,
    n_rows: int,
    n_columns: int,
    live: NDArray[np.bool_],
) -> None:
    """Mark the blocks that meet a cell that is kept.

    Parameters
    ----------
    kept : ndarray of bool, shape (rows of cells, columns of cells)
    high, wide : int
        Rows and columns of a cell.
    rows, cols : int
        Rows and columns of a block.
    n_rows, n_columns : int
        Of the matrix.
    live : ndarray of bool, shape (rows of blocks, columns of blocks)
        False everywhere; what is found is set.
    """
    for i in range(kept.shape[0]):
        top, bottom = i * high // rows, (min((i + 1) * high, n_rows) - 1) // rows
        for j in range(kept.shape[1]):
            if kept[i, j]:
                left, right = j * wide // cols, (min((j + 1) * wide, n_columns) - 1) // cols
                for r in range(top, bottom + 1):
                    for c in range(left, right + 1):
                        live[r, c] = True


@kernel
def mask_lanes(kept: NDArray[np.bool_], high: int, wide: int, matrix: NDArray[np.float32]) -> None:
    """Set the weights of cells that are not kept to NaN, which clusterers take as masked.

    Parameters
    ----------
    kept : ndarray of bool, shape (rows of cells, columns of cells)
    high, wide : int
        Rows and columns of a cell.
    matrix : ndarray of shape (n_rows, n_columns)
    """
    for row in range(matrix.shape[0]):
        cells, line = kept[row // high], matrix[row]
        for j in range(len(cells)):
            if not cells[j]:
                line[j * wide : (j + 1) * wide] = np.nan


@kernel
def count_zero_blocks(matrix: NDArray[np.floating], rows: int, cols: int) -> int:
    """Return how many blocks of some rows of a matrix are zeros altogether.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
        Begins with a whole row of blocks.
    rows, cols : int
        Sides of a block.
    """
    n_rows, n_columns = matrix.shape
    across = (n_columns + cols - 1) // cols
    seen = np.empty(across, dtype=np.bool_)
    n_zero = 0
    for top in range(0, n_rows, rows):
        seen[:] = False
        for row in range(top, min(top + rows, n_rows)):
            line = matrix[row]
            if cols == 1:
                for j in range(across):
                    seen[j] |= line[j] != 0
            else:
                for j in range(across):
                    for c in range(j * cols, min((j + 1) * cols, n_columns)):
                        seen[j] |= line[c] != 0
        n_zero += across - seen.sum()
    return n_zero
