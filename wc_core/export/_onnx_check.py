"""Proof that an ONNX file is what was meant: its weights taken out and compared, the whole run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import NotRunnableError
from wc_core.words import _

TOLERANCE = 1e-4  # of outputs, for those beyond 1 relative to the largest
_SEED = 0
_OPEN_BATCH = 2  # what random inputs have where the graph leaves a side open
_OPEN_IMAGE, _OPEN_OTHER = 64, 8
_DTYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}  # fmt: skip
_BFLOAT16, _FLOAT = 16, 1  # TensorProto.DataType
_IMAGE_RANK = 4


def session(content: bytes) -> Any:
    """Return a session of plain onnxruntime.

    Raises
    ------
    NotRunnableError
        If onnxruntime refuses the model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised; nothing is printed beside it
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except Exception as error:
        # onnxruntime's errors have no common base.
        raise NotRunnableError(str(error).splitlines()[0][:200]) from error


def check_weights(model: Any, meant: Mapping[str, Callable[[], NDArray]]) -> int:
    """Take weights out of a model, and prove that they are those that were meant.

    Parameters
    ----------
    model : ModelProto
    meant : mapping of str to callable
        By the name of the value in the graph; each gives the weight, bfloat16 as float32.

    Returns
    -------
    int
        Weights compared.

    Raises
    ------
    AssertionError
        If one differs in a bit.
    """
    from onnx import numpy_helper

    makers = {name: node for node in model.graph.node for name in node.output}
    stored = {initializer.name: initializer for initializer in model.graph.initializer}
    n_weights = 0
    for name, weight in meant.items():
        expected = weight()
        if name in makers:
            found = _computed(model, name, makers, stored)
        else:
            found = np.asarray(numpy_helper.to_array(stored[name]))
            found = found.astype(expected.dtype) if stored[name].data_type == _BFLOAT16 else found
        same = (found.dtype, found.shape) == (expected.dtype, expected.shape)
        if not (same and found.tobytes() == expected.tobytes()):
            msg = f"{name} does not come out of the ONNX file as it was meant"
            raise AssertionError(msg)
        n_weights += expected.size
    return n_weights


def run(model: Any, inputs: Mapping[str, NDArray]) -> list[NDArray]:
    """Run a session.

    Raises
    ------
    NotRunnableError
        If it cannot be run on these inputs.
    """
    try:
        outputs: list[NDArray] = model.run(None, dict(inputs))
    except Exception as error:
        # onnxruntime's errors have no common base.
        raise NotRunnableError(str(error).splitlines()[0][:200]) from error
    return outputs


def largest_gap(expected: Sequence[NDArray], found: Sequence[NDArray]) -> float:
    """Return the largest difference between outputs.

    Raises
    ------
    AssertionError
        If one differs by more than `TOLERANCE`.
    """
    largest = 0.0
    for before, after in zip(expected, found, strict=True):
        if not np.issubdtype(np.asarray(before).dtype, np.floating) or not np.size(before):
            continue
        unit = max(1.0, float(np.nanmax(np.abs(before), initial=0.0)))
        gap = float(np.nanmax(np.abs(np.subtract(before, after, dtype=np.float64)), initial=0.0))
        if not gap <= TOLERANCE * unit:
            msg = f"the ONNX file gives outputs that differ by {gap} from the decoded model's"
            raise AssertionError(msg)
        largest = max(largest, gap)
    return largest


def _computed(
    model: Any, name: str, makers: Mapping[str, Any], stored: Mapping[str, Any]
) -> NDArray:
    """Run the nodes that make one value."""
    import onnx

    needed: dict[str, Any] = {}
    _gather(name, makers, needed)
    used = {value for node in needed.values() for value in node.input}
    part = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    part.graph.name = "weight"
    part.graph.node.extend(needed.values())
    part.graph.initializer.extend(stored[value] for value in sorted(used & stored.keys()))
    last = makers[name]
    dtype = next((a.i for a in last.attribute if a.name == "to"), _FLOAT)
    if dtype == _BFLOAT16:  # numpy does not have it
        part.graph.node.add(op_type="Cast", input=[name], output=["f"]).attribute.add(
            name="to", i=_FLOAT, type=onnx.AttributeProto.INT
        )
        name, dtype = "f", _FLOAT
    output = part.graph.output.add(name=name)
    output.type.tensor_type.elem_type = dtype
    array: NDArray = session(part.SerializeToString()).run([name], {})[0]
    return array


def _gather(name: str, makers: Mapping[str, Any], needed: dict[str, Any]) -> None:
    """Note the nodes that a value needs, in the order in which they run."""
    node = makers.get(name)
    if node is not None and node.output[0] not in needed:
        for value in node.input:
            _gather(value, makers, needed)
        needed[node.output[0]] = node


def random_inputs(model: Any) -> dict[str, NDArray]:
    """Return random inputs of a session, always the same.

    Raises
    ------
    NotRunnableError
        If it takes something else than numbers.
    """
    rng = np.random.default_rng(_SEED)
    inputs = {}
    for value in model.get_inputs():
        if value.type not in _DTYPES:
            msg = _("its input {name} is of type {type}")
            raise NotRunnableError(msg.format(name=value.name, type=value.type))
        other = _OPEN_IMAGE if len(value.shape) == _IMAGE_RANK else _OPEN_OTHER
        opened = [other if at else _OPEN_BATCH for at in range(len(value.shape))]
        shape = [
            side if isinstance(side, int) and side > 0 else instead
            for side, instead in zip(value.shape, opened, strict=True)
        ]
        dtype = np.dtype(_DTYPES[value.type])
        whole = dtype.kind in "iub"
        array = rng.integers(0, 2, shape) if whole else rng.normal(size=shape)
        inputs[value.name] = array.astype(dtype)
    return inputs
