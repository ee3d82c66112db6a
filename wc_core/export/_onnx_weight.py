"""A clustered weight as ONNX operators: `Gather(codebook, Cast(indices))` and what goes with it."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from wc_core.codebook import CodebookWeight
from wc_core.export._onnx_indices import bit_value, index_value
from wc_core.export._onnx_nodes import BFLOAT16, FLOAT, INT32, Nodes
from wc_core.masks import Mask
from wc_core.number_types import stored_array

BFLOAT16_SINCE = 13  # opset
_BOOL, _INT64 = 9, 7  # TensorProto.DataType


def add_weight(nodes: Nodes, name: str, weight: CodebookWeight, dtype: int = FLOAT) -> None:
    """Add what makes a weight, bit for bit as `weight.decode()` makes it.

    Parameters
    ----------
    nodes : Nodes
    name : str
        What the value is called in the graph.
    weight : CodebookWeight
    dtype : int
        TensorProto.DataType that the graph wants the weight in.
    """
    live = weight.live
    if live is not None and not live.any():
        sides = nodes.constant(np.array(weight.shape, np.int64))
        nodes.add("Expand", nodes.constant(np.zeros((), np.float32)), sides)
    else:
        _decoded(nodes, weight, _storing(weight))
    if dtype != FLOAT:
        nodes.cast(nodes.nodes[-1].output[0], dtype)
    nodes.name_last(name)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Shapes on the way from blocks to the weight; single weights need no way.

    Parameters
    ----------
    grid : tuple of int
        Of the indices.
    block : tuple of int
        Of an entry; empty for single weights.
    channels : tuple of int
        Of scales, so that they fit gathered entries.
    """

    grid: tuple[int, ...]
    block: tuple[int, ...]
    channels: tuple[int, ...]

    @classmethod
    def of(cls, weight: CodebookWeight) -> "_Layout":
        across, block = weight.grid.grid_shape, weight.block
        if block.size == 1:
            # Positions of exact weights are pairs: those lie in the matrix.
            grid = weight.shape if weight.exact is None else across
            return cls(grid, (), (grid[0], *[1] * (len(grid) - 1)))
        if block.rows == 1:
            return cls(across, (block.cols,), (across[0], 1, 1))
        return cls(across, (block.rows, block.cols), (across[0], 1, block.rows, 1))


def _decoded(nodes: Nodes, weight: CodebookWeight, storing: "_Storing") -> str:
    layout = _Layout.of(weight)
    stages = [weight] if weight.residual is None else [weight, weight.residual]
    where = _survivors(nodes, storing)
    value = ""
    for stage in stages:
        entries = _entries(nodes, stage, layout, with_zero=storing.how == "zeros")
        rows = _indices(nodes, stage, layout, storing, where)
        gathered = nodes.add("Gather", entries, rows, axis=0)
        value = nodes.add("Add", value, gathered) if value else gathered
    if weight.scales is not None:
        value = nodes.add("Mul", value, _scales(nodes, weight, layout))
    if weight.exact is not None:
        pairs = np.stack(np.unravel_index(weight.exact.positions, layout.grid), axis=1)
        narrow = np.uint16 if max(layout.grid) <= 1 << 16 else np.uint32
        places = nodes.cast(nodes.constant(pairs.astype(narrow)), _INT64)
        values = weight.exact.values.reshape(-1, *layout.block)
        value = nodes.add("ScatterND", value, places, nodes.constant(values))
    return _finished(nodes, weight, layout, storing, value)


def _finished(
    nodes: Nodes, weight: CodebookWeight, layout: _Layout, storing: "_Storing", value: str
) -> str:
    """Put blocks side by side, cut off what sticks out, and zero what is pruned."""
    shape: tuple[int, ...] = layout.grid
    if layout.block:
        shape, (down, across) = (), layout.grid
        if len(layout.block) == 2:
            value = nodes.add("Transpose", value, perm=[0, 2, 1, 3])
        if weight.grid.is_ragged or storing.masked:
            shape = (down * weight.block.rows, across * weight.block.cols)
            value = nodes.reshape(value, shape)
        if weight.grid.is_ragged:
            shape = weight.grid.matrix_shape
            value = nodes.crop(value, shape)
    if storing.masked and weight.mask is not None:
        kept = _kept(nodes, weight.mask, shape)
        value = nodes.add("Where", kept, value, nodes.constant(np.zeros((), np.float32)))
    return value if shape == weight.shape else nodes.reshape(value, weight.shape)


def _kept(nodes: Nodes, mask: Mask, shape: tuple[int, ...]) -> str:
    """Add a mask and return the name of a bool value of the shape given."""
    if mask.cell == (1, 1):
        return nodes.cast(bit_value(nodes, mask.kept, shape), _BOOL)
    (down, across), (high, wide) = mask.grid_shape, mask.cell
    high, wide = min(high, mask.matrix_shape[0]), min(wide, mask.matrix_shape[1])
    bits = bit_value(nodes, mask.kept, (down, 1, across, 1))
    sides = nodes.constant(np.array((down, high, across, wide), np.int64))
    value = nodes.reshape(nodes.add("Expand", bits, sides), (down * high, across * wide))
    if (down * high, across * wide) != mask.matrix_shape:
        value = nodes.crop(value, mask.matrix_shape)
    if shape != mask.matrix_shape:
        value = nodes.reshape(value, shape)
    return nodes.cast(value, _BOOL)


