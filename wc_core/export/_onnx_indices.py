"""Indices as ONNX initializers of as many bits as they need, and the operators that unpack them.

ONNX has whole bytes, and four bits from opset 21 on. Other widths are cut into planes of 8, 4, 2
and 1 bits; a plane below 8 bits is packed into bytes, the first index in the lowest bits, and
unpacked by two shifts, which every opset from 11 on has.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from wc_core.export._onnx_nodes import INT32, UINT4, Nodes

FOUR_BITS_SINCE = 21  # opset
_BYTE = 8


def index_value(
    nodes: Nodes, indices: NDArray[np.integer], bits: int, shape: tuple[int, ...]
) -> str:
    """Add indices and return the name of an int32 value that holds them.

    Parameters
    ----------
    nodes : Nodes
    indices : ndarray of int, shape (n,)
    bits : int
        Width of an index, 0 to 16.
    shape : tuple of int
        Shape of the value.
    """
    if bits == 0:
        sides = nodes.constant(np.array(shape, np.int64))
        return nodes.add("Expand", nodes.constant(np.zeros((), np.int32)), sides)
    if bits in (_BYTE, 2 * _BYTE):
        whole = indices.astype(np.uint8 if bits == _BYTE else np.uint16).reshape(shape)
        return nodes.cast(nodes.constant(whole), INT32)
    if bits == 4 and nodes.opset >= FOUR_BITS_SINCE:
        return nodes.cast(nodes.raw(packed(indices, 4).tobytes(), UINT4, shape), INT32)
    value, start = "", 0
    for width in planes(bits):
        plane = (indices >> start).astype(np.uint32) & ((1 << width) - 1)
        part = nodes.cast(_plane(nodes, plane.astype(np.uint8), width, shape), INT32)
        if start:
            place = nodes.constant(np.array(1 << start, np.int32))
            part = nodes.add("Add", value, nodes.add("Mul", part, place))
        value, start = part, start + width
    return value


def bit_value(nodes: Nodes, bits: NDArray[np.bool_], shape: tuple[int, ...]) -> str:
    """Add one bit each and return the name of a uint8 value that holds them, of this shape."""
    return _plane(nodes, bits.astype(np.uint8), 1, shape)


def planes(bits: int) -> list[int]:
    """Return the widths of the planes that make up an index, the lowest bits first.

    Examples
    --------
    >>> planes(4), planes(7), planes(12)
    ([4], [4, 2, 1], [8, 4])
    """
    return [width for width in (8, 4, 2, 1) if bits & width]


def packed(values: NDArray[np.integer], width: int) -> NDArray[np.uint8]:
    """Pack numbers of 1, 2 or 4 bits into bytes, the first one in the lowest bits.

    Examples
    --------
    >>> [f"{byte:08b}" for byte in packed(np.array([1, 2, 3]), 4)]
    ['00100001', '00000011']
    """
    each = _BYTE // width
    rows = np.zeros((-(-len(values) // each), each), np.uint8)
    rows.reshape(-1)[: len(values)] = values
    places = np.arange(0, _BYTE, width, dtype=np.uint8)
    shifted = np.left_shift(rows, places, dtype=np.uint8)
    joined: NDArray[np.uint8] = np.bitwise_or.reduce(shifted, axis=1)
    return joined


def _plane(nodes: Nodes, plane: NDArray[np.uint8], width: int, shape: tuple[int, ...]) -> str:
    """Add a plane and return the name of its uint8 value."""
    if width == _BYTE:
        return nodes.constant(plane.reshape(shape))
    n, each = prod(shape), _BYTE // width
    value = nodes.constant(packed(plane, width)[:, None])
    # Shifting to the left drops what lies above, shifting back what lies below.
    up = np.arange(_BYTE - width, -1, -width, dtype=np.uint8)
    value = nodes.add("BitShift", value, nodes.constant(up), direction="LEFT")
    down = nodes.constant(np.array(_BYTE - width, np.uint8))
    value = nodes.add("BitShift", value, down, direction="RIGHT")
    if n % each:
        value = nodes.crop(nodes.reshape(value, (-1,)), (n,))
    return nodes.reshape(value, shape)
