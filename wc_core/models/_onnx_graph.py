"""ONNX graphs as parsed, and what is looked for in all corners of them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.words import _

_EXTERNAL = 1


def parse(content: bytes) -> Any:
    """Return the ModelProto in the bytes of a file.

    Raises
    ------
    ModelFileError
        If they are no such thing, or hold no graph.
    UnsafeFileError
        If any tensor, wherever it stands, is to be read from another file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.ModelProto.FromString(content)
    except (DecodeError, ValueError, RecursionError) as error:
        raise ModelFileError(_("it is no ONNX model, or a damaged one")) from error
    if not model.graph.node:
        raise ModelFileError(_("it is an ONNX model without a graph"))
    _refuse_external(model)
    named = [*model.graph.initializer, *model.graph.input, *model.graph.output]
    if not all(isinstance(thing.name, str) for thing in named):
        # protobuf hands out as bytes what is no UTF-8
        raise ModelFileError(_("its ONNX graph holds names that are no text; export it again"))
    return model


def all_names(graph: Any) -> set[str]:
    """Return the names of all values of a graph, and of the graphs inside it."""
    names: set[str] = set()
    graphs = [graph]
    while graphs:
        inner = graphs.pop()
        names.update(value.name for value in [*inner.initializer, *inner.input, *inner.output])
        names.update(sparse.values.name for sparse in inner.sparse_initializer)
        for node in inner.node:
            names.update(node.input, node.output)
            for attribute in node.attribute:
                graphs += [attribute.g, *attribute.graphs]
    return names


def _refuse_external(model: Any) -> None:
    # onnxruntime would open whatever path stands there, of this machine, not of the uploader's.
    outside = [t.name for t in _tensors(model) if t.data_location == _EXTERNAL or t.external_data]
    if outside:
        msg = _(
            "it keeps {name} and {n} more tensors in another file (external data), which is not "
            "read; save it whole: onnx.save(onnx.load(path), new_path, save_as_external_data=False)"
        )
        raise UnsafeFileError(msg.format(name=outside[0] or "?", n=len(outside) - 1))


def _tensors(model: Any) -> Iterator[Any]:
    """Yield every tensor of a model: of graphs in graphs, attributes and functions, too."""
    graphs = [model.graph]
    for training in model.training_info:
        graphs += [training.initialization, training.algorithm]
    for function in model.functions:
        yield from _of_nodes(function.node, graphs)
        yield from _of_attributes(function.attribute_proto, graphs)
    while graphs:
        graph = graphs.pop()
        yield from graph.initializer
        yield from _dense_parts(graph.sparse_initializer)
        yield from _of_nodes(graph.node, graphs)


def _of_nodes(nodes: Iterable[Any], graphs: list[Any]) -> Iterator[Any]:
    for node in nodes:
        yield from _of_attributes(node.attribute, graphs)


def _of_attributes(attributes: Iterable[Any], graphs: list[Any]) -> Iterator[Any]:
    """Yield the tensors of attributes, and note the graphs that they hold."""
    for attribute in attributes:
        yield attribute.t
        yield from attribute.tensors
        yield from _dense_parts(chain([attribute.sparse_tensor], attribute.sparse_tensors))
        graphs += [attribute.g, *attribute.graphs]


def _dense_parts(sparse: Iterable[Any]) -> Iterator[Any]:
    for tensor in sparse:
        yield tensor.values
        yield tensor.indices
