"""How many weights are exactly zero, and where."""

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.recipe import BlockSpec


def sparsity(weight: NDArray) -> float:
    """Return the share of elements that are exactly zero; 0 for an array without any.

    Examples
    --------
    >>> sparsity(np.array([0.0, 1.0, -0.0, 2.0]))
    0.5
    """
    return 1.0 - int(np.count_nonzero(weight)) / weight.size if weight.size else 0.0


def block_sparsity(weight: NDArray[np.floating], block: BlockSpec) -> NDArray[np.float64]:
    """Return the share of zeros of each block.

    Parameters
    ----------
    weight : ndarray of shape (out, ...)
    block : BlockSpec

    Returns
    -------
    ndarray of shape (grid rows, grid columns)
        A block that sticks out over an edge is judged by the weights it has.

    Raises
    ------
    ConfigError
        If the weight has fewer than two dimensions or no element.

    Examples
    --------
    >>> block_sparsity(np.array([[0.0, 1.0, 0.0]]), BlockSpec(1, 2))
    array([[0.5, 1. ]])
    """
    grid = BlockGrid(weight.shape, block)
    # Integers have no NaN to mask padding with; being zero or not survives the change.
    lanes = grid.split(np.asarray(weight != 0, dtype=np.float32))
    nonzero = np.nansum(lanes, axis=1, dtype=np.float64)
    observed = np.count_nonzero(~np.isnan(lanes), axis=1)
    shares: NDArray[np.float64] = (1.0 - nonzero / observed).reshape(grid.grid_shape)
    return shares
