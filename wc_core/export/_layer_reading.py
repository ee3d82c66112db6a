"""A layer of a packed file rebuilt from its parts, trusting none of them; and compared."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.codebook import POSITION_DTYPE, CodebookWeight, ExactBlocks
from wc_core.coding import decode_positions, read_indices
from wc_core.errors import ModelFileError
from wc_core.masks import Mask, same_mask
from wc_core.models.weights import from_stored
from wc_core.number_types import INT8_LIMIT, NUMBER_TYPES
from wc_core.recipe import BlockSpec
from wc_core.stored import StoredTensor
from wc_core.words import _

_CELL = re.compile(r"([1-9][0-9]{0,9})x([1-9][0-9]{0,9})")


def weight_of(
    name: str, said: Mapping[str, Any], parts: Mapping[str, StoredTensor]
) -> CodebookWeight:
    """Rebuild a layer from its parts.

    Parameters
    ----------
    name : str
    said : mapping
        Its "shape" and "block"; the "cell" of its mask and the "codings" of its parts, if any.
    parts : mapping of str to StoredTensor

    Raises
    ------
    ModelFileError
        If a part is missing, they do not fit together, or they are coded in unknown ways.
    """
    grid = BlockGrid(shape_of(said), BlockSpec.parse(said["block"]))
    codings = said.get("codings", {})
    mask = _mask(name, grid, said, parts) if "mask" in parts else None
    live = None if mask is None else mask.live_blocks(grid)
    residual = None
    if "residual_codebook" in parts:
        residual = _shared(name, grid, parts, codings, live, "residual_")
    weight = replace(_shared(name, grid, parts, codings, live), mask=mask)
    if "scales" in parts:
        scales, step = _numbers(name, parts, "scales", tuple(NUMBER_TYPES))
        dtype = parts["scales"].dtype
        weight = replace(weight, scales=scales, scale_dtype=dtype, scale_step=step)
    return replace(weight, residual=residual, exact=_exact(name, parts))


def _mask(
    name: str, grid: BlockGrid, said: Mapping[str, Any], parts: Mapping[str, StoredTensor]
) -> Mask:
    """Return which weights are kept."""
    match = _CELL.fullmatch(str(said.get("cell", "1x1")))
    if not match:
        msg = _("the mask of {name} has cells of {cell}, not of ROWSxCOLS weights")
        raise ModelFileError(msg.format(name=name, cell=said["cell"]))
    cell = int(match[1]), int(match[2])
    n_cells = prod(-(-n // side) for n, side in zip(grid.matrix_shape, cell, strict=True))
    payload = _array(name, parts, "mask", ("uint8",)).reshape(-1)
    way = said.get("codings", {}).get("mask", "bitmap")
    return Mask(decode_positions(payload, str(way), n_cells), cell, grid.shape)


def _shared(
    name: str,
    grid: BlockGrid,
    parts: Mapping[str, StoredTensor],
    codings: Mapping[str, str],
    live: NDArray[np.bool_] | None,
    stage: str = "",
) -> CodebookWeight:
    """Return the codebook and the indices of one stage."""
    codebook, step = _numbers(name, parts, f"{stage}codebook", tuple(NUMBER_TYPES))
    if codebook.ndim != 2:
        raise ModelFileError(_("the codebook of {name} is not a table").format(name=name))
    payload = _array(name, parts, f"{stage}indices", ("uint8",)).reshape(-1)
    way = str(codings.get(f"{stage}indices", "packed"))
    n_stored = grid.n_blocks if live is None else int(np.count_nonzero(live))
    indices = read_indices(payload, way, len(codebook), n_stored)
    if live is not None:
        stored, indices = indices, np.zeros(grid.n_blocks, indices.dtype)
        indices[live] = stored
    return CodebookWeight(
        codebook=codebook,
        indices=indices,
        block=grid.block,
        shape=grid.shape,
        codebook_dtype=parts[f"{stage}codebook"].dtype,
        codebook_step=step,
    )


def _numbers(
    name: str, parts: Mapping[str, StoredTensor], part: str, dtypes: tuple[str, ...]
) -> tuple[NDArray[np.float32], float]:
    """Return finite numbers as float32, and the step that they count."""
    stored, step = _array(name, parts, part, dtypes), 1.0
    if NUMBER_TYPES[parts[part].dtype].has_step:
        steps = _array(name, parts, f"{part}_step", ("float32",))
        if steps.shape != (1,) or not 0 < steps[0] < np.inf or (stored < -INT8_LIMIT).any():
            msg = _("{name} does not hold whole numbers of one step")
            raise ModelFileError(msg.format(name=f"{name}.{part}"))
        step = float(steps[0])
    with np.errstate(over="ignore"):
        numbers = stored.astype(np.float32) * np.float32(step)
    if not np.isfinite(numbers).all():
        msg = _("{name} does not hold finite numbers alone")
        raise ModelFileError(msg.format(name=f"{name}.{part}"))
    return numbers, step


def _exact(name: str, parts: Mapping[str, StoredTensor]) -> ExactBlocks | None:
    if "exact_positions" not in parts:
        return None
    positions = _array(name, parts, "exact_positions", (POSITION_DTYPE,))
    values = _array(name, parts, "exact_values", ("float32",))
    if positions.ndim != 1 or not np.isfinite(values).all():
        msg = _("the exact blocks of {name} are no list of finite numbers")
        raise ModelFileError(msg.format(name=name))
    return ExactBlocks(positions.astype(np.intp), values)


def _array(
    name: str, parts: Mapping[str, StoredTensor], part: str, dtypes: tuple[str, ...]
) -> NDArray:
    """Return a part whose dtype must be one of those given."""
    stored = parts.get(part)
    if stored is None or stored.dtype not in dtypes:
        msg = _("{name} is missing or not of type {dtypes}")
        raise ModelFileError(msg.format(name=f"{name}.{part}", dtypes=" / ".join(dtypes)))
    return from_stored(stored.read().data, stored.dtype, stored.shape)


def shape_of(layer: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape that the metadata say a layer has."""
    shape = tuple(layer["shape"])
    if not all(isinstance(side, int) and side > 0 for side in shape):
        raise ModelFileError(_("a layer has the shape {shape}").format(shape=shape))
    return shape


