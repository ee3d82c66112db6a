"""Dense model files: what other programs load."""

from collections.abc import Iterator
from pathlib import Path

from wc_core.errors import ConfigError
from wc_core.export._parts import stored_tensor
from wc_core.export._safetensors import serialized, write_at_once
from wc_core.models import Model
from wc_core.words import _


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
