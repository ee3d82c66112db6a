"""Which weights of a layer are kept and which are pruned, cell by cell."""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.errors import ModelFileError
from wc_core.weight_loops import live_cells, zero_pruned
from wc_core.words import _


@dataclass(frozen=True, eq=False)
class Mask:
    """What is kept of a weight: True, and what is pruned: False, a cell at a time.

    The weight is viewed as a matrix (out, rest), as for blocks. Cells that stick out over its
    right or lower edge count what they have inside.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_cells,)
        Row-major over the grid of cells.
    cell : tuple of int
        Rows and columns of a cell, in weights.
    shape : tuple of int
        Shape of the weight.

    Raises
    ------
    ModelFileError
        If the parts do not fit together.

    Examples
    --------
    >>> mask = Mask(np.array([True, False]), (1, 3), (2, 3))
    >>> mask.sparsity
    0.5
    >>> mask.rows(slice(0, 2))
    array([[ True,  True,  True],
           [False, False, False]])
    """

    kept: NDArray[np.bool_]
    cell: tuple[int, int]
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.shape) < 2 or prod(self.shape) <= 0 or min(self.cell) < 1:
            msg = _("cells of {cell} do not divide a weight of shape {shape}")
            raise ModelFileError(msg.format(cell=_sides(self.cell), shape=self.shape))
        if self.kept.shape != (self.n_cells,) or self.kept.dtype != np.bool_:
            msg = _("a mask of {n} cells of {cell} does not fit a weight of shape {shape}")
            text = msg.format(n=self.kept.size, cell=_sides(self.cell), shape=self.shape)
            raise ModelFileError(text)

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        return self.shape[0], prod(self.shape[1:])

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        (rows, cols), (high, wide) = self.matrix_shape, self.cell
        return -(-rows // high), -(-cols // wide)

    @property
    def n_cells(self) -> int:
        """Cells of the grid."""
        return prod(self.grid_shape)

    @property
    def cells(self) -> NDArray[np.bool_]:
        """What is kept, of shape `grid_shape`."""
        return self.kept.reshape(self.grid_shape)

    @cached_property
    def n_kept_weights(self) -> int:
        """Weights that are kept."""
        heights, widths = (
            np.minimum(side, n - np.arange(0, n, side, dtype=np.int64))
            for side, n in zip(self.cell, self.matrix_shape, strict=True)
        )
        whole = np.count_nonzero(self.cells[:, :-1], axis=1) * widths[0]
        return int(np.dot(whole + self.cells[:, -1] * widths[-1], heights))

    @property
    def n_pruned_weights(self) -> int:
        """Weights that are pruned."""
        return prod(self.shape) - self.n_kept_weights

    @property
    def sparsity(self) -> float:
        """Share of the weights that are pruned."""
        return self.n_pruned_weights / prod(self.shape)

    def rows(self, rows: slice) -> NDArray[np.bool_]:
        """Return what is kept, weight by weight, of some rows of the matrix.

        Parameters
        ----------
        rows : slice
            With a start and a stop.

        Returns
        -------
        ndarray of bool, shape (n_rows, n_columns)
        """
        if self.cell == (1, 1):
            return self.cells[rows]
        high, wide = self.cell
        lines = self.cells[np.arange(rows.start, rows.stop) // high]
        return np.repeat(lines, wide, axis=1)[:, : self.matrix_shape[1]]

    def live_blocks(self, grid: BlockGrid) -> NDArray[np.bool_]:
        """Return which blocks have at least one weight that is kept.

        Returns
        -------
        ndarray of bool, shape (n_blocks,)
        """
        block = grid.block.rows, grid.block.cols
        if block == self.cell:
            return self.kept
        live = np.zeros(grid.grid_shape, dtype=np.bool_)
        live_cells(self.cells, *self.cell, *block, *self.matrix_shape, live)
        return live.reshape(-1)

    def zero(self, rows: slice, out: NDArray[np.float32]) -> None:
        """Set what is pruned to zero.

        Parameters
        ----------
        rows : slice
            Which rows of the matrix `out` holds.
        out : ndarray of float32, shape (n_rows, n_columns)
        """
        zero_pruned(self.cells, *self.cell, rows.start, out)


def same_mask(one: Mask | None, other: Mask | None) -> bool:
    """Tell whether two masks prune the same weights by the same cells."""
    if one is None or other is None:
        return one is other
    same_cells = (one.cell, one.shape) == (other.cell, other.shape)
    return same_cells and np.array_equal(one.kept, other.kept)


def _sides(cell: tuple[int, int]) -> str:
    return f"{cell[0]}x{cell[1]}"
