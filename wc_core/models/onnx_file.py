"""Reading .onnx files: initializers in and out, and the graph between them run by onnxruntime."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError, NotRunnableError
from wc_core.models._contents import FileContents, check_dtype
from wc_core.models._onnx_graph import parse
from wc_core.models.files import FileBytes
from wc_core.models.model import InputShape, Runner, TensorInfo
from wc_core.models.weights import stored_bytes
from wc_core.models.zoo.mlp import image_shape, small_preset
from wc_core.words import _

# TensorProto.DataType of the specification; others (strings, four-bit integers) stay in the graph.
DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
_UNSUPPORTED = {
    14: "complex64", 15: "complex128", 17: "float8_e4m3fn", 18: "float8_e4m3fnuz",
    19: "float8_e5m2", 20: "float8_e5m2fnuz", 23: "float4_e2m1", 24: "float8_e8m0fnu",
}  # fmt: skip
_DATA_FIELDS = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data")
_INPUT_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
_SMALL = range(8, 65)  # sides in pixels; larger images are taken for photos
_MAX_BATCH = 4096  # images; graphs of fixed batch have 1, or what they were trained with


def looks_like_onnx(path: Path) -> bool:
    """Tell whether a file parses as an ONNX model with a graph."""
    try:
        return bool(parse(path.read_bytes()).graph.node)
    except ModelFileError:
        return False


def list_onnx(path: Path) -> tuple[TensorInfo, ...]:
    """Return the initializers of a model.

    Raises
    ------
    ModelFileError
        If the file is damaged, or keeps weights in another file or in an unknown dtype.
    """
    return _infos(parse(path.read_bytes()))


def read_onnx(path: Path) -> FileContents:
    """Read a model's initializers and, apart from them, its graph; raises as `list_onnx`."""
    model = parse(path.read_bytes())
    infos = _infos(model)
    names = {info.name for info in infos}
    tensors = {}
    for initializer in model.graph.initializer:
        if initializer.name in names:
            tensors[initializer.name] = _array(initializer)
            for field in _DATA_FIELDS:
                initializer.ClearField(field)
    return FileContents(
        infos, tensors, (FileBytes(path),), graph=model.SerializeToString(deterministic=True)
    )


