"""Whole cells of a matrix pruned by how large their weights are."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel
from wc_core.masks import Mask
from wc_core.pruning._smallest import Scores, find_threshold, n_wanted


def smallest_cells(weight: NDArray[np.floating], cell: tuple[int, int], sparsity: float) -> Mask:
    """Prune the cells with the smallest norms, as many as fit in a share of the weights.

    The norm is the root of the mean square of the weights that a cell has inside the matrix, so
    that those which stick out over an edge are not smaller for that.

    Parameters
    ----------
    weight : ndarray of two or more dimensions
    cell : tuple of int
        Rows and columns of a cell.
    sparsity : float
    """
    matrix = weight.reshape(weight.shape[0], -1)
    cell = min(cell[0], matrix.shape[0]), min(cell[1], matrix.shape[1])
    if cell == (1, 1):
        bits = np.ascontiguousarray(matrix, np.float32).reshape(-1).view(np.uint32)
        scores = Scores(bits, np.ones(1, dtype=np.int64))
    else:
        scores = _norms(matrix, cell)
    threshold = find_threshold([scores], n_wanted(sparsity, matrix.size))
    return Mask(scores.kept(threshold), cell, weight.shape)


def _norms(matrix: NDArray[np.floating], cell: tuple[int, int]) -> Scores:
    (rows, cols), (high, wide) = matrix.shape, cell
    squares = np.zeros((-(-rows // high), -(-cols // wide)))
    _add_squares(np.ascontiguousarray(matrix, np.float32), high, wide, squares)
    heights = np.minimum(high, rows - np.arange(0, rows, high, dtype=np.int64))
    widths = np.minimum(wide, cols - np.arange(0, cols, wide, dtype=np.int64))
    sizes = np.outer(heights, widths)
    norms = np.sqrt(squares / sizes).astype(np.float32)
    return Scores(norms.reshape(-1).view(np.uint32), sizes.reshape(-1))


@kernel
def _add_squares(
    matrix: NDArray[np.float32], high: int, wide: int, squares: NDArray[np.float64]
) -> None:
    for row in range(matrix.shape[0]):
        line, sums = matrix[row], squares[row // high]
        for j in range(len(sums)):
            total = 0.0
            for c in range(j * wide, min((j + 1) * wide, len(line))):
                value = np.float64(line[c])
                total += value * value
            sums[j] += total
