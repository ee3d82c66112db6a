"""The only place that knows how a weight matrix is cut into blocks and put back."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ConfigError
from wc_core.recipe import BlockSpec
from wc_core.words import _


@dataclass(frozen=True, slots=True)
class BlockGrid:
    """A weight of a given shape, cut into blocks.

    A weight of shape (out, ...) is viewed as a matrix of `out` rows, so a
    convolution (out, in, kh, kw) becomes (out, in * kh * kw) and a block of
    1 x (kh * kw) is a whole kernel. Blocks that stick out over the right or
    the lower edge are padded; the padding lanes are *masked*: they are NaN,
    which every clusterer takes as "weighs nothing".

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, two or more dimensions.
    block : BlockSpec
        Shape of one block.

    Raises
    ------
    ConfigError
        If the weight has fewer than two dimensions or none of its sides is positive.

    Examples
    --------
    >>> grid = BlockGrid((3, 5), BlockSpec(2, 2))
    >>> grid.grid_shape, grid.n_blocks, grid.is_ragged
    ((2, 3), 6, True)
    """

    shape: tuple[int, ...]
    block: BlockSpec

    def __post_init__(self) -> None:
        if len(self.shape) < 2 or prod(self.shape) == 0:
            msg = _("only weights of two or more dimensions are cut into blocks, got {shape}")
            raise ConfigError(msg.format(shape=self.shape))

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix that is cut."""
        return self.shape[0], prod(self.shape[1:])

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        rows, cols = self.matrix_shape
        return -(-rows // self.block.rows), -(-cols // self.block.cols)

    @property
    def n_blocks(self) -> int:
        """Number of blocks, ceil(m / d1) * ceil(n / d2)."""
        return prod(self.grid_shape)

    @property
    def is_ragged(self) -> bool:
        """Whether some blocks stick out over the edge."""
        rows, cols = self.matrix_shape
        return bool(rows % self.block.rows or cols % self.block.cols)

    def pieces(self, n_weights: int) -> list[slice]:
        """Cut the rows of the grid into runs of about so many weights, one row or more each."""
        n_rows, columns = self.grid_shape[0], self.matrix_shape[1]
        step = max(1, n_weights // (self.block.rows * columns))
        return [slice(at, min(at + step, n_rows)) for at in range(0, n_rows, step)]

    def rows(self, grid_rows: slice) -> slice:
        """Return the rows of the matrix that some rows of blocks cover."""
        stop = min(grid_rows.stop * self.block.rows, self.matrix_shape[0])
        return slice(grid_rows.start * self.block.rows, stop)

    def split(self, weight: NDArray[np.floating]) -> NDArray[np.floating]:
        """Cut a weight into blocks.

        Parameters
        ----------
        weight : ndarray of shape `shape`

        Returns
        -------
        ndarray of shape (n_blocks, block_size)
            Blocks in row-major order of the grid, each flattened row by row;
            masked lanes are NaN.
        """
        matrix = weight.reshape(self.matrix_shape)
        grid_rows, grid_cols = self.grid_shape
        if self.is_ragged:
            full = (grid_rows * self.block.rows, grid_cols * self.block.cols)
            padded = np.full(full, np.nan, dtype=matrix.dtype)
            padded[: matrix.shape[0], : matrix.shape[1]] = matrix
            matrix = padded
        tiles = matrix.reshape(grid_rows, self.block.rows, grid_cols, self.block.cols)
        return tiles.swapaxes(1, 2).reshape(self.n_blocks, self.block.size)

    def join(self, blocks: NDArray) -> NDArray:
        """Put blocks back; the inverse of `split`, masked lanes are cut off.

        Parameters
        ----------
        blocks : ndarray of shape (n_blocks, block_size)

        Returns
        -------
        ndarray of shape `shape`
        """
        grid_rows, grid_cols = self.grid_shape
        rows, cols = self.matrix_shape
        tiles = blocks.reshape(grid_rows, grid_cols, self.block.rows, self.block.cols)
        full = tiles.swapaxes(1, 2).reshape(
            grid_rows * self.block.rows, grid_cols * self.block.cols
        )
        return full[:rows, :cols].reshape(self.shape)