def fill_graph(graph: bytes, tensors: Mapping[str, NDArray]) -> bytes:
    """Return a complete ONNX model: the graph with these weights as its initializers.

    Raises
    ------
    ModelFileError
        If the graph is damaged.
    UnsafeFileError
        If it wants to read other files.
    """
    model = parse(graph)
    for initializer in model.graph.initializer:
        dtype = DTYPES.get(initializer.data_type)
        if dtype is not None and initializer.name in tensors:
            initializer.raw_data = stored_bytes(tensors[initializer.name], dtype)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def onnx_forward(graph: bytes) -> tuple["OnnxForward | None", str]:
    """Return how to run a graph, or None and the reason why it cannot be run as a classifier."""
    model = parse(graph)
    weights = {initializer.name for initializer in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    if len(inputs) != 1:
        msg = _(
            "the ONNX graph takes {n} inputs; accuracy is measured for graphs of one image input"
        )
        return None, msg.format(n=len(inputs))
    dims = _dims(inputs[0])
    layout, shape = _layout(dims)
    if shape is None or (dims[0] or 1) > _MAX_BATCH:
        msg = _("the input of the ONNX graph is not an image batch (n, channels, height, width)")
        return None, msg
    classes = _n_classes(model)
    if not classes:
        return None, _("the ONNX graph does not say how many classes it tells apart")
    return OnnxForward(
        name="ONNX graph",
        n_classes=classes,
        input_shape=shape,
        default_preprocess=small_preset(shape) if shape[1] in _SMALL else _preset(shape[0]),
        graph=graph,
        batch=dims[0],
        layout=layout,
        probabilities=_ends_in_softmax(model.graph),
    ), ""


def _layout(dims: list[int | None]) -> tuple[str, InputShape | None]:
    """Return the order of an input's sides, and the images that fit it, if any do."""
    match dims:
        case [_n, height, width, (1 | 3) as channels] if dims[1] not in (1, 3):
            return "nhwc", (channels, height, width)
        case [_n, int(channels), height, width]:
            return "nchw", (channels, height, width)
        case [_n, int(n_values)] if (image_shape(n_values)[1] or 0) >= min(_SMALL):
            return "flat", image_shape(n_values)
    return "", None


def _preset(channels: int) -> str:
    return "imagenet" if channels == 3 else "unit"


def _n_classes(model: Any) -> int | None:
    """Return the second side of the first output, if that is all there is to one image."""
    sides = _dims(model.graph.output[0]) if len(model.graph.output) else []
    if len(sides) >= 2 and sides[1] is None:
        sides = _inferred_output(model) or sides
    return sides[1] if len(sides) >= 2 and all(side == 1 for side in sides[2:]) else None


def _inferred_output(model: Any) -> list[int | None]:
    """Follow the shapes through the graph, for exporters that leave those of outputs open."""
    from onnx import shape_inference

    try:
        inferred = shape_inference.infer_shapes(model)
    except Exception:
        # Weights are stripped, and operators may be unknown: then there is no answer.
        return []
    return _dims(inferred.graph.output[0])


def _ends_in_softmax(graph: Any) -> bool:
    last = [node.op_type for node in graph.node if graph.output[0].name in node.output]
    return last == ["Softmax"]


@dataclass(frozen=True, eq=False)
class OnnxForward:
    """An ONNX graph, run by onnxruntime with whatever weights it is given.

    Parameters
    ----------
    name, n_classes, input_shape, default_preprocess
        As in `Forward`.
    graph : bytes
    batch : int or None
        Images that the graph takes at once; None for any number.
    layout : {"nchw", "nhwc", "flat"}
        Order of the sides of a batch; flat is (n, values).
    probabilities : bool
        Whether the graph ends in a softmax; their logarithms are logits again.
    """

    name: str
    n_classes: int
    input_shape: InputShape
    default_preprocess: str
    graph: bytes
    batch: int | None
    layout: str = "nchw"
    probabilities: bool = False

    def runner(self, tensors: Mapping[str, NDArray]) -> Runner:
        """Start a session with these weights.

        Raises
        ------
        NotRunnableError
            If onnxruntime refuses the graph.
        """
        return OnnxRunner(self, tensors)


class OnnxRunner:
    """A session of onnxruntime."""

    def __init__(self, forward: OnnxForward, tensors: Mapping[str, NDArray]) -> None:
        import onnxruntime

        self.n_classes = forward.n_classes
        self.input_shape = forward.input_shape
        self._forward = forward
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised; nothing is printed beside it
        try:
            self._session = onnxruntime.InferenceSession(
                fill_graph(forward.graph, tensors),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # it would print to stdout, where JSON may be asked for
            )
        except Exception as error:
            # onnxruntime's errors have no common base.
            msg = _("onnxruntime refuses the graph: {error}")
            raise NotRunnableError(msg.format(error=str(error).splitlines()[0][:200])) from error
        self._input = self._session.get_inputs()[0]

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits (n, n_classes) of images (n, channels, height, width)."""
        images = images.astype(_INPUT_DTYPES.get(self._input.type, np.float32), copy=False)
        if self._forward.layout == "nhwc":
            images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        elif self._forward.layout == "flat":
            images = images.reshape(len(images), -1)
        step = self._forward.batch or max(1, len(images))
        outputs = [self._run(images[i : i + step], step) for i in range(0, len(images), step)]
        joined: NDArray[np.float32] = np.concatenate(outputs).reshape(len(images), -1)
        if joined.shape[1] != self.n_classes:
            msg = _("the ONNX graph promises {n} classes and gives {found} numbers")
            raise NotRunnableError(msg.format(n=self.n_classes, found=joined.shape[1]))
        logits = joined.astype(np.float32, copy=False)
        if self._forward.probabilities:
            logits = np.log(np.maximum(logits, np.finfo(np.float32).tiny))
        return logits

    def _run(self, images: NDArray, step: int) -> NDArray:
        """Run one batch; a graph of fixed batch gets the last, shorter one filled up."""
        n = len(images)
        if self._forward.batch and n < step:
            images = np.concatenate([images, np.repeat(images[-1:], step - n, axis=0)])
        try:
            output: NDArray = self._session.run(None, {self._input.name: images})[0]
        except Exception as error:
            msg = _("onnxruntime cannot run the graph on these images: {error}")
            raise NotRunnableError(msg.format(error=str(error).splitlines()[0][:200])) from error
        return output[:n]


def _infos(model: Any) -> tuple[TensorInfo, ...]:
    for initializer in model.graph.initializer:
        if initializer.data_type in _UNSUPPORTED:
            check_dtype(initializer.name, _UNSUPPORTED[initializer.data_type])
        if any(side < 0 for side in initializer.dims):
            msg = _("tensor {name} has the shape {shape}")
            raise ModelFileError(msg.format(name=initializer.name, shape=tuple(initializer.dims)))
    infos = {
        i.name: TensorInfo(i.name, tuple(i.dims), DTYPES[i.data_type])
        for i in model.graph.initializer
        if i.data_type in DTYPES and i.name
    }
    return tuple(infos.values())


def _array(initializer: Any) -> NDArray:
    from onnx import numpy_helper

    try:
        array = np.asarray(numpy_helper.to_array(initializer))
    except (ValueError, TypeError) as error:
        msg = _("the data of tensor {name} do not fit its shape {shape}")
        shape = tuple(initializer.dims)
        raise ModelFileError(msg.format(name=initializer.name, shape=shape)) from error
    if DTYPES[initializer.data_type] == "bfloat16":
        array = array.astype(np.float32)
    array = array.copy()
    array.flags.writeable = False
    return array


def _dims(value: Any) -> list[int | None]:
    """Return the sides of an input or output; None where the graph leaves them open."""
    dims = value.type.tensor_type.shape.dim
    return [d.dim_value if d.dim_value > 0 else None for d in dims]
