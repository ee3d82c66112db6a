"""Architectures become ONNX graphs whose weights are inputs under the model's own names."""

import onnx
import pytest

from wc_core import load_model
from wc_core.models.zoo import recognise
from wc_core.models.zoo._onnx_trace import IMAGES, LOGITS, onnx_graph
from wc_core.models.zoo.efficientnet_lite import build_efficientnet_lite0


@pytest.mark.parametrize("name", ["lenet5", "lenet_300_100"])
def test_weights_are_inputs(name):
    """Every tensor and the images; no weight is stored, and the output has its name."""
    model = load_model(f"sample:{name}")
    graph = onnx.ModelProto.FromString(onnx_graph(model.forward, (1, 28, 28))).graph
    assert {value.name for value in graph.input} == {IMAGES, *model.tensors}
    assert [value.name for value in graph.output] == [LOGITS]
    assert not graph.initializer


def test_names_are_those_of_the_model():
    """An architecture told by its shapes takes the names that the model has."""
    shapes = {"a.weight": (30, 16), "b.weight": (5, 30), "b.bias": (5,)}
    forward, _missing = recognise(shapes)
    graph = onnx.ModelProto.FromString(onnx_graph(forward, (1, 4, 4))).graph
    assert {value.name for value in graph.input} == {IMAGES, *shapes}


def test_constants_are_kept_once_and_nothing_is_folded_into_weights():
    """Norms stay nodes of their own; paddings are numbers, not reckoned in the graph."""
    shapes = {n: tuple(t.shape) for n, t in build_efficientnet_lite0().state_dict().items()}
    forward, _missing = recognise(shapes)
    content = onnx_graph(forward, (3, 64, 64))
    graph = onnx.ModelProto.FromString(content).graph
    kinds = {node.op_type for node in graph.node}
    assert kinds == {"Conv", "BatchNormalization", "Clip", "Pad", "Add", "ReduceMean", "Gemm"}
    stored = [tensor.raw_data for tensor in graph.initializer]
    assert len(set(stored)) == len(stored)
    assert content == onnx_graph(forward, (3, 64, 64))
