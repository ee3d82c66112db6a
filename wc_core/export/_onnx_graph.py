"""The graph of a compressed model: the original's, with weights that are put together in it."""

from typing import Any

from wc_core.compression import CompressedModel
from wc_core.errors import ConfigError
from wc_core.export._images import image_shape
from wc_core.export._onnx_nodes import FLOAT, UINT4, Nodes
from wc_core.export._onnx_weight import add_weight
from wc_core.models._onnx_graph import parse
from wc_core.models.model import Model, TensorInfo
from wc_core.models.onnx_file import DTYPES, fill_graph
from wc_core.models.weights import stored_bytes
from wc_core.models.zoo import TorchForward
from wc_core.words import _

OLDEST_OPSET = 11  # the first with BitShift, CumSum and ScatterND
_INITIALIZERS_ALONE_SINCE = 4  # version of the format from which they need not be inputs, too
_FOUR_BITS_SINCE = 10
_DATA_TYPES = {name: number for number, name in DTYPES.items()}


class WeightGraph:
    """A graph and the nodes that make its weights.

    Parameters
    ----------
    compressed : CompressedModel
        From an ONNX file, or of a known architecture.

    Attributes
    ----------
    dtypes : dict of str to str
        Name of every weight in the graph, and the type that the graph takes it in.
    notes : tuple of str
        What was changed beside the weights.

    Raises
    ------
    ConfigError
        If the graph is of an opset that cannot be raised to one with the operators needed.
    """

    def __init__(self, compressed: CompressedModel) -> None:
        self.dtypes: dict[str, str] = {}
        self.notes: tuple[str, ...] = ()
        self._compressed = compressed
        model = compressed.original
        self._model = self._uploaded(model) if model.graph is not None else self._traced(model)
        graph = self._model.graph
        self._nodes = Nodes(graph, _opset(self._model))
        (self._replace if model.graph is not None else self._bind)()
        own = list(graph.node)
        del graph.node[:]
        graph.node.extend([*self._nodes.nodes, *own])
        graph.initializer.extend(self._nodes.initializers)
        self._raise_format()

    def content(self) -> bytes:
        """Return the bytes of the file."""
        content: bytes = self._model.SerializeToString(deterministic=True)
        return content

    def _uploaded(self, model: Model) -> Any:
        """Return the graph of the file, of an opset that has the operators needed."""
        assert model.graph is not None
        proto = parse(model.graph)
        opset = _opset(proto)
        if opset < OLDEST_OPSET:
            proto = _raised(fill_graph(model.graph, self._compressed.decoded().tensors), opset)
            msg = _("raised from opset {old} to {new}, the oldest that can unpack indices")
            self.notes += (msg.format(old=opset, new=OLDEST_OPSET),)
        for node in proto.graph.node:
            node.doc_string = ""  # traces of the exporter, often longer than the indices
            del node.metadata_props[:]
        return proto

    def _traced(self, model: Model) -> Any:
        """Return the graph of a known architecture; its weights are inputs without data."""
        from wc_core.models.zoo._onnx_trace import onnx_graph

        assert isinstance(model.forward, TorchForward)
        shape = image_shape(model.forward)
        size = " × ".join(map(str, shape))
        self.notes += (_("takes batches of images of {size}").format(size=size),)
        return parse(onnx_graph(model.forward, shape))

    def _replace(self) -> None:
        """Put the weights in place of the initializers of the same name."""
        graph, compressed = self._model.graph, self._compressed
        kept = []
        for initializer in graph.initializer:
            name, dtype = initializer.name, DTYPES.get(initializer.data_type)
            if name in compressed.weights:
                add_weight(self._nodes, name, compressed.weights[name], initializer.data_type)
                self.dtypes[name] = str(dtype)
                continue
            if dtype is not None and name in compressed.original.tensors:
                tensor = compressed.original.tensors[name]
                initializer.raw_data = _alone(initializer, stored_bytes(tensor, dtype))
                self.dtypes[name] = dtype
            kept.append(initializer)
        del graph.initializer[:]
        graph.initializer.extend(kept)
        _drop_inputs(graph, compressed.weights.keys())

    def _bind(self) -> None:
        """Give the inputs that stand for weights their weights; the graph reckons in float32."""
        graph, model = self._model.graph, self._compressed.original
        infos = {info.name: info for info in model.infos}
        bound = [value.name for value in graph.input if value.name in infos]
        for name in bound:
            self._add(name, infos[name])
            self.dtypes[name] = "float32"
        _drop_inputs(graph, bound)

    def _add(self, name: str, info: TensorInfo) -> None:
        """Add a weight of the model, under its name."""
        nodes, model = self._nodes, self._compressed.original
        dtype, weight = _DATA_TYPES[info.dtype], self._compressed.weights.get(info.name)
        if info.tied_to is not None and info.tied_to in self.dtypes:
            nodes.add("Identity", info.tied_to)
            nodes.name_last(name)
        elif info.tied_to in self._compressed.weights or weight is not None:
            add_weight(nodes, name, weight or self._compressed.weights[str(info.tied_to)], dtype)
            if dtype != FLOAT:
                nodes.name_last(value := f"{name}.{info.dtype}")
                nodes.cast(value, FLOAT)
                nodes.name_last(name)
        else:
            raw = nodes.raw(stored_bytes(model.tensors[info.name], info.dtype), dtype, info.shape)
            if dtype == FLOAT:
                nodes.initializers[-1].name = name
            else:
                nodes.cast(raw, FLOAT)
                nodes.name_last(name)

    def _raise_format(self) -> None:
        """Raise the version of the file format where what was added needs it."""
        four = any(tensor.data_type == UINT4 for tensor in self._nodes.initializers)
        least = _FOUR_BITS_SINCE if four else _INITIALIZERS_ALONE_SINCE
        self._model.ir_version = max(self._model.ir_version, least)


def _alone(initializer: Any, data: bytes) -> bytes:
    """Empty an initializer of what it holds, in whatever field, and return the data."""
    for field in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
        initializer.ClearField(field)
    return data


def _drop_inputs(graph: Any, names: Any) -> None:
    kept = [value for value in graph.input if value.name not in names]
    del graph.input[:]
    graph.input.extend(kept)


def _opset(model: Any) -> int:
    """Return the version of the standard operators."""
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)


def _raised(content: bytes, opset: int) -> Any:
    from onnx import version_converter

    try:
        return version_converter.convert_version(parse(content), OLDEST_OPSET)
    except Exception as error:
        # The converter is C++ and fails in any way.
        msg = _(
            "the graph has opset {opset}, indices need {least} to be unpacked, and onnx cannot "
            "raise it ({error}); export the original again with a newer opset"
        )
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        text = msg.format(opset=opset, least=OLDEST_OPSET, error=reason)
        raise ConfigError(text) from error
