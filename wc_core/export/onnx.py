"""ONNX with standard operators: as small as its indices, run by plain onnxruntime."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.compression import CompressedModel
from wc_core.errors import ConfigError, NotRunnableError
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter
from wc_core.export._onnx_check import (
    check_weights,
    largest_gap,
    random_inputs,
    run,
    session,
)
from wc_core.export._onnx_graph import WeightGraph
from wc_core.export._safetensors import write_at_once
from wc_core.models._onnx_graph import parse
from wc_core.models.model import Model
from wc_core.models.onnx_file import fill_graph
from wc_core.models.weights import round_to
from wc_core.models.zoo import TorchForward
from wc_core.words import _, mark

MAX_BYTES = (1 << 31) - (1 << 20)  # of a protobuf message, with room for the graph


@EXPORTERS.register("onnx")
class Onnx(Exporter):
    """The model as a graph in which every clustered weight is made from codebook and indices.

    `Gather(codebook, Cast(indices))`, then Reshape, Transpose and Slice for blocks, Mul for
    scales, Add for a second codebook, ScatterND for exact blocks and Where for what is pruned.
    onnxruntime does all that once, when a session starts.
    """

    title: ClassVar[str] = mark("ONNX")
    about: ClassVar[str] = mark(
        "Runs in plain onnxruntime with standard operators, and is as small as its indices: the "
        "weights are put together once, when a session starts"
    )
    suffix: ClassVar[str] = ".onnx"

    def why_not(self, compressed: CompressedModel) -> str:
        """Return why there is no graph to write, if there is none."""
        model = compressed.original
        if model.graph is None and not isinstance(model.forward, TorchForward):
            return _(
                "the architecture is not known, so there is no graph to write. Export the model "
                "with torch.onnx.export, open that .onnx file and cluster it"
            )
        raw = sum(i.n_bytes for i in model.infos if i.name not in compressed.weights)
        if raw > MAX_BYTES:
            msg = _(
                "{n} bytes of tensors are left as they are, and an ONNX file holds two gigabytes; "
                "cluster more layers"
            )
            return msg.format(n=f"{raw:,}")
        return ""

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the graph; its weights are compared bit for bit, its outputs to 1e-4.

        Raises
        ------
        ConfigError
            If the graph is of an opset that cannot be raised to one with the operators needed.
        """
        if reason := self.why_not(compressed):
            raise ConfigError(reason)
        graph = WeightGraph(compressed)
        check = partial(_checked, compressed, graph)
        n_bytes, checked = write_at_once(path, [graph.content()], check)
        return ExportedFile("onnx", path, n_bytes, checked, graph.notes)


def _checked(compressed: CompressedModel, graph: WeightGraph, written: Path) -> tuple[int, str]:
    """Return the length of a file and what was compared, once it proves to be right."""
    content = written.read_bytes()
    model = parse(content)
    decoded = compressed.decoded()
    _check_standard(model, decoded)
    n_weights = check_weights(model, _meant(compressed, graph))
    msg = _("{n} weights taken out of the graph by onnxruntime, equal to the last bit; {outputs}")
    outputs = _outputs(decoded, content)
    return len(content), msg.format(n=f"{n_weights:,}", outputs=outputs)


def _meant(compressed: CompressedModel, graph: WeightGraph) -> dict[str, Callable[[], NDArray]]:
    """Return how each weight of the graph should come out, as the graph takes it."""

    def weight(name: str, dtype: str) -> NDArray:
        info = infos[name]
        source = info.tied_to or name
        held: NDArray
        if source in compressed.weights:
            held = round_to(compressed.weights[source].decode(), info.dtype)
        else:
            held = np.asarray(compressed.original.tensors[name])
        return held if dtype == "bfloat16" else held.astype(dtype, copy=False)

    infos = {info.name: info for info in compressed.original.infos}
    return {name: partial(weight, name, dtype) for name, dtype in graph.dtypes.items()}


def _outputs(decoded: Model, content: bytes) -> str:
    """Run the file beside the decoded model, and say how far apart they are."""
    if decoded.graph is None:
        ours = session(content)
        inputs = random_inputs(ours)
        (images,) = inputs.values()
        expected = [decoded.runner()(images.astype(np.float32))]
    else:
        try:
            dense = session(fill_graph(decoded.graph, decoded.tensors))
            inputs = random_inputs(dense)
            expected = run(dense, inputs)
        except NotRunnableError as error:
            return _("not run, as the original is not either ({reason})").format(reason=error)
        ours = session(content)
    gap = largest_gap(expected, run(ours, inputs))
    msg = _("outputs on random inputs differ from the decoded model's by at most {gap:.1g}")
    return msg.format(gap=gap)


def _check_standard(model: Any, decoded: Model) -> None:
    """Have ONNX's own checker look at a graph, unless it refuses the original as well."""
    from onnx import checker

    try:
        checker.check_model(model)
    except checker.ValidationError:
        if decoded.graph is None:
            raise
        try:
            checker.check_model(parse(fill_graph(decoded.graph, decoded.tensors)))
        except checker.ValidationError:
            return
        raise
