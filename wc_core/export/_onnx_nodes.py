"""ONNX nodes and initializers as they are put together, under short names that are free."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.models._onnx_graph import all_names

UINT4, BFLOAT16 = 21, 16  # TensorProto.DataType
FLOAT, INT32 = 1, 6


class Nodes:
    """Nodes and initializers to be added to a graph; each method returns the name of a value.

    Parameters
    ----------
    graph : GraphProto
        Its names are not used again.
    opset : int
        Version of the standard operators.
    """

    def __init__(self, graph: Any, opset: int) -> None:
        self.opset = opset
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._shared: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._free = _free_names(all_names(graph))

    def constant(self, array: NDArray) -> str:
        """Add an initializer; one that is there already is used again."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(array)
        digest = hashlib.sha256(array.reshape(-1).view(np.uint8).data).digest()
        key = (array.dtype.name, array.shape, digest)
        if key in self._shared:
            return self._shared[key]
        name = next(self._free)
        self._shared[key] = name
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def raw(self, data: bytes, dtype: int, shape: tuple[int, ...]) -> str:
        """Add an initializer of a type that numpy does not have."""
        import onnx

        name = next(self._free)
        tensor = onnx.TensorProto(data_type=dtype, dims=shape, raw_data=data, name=name)
        self.initializers.append(tensor)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output."""
        from onnx import helper

        output = next(self._free)
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def reshape(self, value: str, shape: tuple[int, ...]) -> str:
        """Add a node that gives a value another shape."""
        return self.add("Reshape", value, self.constant(np.array(shape, np.int64)))

    def crop(self, value: str, shape: tuple[int, ...]) -> str:
        """Add a node that keeps the first so many of each side."""
        starts = self.constant(np.zeros(len(shape), np.int64))
        return self.add("Slice", value, starts, self.constant(np.array(shape, np.int64)))

    def cast(self, value: str, dtype: int) -> str:
        """Add a node that changes the type."""
        return self.add("Cast", value, to=dtype)

    def name_last(self, name: str) -> None:
        """Give the value of the node that was added last a name."""
        self.nodes[-1].output[0] = name


def _free_names(taken: set[str]) -> Iterator[str]:
    """Yield w0, w1, ... but for the names that a graph has."""
    number = 0
    while True:
        if (name := f"w{number}") not in taken:
            yield name
        number += 1
