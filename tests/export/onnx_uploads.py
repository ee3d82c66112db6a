"""ONNX files as people bring them, and what onnxruntime makes of a file."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from wc_core.models import Model
from wc_core.models.weights import to_torch

FLOATS = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}
SHAPES = {"conv": (7, 3, 3, 5), "first": (17, 24), "second": (24, 10)}


def from_torch(model: Model, path: Path, size: tuple[int, int, int]) -> Path:
    """Export a model of the zoo with its weights, as torch does it by default."""
    runner = model.forward.runner(model.tensors)
    state = {name: to_torch(tensor.numpy()).clone() for name, tensor in runner.tensors.items()}
    runner.module.load_state_dict(state, assign=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is deprecated, and its files are about
        torch.onnx.export(
            runner.module,
            (torch.zeros(1, *size),),
            path,
            dynamo=False,
            input_names=["images"],
            output_names=["logits"],
            dynamic_axes={"images": {0: "n"}, "logits": {0: "n"}},
        )
    return path


def by_hand(path: Path, opset: int = 17, ir: int = 8, dtype: type = np.float32) -> Path:
    """Write a small network: a convolution, and two matrices that are used as they are."""
    rng = np.random.default_rng(0)
    float_type = FLOATS[dtype]
    tensors = [
        numpy_helper.from_array((0.2 * rng.normal(size=shape)).astype(dtype), name)
        for name, shape in SHAPES.items()
    ]
    nodes = [
        helper.make_node("Conv", ["images", "conv"], ["maps"], pads=[1, 2, 1, 2]),
        helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
        helper.make_node("Flatten", ["means"], ["w0"]),
        helper.make_node("Concat", ["w0", "w0", "ones"], ["joined"], axis=1),
        helper.make_node("MatMul", ["joined", "first"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["rectified"]),
        helper.make_node("MatMul", ["rectified", "second"], ["logits"]),
    ]
    tensors.append(numpy_helper.from_array(np.ones((2, 3), dtype), "ones"))
    inputs = [helper.make_tensor_value_info("images", float_type, [2, 3, 12, 12])]
    if ir < 4:
        inputs += [helper.make_tensor_value_info(t.name, float_type, list(t.dims)) for t in tensors]
    outputs = [helper.make_tensor_value_info("logits", float_type, [2, 10])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir), path)
    return path


def values(path: Path, names: Sequence[str]) -> dict[str, NDArray]:
    """Return what onnxruntime makes of values of the graph, each as an output of its own."""
    model = onnx.load(path)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    made = [name for name in names if name not in stored]
    known = {output.name for output in model.graph.output}
    for name in set(made) - known:
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    session = _session(model.SerializeToString())
    inputs = {
        value.name: np.zeros(
            [side if isinstance(side, int) else 1 for side in value.shape],
            np.float16 if "16" in value.type else np.float32,
        )
        for value in session.get_inputs()
    }
    found = dict(zip(made, session.run(made, inputs), strict=True)) if made else {}
    return {name: found.get(name, stored.get(name)) for name in names}


def logits(path: Path, images: NDArray) -> NDArray:
    """Run a file in plain onnxruntime."""
    session = _session(path.read_bytes())
    outputs: NDArray = session.run(None, {session.get_inputs()[0].name: images})[0]
    return outputs


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
