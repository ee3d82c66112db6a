"""An architecture as an ONNX graph that names its weights as the model does, and holds none."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wc_core.models._onnx_graph import parse
from wc_core.models.zoo._torch_forward import TorchForward, is_counter

if TYPE_CHECKING:
    from torch import nn

OPSET = 18  # of 2022: what runs ONNX at all runs it
IMAGES, LOGITS = "images", "logits"
_ONE_AT_A_TIME = threading.Lock()  # torch's exporter keeps what it is at for the whole process


def onnx_graph(forward: TorchForward, shape: tuple[int, int, int]) -> bytes:
    """Return an ONNX model whose weights are inputs without data.

    Each weight of the state dict that inference looks at is an input of the graph under the name
    that the model has for it, as it is there: nothing is folded, transposed or merged. Beside
    them it takes `images` (n, channels, height, width), and it gives `logits` (n, n_classes).

    Parameters
    ----------
    forward : TorchForward
    shape : tuple of int
        Channels, height and width of the images that it is made for.

    Raises
    ------
    AssertionError
        If torch has changed a weight: that is a bug.
    """
    module = _with_memory(forward)
    model = parse(_traced(module, shape))
    graph = model.graph
    # Weights that happen to be equal are merged: they are not, as nothing is bound to them yet.
    merged = [n for n in graph.node if n.op_type == "Identity" and n.output[0] in _names(module)]
    inputs = {value.name: value for value in graph.input}
    for node in merged:
        graph.node.remove(node)
        graph.input.add().CopyFrom(inputs[node.input[0]])
        graph.input[-1].name = node.output[0]
    _fold_constants(graph)
    lost = {name for name in _names(module) if not is_counter(name)} - {v.name for v in graph.input}
    if lost:
        msg = f"the graph of {forward.name} has lost {', '.join(sorted(lost))}"
        raise AssertionError(msg)
    _rename(graph, forward)
    for node in graph.node:
        node.name = ""  # paths in the module: nobody needs them, and they are long
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _with_memory(forward: TorchForward) -> "nn.Module":
    """Return the module with memory for its weights, which is never read for what it holds."""
    import torch

    module = forward.empty_module().to_empty(device="cpu")
    for tensor in module.state_dict().values():
        torch.nn.init.zeros_(tensor)
    return module


def _traced(module: "nn.Module", shape: tuple[int, int, int]) -> bytes:
    import torch

    content = io.BytesIO()
    with _quiet():
        torch.onnx.export(
            module,
            (torch.zeros(1, *shape),),
            content,  # type: ignore[arg-type]  # a file, as this way of export takes it
            dynamo=False,  # the other way needs a package of its own, and renames weights
            export_params=False,
            opset_version=OPSET,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,  # "EVAL" folds batch norms into weights
            input_names=[IMAGES],
            output_names=[LOGITS],
            dynamic_axes={IMAGES: {0: "n"}, LOGITS: {0: "n"}},
        )
    return content.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what torch has to say of tracing to itself, and others from tracing meanwhile."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)


def _fold_constants(graph: Any) -> None:
    """Keep each constant once, as an initializer, and what is reckoned from constants as another.

    Torch writes paddings as a dozen nodes, and the bounds of every activation anew.
    """
    from onnx import numpy_helper
    from onnx.reference import ReferenceEvaluator

    values: dict[str, NDArray] = {}
    kept = []
    for node in graph.node:
        if node.op_type == "Constant":
            values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif len(node.output) == 1 and node.input and values.keys() >= set(node.input) - {""}:
            given = {name: values[name] for name in node.input if name}
            (value,) = ReferenceEvaluator(node).run(None, given)
            values[node.output[0]] = np.asarray(value)
        else:
            kept.append(node)
    stored: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    for node in kept:
        for at, name in enumerate(node.input):
            if name in values:
                array = values[name]
                key = (array.dtype.name, array.shape, array.tobytes())
                if key not in stored:
                    graph.initializer.append(numpy_helper.from_array(array, name))
                node.input[at] = stored.setdefault(key, name)
    del graph.node[:]
    graph.node.extend(kept)


def _names(module: "nn.Module") -> set[str]:
    return set(module.state_dict())


def _rename(graph: Any, forward: TorchForward) -> None:
    """Give weights the names that the model has, and all that lies between short ones."""
    weights = {value.name for value in graph.input} - {IMAGES}
    new = {name: forward.renames.get(name, name) for name in weights}
    kept = {*new.values(), IMAGES, LOGITS, ""}
    constants = [initializer.name for initializer in graph.initializer]
    outputs = [name for node in graph.node for name in node.output]
    between = dict.fromkeys([*constants, *outputs])
    free = (name for i in range(len(between) + len(kept)) if (name := f"x{i}") not in kept)
    new |= {name: next(free) for name in between if name not in kept}
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]
    for value in [*graph.input, *graph.initializer]:
        value.name = new.get(value.name, value.name)
    del graph.value_info[:]
