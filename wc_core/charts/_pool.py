"""Matrices made small enough for a screen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.words import _

MAX_SIDE = 512  # more cells than this a side are finer than the pixels they are drawn with


@dataclass(frozen=True, eq=False)
class Pooled:
    """A matrix whose every cell is the mean (or sum) of a patch of another one.

    Parameters
    ----------
    values : ndarray of shape (ceil(m / patch[0]), ceil(n / patch[1]))
        Pooled matrix.
    patch : tuple of int
        Rows and columns of the original in one cell; those at the edge may be smaller.
    shape : tuple of int
        Shape (m, n) of the original.
    """

    values: NDArray
    patch: tuple[int, int]
    shape: tuple[int, int]

    @property
    def rows(self) -> NDArray[np.intp]:
        """First original row of each cell, counted from 0."""
        return np.arange(0, self.shape[0], self.patch[0])

    @property
    def cols(self) -> NDArray[np.intp]:
        """First original column of each cell, counted from 0."""
        return np.arange(0, self.shape[1], self.patch[1])

    @property
    def note(self) -> str:
        """Sentence that says that the matrix is pooled; empty if it is not."""
        if self.patch == (1, 1):
            return ""
        return _("Pooled: each cell stands for {rows} x {cols} cells.").format(
            rows=self.patch[0], cols=self.patch[1]
        )


def pool(matrix: NDArray, *, max_side: int = MAX_SIDE, total: bool = False) -> Pooled:
    """Average patches of a matrix until no side is longer than `max_side`.

    Parameters
    ----------
    matrix : ndarray of shape (m, n)
        Both sides positive.
    max_side : int
        Greatest number of rows and of columns wanted.
    total : bool
        Whether to add a patch up instead, as counts want it.

    Examples
    --------
    >>> pool(np.array([[1.0, 3.0, 5.0]]), max_side=2).values
    array([[2., 5.]])
    """
    m, n = matrix.shape
    rows, cols = -(-m // max_side), -(-n // max_side)
    pooled = Pooled(matrix, (rows, cols), (m, n))
    if pooled.patch == (1, 1):
        return pooled
    sums = np.add.reduceat(matrix.astype(np.float64), pooled.rows, axis=0)
    sums = np.add.reduceat(sums, pooled.cols, axis=1)
    if not total:
        heights = np.diff(np.append(pooled.rows, m))
        widths = np.diff(np.append(pooled.cols, n))
        sums /= heights[:, None] * widths[None, :]
    return Pooled(sums, pooled.patch, (m, n))
