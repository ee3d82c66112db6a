"""Dense model files: what other programs load."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from safetensors import safe_open

from wc_core.compression import CompressedModel
from wc_core.errors import ConfigError
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter
from wc_core.export._parts import stored_tensor
from wc_core.export._safetensors import serialized, write_at_once
from wc_core.models import Model
from wc_core.models.safetensors_file import read_safetensors
from wc_core.models.weights import stored_bytes
from wc_core.words import _, mark


@EXPORTERS.register("dense")
class Dense(Exporter):
    """The decoded weights as safetensors, with the original's names and dtypes."""

    title: ClassVar[str] = mark("Dense safetensors")
    about: ClassVar[str] = mark(
        "The decoded weights at full width: loads where the original did, and is as large. Its "
        "sharing shows only when it is zipped."
    )
    suffix: ClassVar[str] = ".dense.safetensors"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the file; every tensor is read back and compared, bit for bit."""
        model = compressed.decoded()
        n_bytes = write_at_once(path, _state_dict(model), lambda part: _checked(model, part))
        msg = _("{n} tensors read back, equal to the last bit")
        return ExportedFile("dense", path, n_bytes, msg.format(n=len(model.infos)))


def write_dense(model: Model, path: str | Path) -> int:
    """Write a model so that it loads where the original did.

    A path that ends in .onnx gets the original graph with the model's weights; any
    other path a safetensors state dict with the original names (wrapper prefixes such
    as `module.` included) and dtypes, tied tensors written out under each name.

    Parameters
    ----------
    model : Model
    path : str or Path

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    ConfigError
        If an ONNX file is asked for and the model did not come from one.
    """
    path = Path(path)
    pieces = [_onnx(model)] if path.suffix == ".onnx" else _state_dict(model)
    return write_at_once(path, pieces, lambda written: written.stat().st_size)


def _state_dict(model: Model) -> Iterator[bytes | memoryview]:
    tensors = {model.prefix + info.name: stored_tensor(model, info) for info in model.infos}
    return serialized(tensors, {})


def _onnx(model: Model) -> bytes:
    if model.graph is None:
        msg = _("{name} did not come from an ONNX file: write it as .safetensors")
        raise ConfigError(msg.format(name=model.name))
    from wc_core.models.onnx_file import fill_graph

    return fill_graph(model.graph, model.tensors)


def _checked(model: Model, written: Path) -> int:
    """Return the length of a file, once its tensors prove to be those of the model."""
    with safe_open(written, framework="np"):
        pass  # the format's own reader takes it
    read = read_safetensors(written)
    infos = {info.name: info for info in read.infos}
    same = len(infos) == len(model.infos)
    for info in model.infos:
        found = infos.get(model.prefix + info.name)
        same = same and found is not None and (found.dtype, found.shape) == (info.dtype, info.shape)
        same = same and stored_bytes(read.tensors[model.prefix + info.name], info.dtype) == (
            stored_bytes(model.tensors[info.name], info.dtype)
        )
    if not same:
        msg = f"the dense file of {model.name} does not read back as it was meant"
        raise AssertionError(msg)
    return written.stat().st_size
