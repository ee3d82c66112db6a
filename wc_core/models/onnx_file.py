"""Reading .onnx files: initializers in and out, and the graph between them run by onnxruntime."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError, NotRunnableError, UnsafeFileError
from wc_core.models._contents import FileContents
from wc_core.models.model import InputShape, Runner, TensorInfo
from wc_core.models.weights import stored_bytes
from wc_core.words import _

# TensorProto.DataType of the specification; others (strings, four-bit integers) stay in the graph.
DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
_DATA_FIELDS = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data")
_INPUT_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
_EXTERNAL = 1


def looks_like_onnx(path: Path) -> bool:
    """Tell whether a file parses as an ONNX model with a graph."""
    try:
        return bool(_parse(path).graph.node)
    except ModelFileError:
        return False


def list_onnx(path: Path) -> tuple[TensorInfo, ...]:
    """Return the initializers of a model.

    Raises
    ------
    ModelFileError
        If the file is damaged or keeps its weights in another file.
    """
    return _infos(_checked(path))


def read_onnx(path: Path) -> FileContents:
    """Read a model's initializers and, apart from them, its graph; raises as `list_onnx`."""
    model = _checked(path)
    infos = _infos(model)
    names = {info.name for info in infos}
    tensors = {}
    for initializer in model.graph.initializer:
        if initializer.name in names:
            tensors[initializer.name] = _array(initializer)
            for field in _DATA_FIELDS:
                initializer.ClearField(field)
    return FileContents(infos, tensors, (path,), graph=model.SerializeToString(deterministic=True))


def fill_graph(graph: bytes, tensors: Mapping[str, NDArray]) -> bytes:
    """Return a complete ONNX model: the graph with these weights as its initializers.

    Raises
    ------
    ModelFileError
        If the graph is damaged.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.ModelProto.FromString(graph)
    except DecodeError as error:
        raise ModelFileError(_("its ONNX graph is damaged")) from error
    for initializer in model.graph.initializer:
        if initializer.name in tensors:
            dtype = DTYPES[initializer.data_type]
            initializer.raw_data = stored_bytes(tensors[initializer.name], dtype)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def onnx_forward(graph: bytes) -> tuple["OnnxForward | None", str]:
    """Return how to run a graph, or None and the reason why it cannot be run as a classifier."""
    import onnx

    model = onnx.ModelProto.FromString(graph)
    weights = {initializer.name for initializer in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    if len(inputs) != 1:
        msg = _(
            "the ONNX graph takes {n} inputs; accuracy is measured for graphs of one image input"
        )
        return None, msg.format(n=len(inputs))
    dims = _dims(inputs[0])
    classes = _dims(model.graph.output[0])[-1:] if len(model.graph.output) else []
    if len(dims) != 4 or dims[1] is None:
        msg = _("the input of the ONNX graph is not an image batch (n, channels, height, width)")
        return None, msg
    if not classes or not classes[0]:
        return None, _("the ONNX graph does not say how many classes it tells apart")
    preset = "imagenet" if dims[1] == 3 else "unit"
    shape = (dims[1], dims[2], dims[3])
    return OnnxForward("ONNX graph", classes[0], shape, preset, graph, dims[0]), ""


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
    """

    name: str
    n_classes: int
    input_shape: InputShape
    default_preprocess: str
    graph: bytes
    batch: int | None

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
        self._batch = forward.batch
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised; nothing is printed beside it
        try:
            self._session = onnxruntime.InferenceSession(
                fill_graph(forward.graph, tensors), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # onnxruntime's errors have no common base.
            msg = _("onnxruntime refuses the graph: {error}")
            raise NotRunnableError(msg.format(error=str(error).splitlines()[0][:200])) from error
        self._input = self._session.get_inputs()[0]

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits (n, n_classes) of images (n, channels, height, width)."""
        images = images.astype(_INPUT_DTYPES.get(self._input.type, np.float32), copy=False)
        step = self._batch or max(1, len(images))
        logits = [self._run(images[i : i + step], step) for i in range(0, len(images), step)]
        joined: NDArray[np.float32] = np.concatenate(logits)
        return joined.reshape(len(images), -1).astype(np.float32)

    def _run(self, images: NDArray, step: int) -> NDArray:
        """Run one batch; a graph of fixed batch gets the last, shorter one filled up."""
        n = len(images)
        if self._batch and n < step:
            images = np.concatenate([images, np.repeat(images[-1:], step - n, axis=0)])
        try:
            output: NDArray = self._session.run(None, {self._input.name: images})[0]
        except Exception as error:
            msg = _("onnxruntime cannot run the graph on these images: {error}")
            raise NotRunnableError(msg.format(error=str(error).splitlines()[0][:200])) from error
        return output[:n]


def _parse(path: Path) -> Any:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.ModelProto.FromString(path.read_bytes())
    except (DecodeError, ValueError) as error:
        raise ModelFileError(_("it is no ONNX model, or a damaged one")) from error


def _checked(path: Path) -> Any:
    model = _parse(path)
    if not model.graph.node:
        raise ModelFileError(_("it is an ONNX model without a graph"))
    outside = [i.name for i in model.graph.initializer if i.data_location == _EXTERNAL]
    if outside:
        msg = _(
            "it keeps {name} and {n} more tensors in another file (external data), which is not "
            "read; save it whole: onnx.save(onnx.load(path), new_path, save_as_external_data=False)"
        )
        raise UnsafeFileError(msg.format(name=outside[0], n=len(outside) - 1))
    return model


def _infos(model: Any) -> tuple[TensorInfo, ...]:
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
