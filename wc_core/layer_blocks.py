"""A weight as a clusterer sees it: what survives pruning, scaled and cut into blocks.

Blocks that are pruned altogether are not there, and pruned lanes of the others are masked as those
outside the matrix are. Scales are rounded to the type they are stored in before weights are
divided by them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.masks import Mask
from wc_core.number_types import NUMBER_TYPES, rounded
from wc_core.pruning import prune
from wc_core.recipe import LayerPlan
from wc_core.weight_loops import mask_lanes

_LEAST_WEIGHT = 1e-8  # of a block whose largest counts 1: sums over many would swallow less


@dataclass(frozen=True, slots=True, eq=False)
class LayerBlocks:
    """A weight as the clusterer sees it.

    Parameters
    ----------
    values : ndarray of shape (n_live_blocks, block_size)
        In units of each channel's scale; NaN marks masked lanes, the pruned ones among them.
    weights : ndarray of shape (n_live_blocks,), optional
        How much each block's error counts; None if all count alike.
    grid : BlockGrid
    scales : ndarray of float32, shape (grid.shape[0],), optional
    scale_step : float
        What one counts for if scales are stored as int8.
    mask : Mask, optional
        What is pruned.
    live : ndarray of bool, shape (n_blocks,), optional
        Which blocks `values` has: those that are not pruned altogether. None if it has all.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.floating] | None
    grid: BlockGrid
    scales: NDArray[np.float32] | None
    scale_step: float = 1.0
    mask: Mask | None = None
    live: NDArray[np.bool_] | None = None

    @property
    def positions(self) -> NDArray[np.intp]:
        """Where the blocks of `values` lie, in row-major order of the grid."""
        return np.arange(self.grid.n_blocks) if self.live is None else np.flatnonzero(self.live)

    def joined(self, blocks: NDArray[np.floating]) -> NDArray[np.floating]:
        """Put live blocks together and scale them to the unit of the weight; pruned is zero."""
        if self.mask is not None:
            whole = np.zeros((self.grid.n_blocks, self.grid.block.size), blocks.dtype)
            whole[self.positions] = np.nan_to_num(blocks)
            blocks = whole
        weight = self.grid.join(blocks)
        if self.scales is None:
            return weight
        rows = weight.reshape(self.grid.matrix_shape) * self.scales[:, None]
        return rows.reshape(self.grid.shape)

    def spread(self, indices: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return an index for every block: those of live ones, and 0."""
        if self.live is None:
            return indices
        whole = np.zeros(self.grid.n_blocks, indices.dtype)
        whole[self.live] = indices
        return whole


def layer_blocks(weight: NDArray[np.floating], plan: LayerPlan) -> LayerBlocks:
    """Prune a weight and cut it as a plan says.

    With `scale="per_channel"` every row is divided by its largest magnitude before it
    is cut, and each block's error counts by the mean square of its scales, so that
    what is minimised is the error of the weight itself.

    Parameters
    ----------
    weight : ndarray of two or more dimensions
        Finite numbers.
    plan : LayerPlan
    """
    grid = BlockGrid(weight.shape, plan.block)
    matrix = weight.reshape(grid.matrix_shape).astype(np.float32, copy=False)
    mask = prune(weight, plan)
    if mask is not None:
        matrix = matrix.copy()
        mask.zero(slice(0, len(matrix)), matrix)
    scales, step = _channel_scales(matrix, plan)
    if scales is not None:
        matrix = matrix / scales[:, None]
    weights = _block_weights(grid, scales)
    if mask is None:
        return LayerBlocks(grid.split(matrix), weights, grid, scales, step)
    mask_lanes(mask.cells, *mask.cell, matrix)
    live = mask.live_blocks(grid)
    weights = None if weights is None else weights[live]
    return LayerBlocks(grid.split(matrix)[live], weights, grid, scales, step, mask, live)


def survivors(weight: NDArray[np.floating], mask: Mask) -> NDArray[np.floating]:
    """Return a weight with zeros where it is pruned."""
    matrix = weight.astype(np.float32).reshape(mask.matrix_shape)
    mask.zero(slice(0, len(matrix)), matrix)
    return matrix.reshape(weight.shape)


def _channel_scales(
    matrix: NDArray[np.float32], plan: LayerPlan
) -> tuple[NDArray[np.float32] | None, float]:
    """Return each row's largest magnitude as it is stored, and the step if there is one.

    A row of zeros gets 1, so that it stays zeros; one too small for the type of the scales gets
    the smallest number of that type. None without scales.
    """
    if plan.scale == "none":
        return None, 1.0
    peaks = np.maximum(matrix.max(axis=1), -matrix.min(axis=1))
    scales, step = rounded(peaks, plan.scale_dtype)
    least = np.float32(NUMBER_TYPES[plan.scale_dtype].least * step)
    scales = np.where((peaks > 0) & (scales == 0), least, scales)
    empty = least if plan.scale_dtype == "int8" else np.float32(1)
    return np.where(peaks > 0, scales, empty), step


def _block_weights(
    grid: BlockGrid, scales: NDArray[np.float32] | None
) -> NDArray[np.floating] | None:
    if scales is None:
        return None
    # Relative, since squares of scales of 1e-20 would vanish in single precision.
    squares = np.square(scales.astype(np.float64) / scales.max())
    squares = np.maximum(squares, _LEAST_WEIGHT)
    down, across = grid.grid_shape
    padded = np.full(down * grid.block.rows, np.nan)
    padded[: len(squares)] = squares
    return np.repeat(np.nanmean(padded.reshape(down, grid.block.rows), axis=1), across)