def check_same(name: str, meant: CodebookWeight, read_back: Callable[[], CodebookWeight]) -> None:
    """Prove that a layer is read as it was meant.

    Raises
    ------
    AssertionError
        If it is not, or cannot be read at all: that is a bug, not bad input.
    """
    try:
        same = _same(meant, read_back())
    except ModelFileError as error:
        msg = f"{name} does not come out of the packed file at all"
        raise AssertionError(msg) from error
    if not same:
        msg = f"{name} does not come out of the packed file as it went in"
        raise AssertionError(msg)


def _same(meant: CodebookWeight | None, read: CodebookWeight | None) -> bool:
    if meant is None or read is None:
        return meant is read
    return (
        _types(meant) == _types(read)
        and np.array_equal(meant.codebook, read.codebook)
        and np.array_equal(meant.indices, read.indices)
        and _equal(meant.scales, read.scales)
        and same_mask(meant.mask, read.mask)
        and _same(meant.residual, read.residual)
        and _same_blocks(meant.exact, read.exact)
    )


def _types(weight: CodebookWeight) -> tuple[object, ...]:
    types = weight.shape, weight.block, weight.codebook_dtype, weight.codebook_step
    return types if weight.scales is None else (*types, weight.scale_dtype, weight.scale_step)


def _same_blocks(meant: ExactBlocks | None, read: ExactBlocks | None) -> bool:
    if meant is None or read is None:
        return meant is read
    positions = np.array_equal(meant.positions, read.positions)
    return positions and np.array_equal(meant.values, read.values)


def _equal(meant: NDArray | None, read: NDArray | None) -> bool:
    if meant is None or read is None:
        return meant is read
    return np.array_equal(meant, read)
