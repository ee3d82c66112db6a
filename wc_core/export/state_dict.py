"""A torch checkpoint of the decoded weights."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wc_core.compression import CompressedModel
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter
from wc_core.export._safetensors import write_at_once
from wc_core.models import Model
from wc_core.models.weights import from_stored, stored_bytes, to_numpy
from wc_core.words import _, mark

if TYPE_CHECKING:
    import torch


@EXPORTERS.register("state_dict")
class StateDict(Exporter):
    """A plain dict of tensors, as `torch.save(module.state_dict(), path)` writes it.

    Names (with the wrapper's prefix), dtypes and shared storages are those of the original.
    `torch.load(path, weights_only=True)` reads it.
    """

    title: ClassVar[str] = mark("PyTorch checkpoint (.pt)")
    about: ClassVar[str] = mark(
        "The decoded weights at full width, as a state dict: loads where the original did, and "
        "is as large. Its sharing shows only when it is zipped."
    )
    suffix: ClassVar[str] = ".pt"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the checkpoint; every tensor is read back by torch and compared."""
        import torch

        model = compressed.decoded()
        state = _state(model)

        def check(written: Path) -> int:
            _compare(model, torch.load(written, map_location="cpu", weights_only=True))
            return written.stat().st_size

        n_bytes = write_at_once(path, [_saved(state)], check)
        msg = _("{n} tensors read back by torch, equal to the last bit")
        return ExportedFile("state_dict", path, n_bytes, msg.format(n=len(state)))


def _state(model: Model) -> "dict[str, torch.Tensor]":
    """Return the tensors by their original names; tied ones are one tensor."""
    import torch

    state: dict[str, torch.Tensor] = {}
    for info in model.infos:
        if info.tied_to is not None:
            state[model.prefix + info.name] = state[model.prefix + info.tied_to]
            continue
        # Torch has no read-only memory and is given a copy.
        raw = bytearray(stored_bytes(model.tensors[info.name], info.dtype))
        dtype = getattr(torch, info.dtype)
        empty = torch.empty(info.shape, dtype=dtype)
        state[model.prefix + info.name] = (
            torch.frombuffer(raw, dtype=dtype).reshape(info.shape) if raw else empty
        )
    return state


def _saved(state: "dict[str, torch.Tensor]") -> bytes:
    """Return the file in memory: by a path, torch would write the path's name into it."""
    import io

    import torch

    content = io.BytesIO()
    torch.save(state, content)
    return content.getvalue()


def _compare(model: Model, read: "dict[str, torch.Tensor]") -> None:
    names = {model.prefix + info.name: info for info in model.infos}
    same = list(read) == list(names)
    for name, info in names.items() if same else ():
        meant = from_stored(
            stored_bytes(model.tensors[info.name], info.dtype), info.dtype, info.shape
        )
        same &= str(read[name].dtype) == f"torch.{info.dtype}"
        same &= np.array_equal(to_numpy(read[name]), meant)
    if not same:
        msg = f"the checkpoint of {model.name} does not read back as it was meant"
        raise AssertionError(msg)