@dataclass(frozen=True, eq=False)
class _Storing:
    """Which indices are stored, and whether a mask has to zero what they give.

    Parameters
    ----------
    how : {"all", "zeros", "live"}
        Indices of all blocks; of all blocks, where pruned ones have an entry of zeros of their
        own; or of live blocks alone, with one bit a block that says which they are.
    masked : bool
    live : ndarray of bool, shape (n_blocks,), or None
    """

    how: str
    masked: bool
    live: NDArray[np.bool_] | None


def _storing(weight: CodebookWeight) -> _Storing:
    """Choose what takes the fewest bits."""
    live, mask = weight.live, weight.mask
    if live is None or mask is None:
        return _Storing("all", masked=False, live=None)
    finer = weight.exact is not None or not _prunes_blocks(weight, live)
    if live.all():
        return _Storing("all", masked=finer, live=live)
    stages = [weight] if weight.residual is None else [weight, weight.residual]
    n, n_live, own = len(live), int(np.count_nonzero(live)), mask.n_cells * finer
    same_bits = mask.cell == (weight.block.rows, weight.block.cols)
    bits = {
        "zeros": n * sum(stage.entries.bit_length() for stage in stages) + own,
        "live": n + n_live * sum(stage.index_bits for stage in stages)
        + (0 if same_bits else mask.n_cells),
        "all": n * sum(stage.index_bits for stage in stages) + mask.n_cells,
    }  # fmt: skip
    how = min(bits, key=lambda name: bits[name])
    return _Storing(how, masked=finer or how != "zeros", live=live)


def _prunes_blocks(weight: CodebookWeight, live: NDArray[np.bool_]) -> bool:
    """Tell whether every block is kept or pruned as a whole."""
    assert weight.mask is not None
    grid = weight.grid
    lanes = np.broadcast_to(live[:, None], (grid.n_blocks, grid.block.size))
    kept = weight.mask.rows(slice(0, grid.matrix_shape[0]))
    return np.array_equal(grid.join(lanes).reshape(grid.matrix_shape), kept)


def _survivors(nodes: Nodes, storing: _Storing) -> str:
    """Return the name of each block's place among the live ones; pruned ones get any place."""
    if storing.how != "live" or storing.live is None:
        return ""
    alive = nodes.cast(bit_value(nodes, storing.live, (len(storing.live),)), INT32)
    counted = nodes.add("CumSum", alive, nodes.constant(np.zeros((), np.int32)))
    return nodes.add("Sub", counted, nodes.constant(np.ones((), np.int32)))


def _indices(
    nodes: Nodes, stage: CodebookWeight, layout: _Layout, storing: _Storing, where: str
) -> str:
    if storing.how == "live":
        assert storing.live is not None
        own = stage.indices[storing.live]
        value = index_value(nodes, own, stage.index_bits, (len(own),))
        return nodes.reshape(nodes.add("Gather", value, where, axis=0), layout.grid)
    indices, bits = stage.indices, stage.index_bits
    if storing.how == "zeros":
        assert storing.live is not None
        indices = np.where(storing.live, indices.astype(np.uint32), stage.entries)
        bits = stage.entries.bit_length()
    return index_value(nodes, indices, bits, layout.grid)


def _entries(nodes: Nodes, stage: CodebookWeight, layout: _Layout, *, with_zero: bool) -> str:
    """Add a codebook and return the name of its float32 value, an entry a row."""
    entries = stage.codebook
    if with_zero:
        entries = np.concatenate([entries, np.zeros_like(entries[:1])])
    shape = (len(entries), *layout.block)
    return _numbers(nodes, entries.reshape(shape), stage.codebook_dtype, stage.codebook_step)


def _scales(nodes: Nodes, weight: CodebookWeight, layout: _Layout) -> str:
    assert weight.scales is not None
    scales = np.zeros(prod(layout.channels), np.float32)  # rows outside the matrix are cut off
    scales[: len(weight.scales)] = weight.scales
    return _numbers(nodes, scales.reshape(layout.channels), weight.scale_dtype, weight.scale_step)


def _numbers(nodes: Nodes, values: NDArray[np.float32], dtype: str, step: float) -> str:
    """Add numbers in the type they are stored in, and return the name of their float32 value."""
    if dtype == "float32" or (dtype == "bfloat16" and nodes.opset < BFLOAT16_SINCE):
        return nodes.constant(values)
    stored = stored_array(values, dtype, step)
    if dtype == "bfloat16":
        return nodes.cast(nodes.raw(stored.tobytes(), BFLOAT16, values.shape), FLOAT)
    value = nodes.cast(nodes.constant(stored), FLOAT)
    if dtype == "int8":
        value = nodes.add("Mul", value, nodes.constant(np.array(step, np.float32)))
    return value
