"""What a reader finds in a file, before it becomes a model."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError
from wc_core.models.model import TensorInfo
from wc_core.models.weights import FLOATS, ITEM_BYTES
from wc_core.words import _

WRAPPER_PREFIXES = ("module.", "_orig_mod.")


@dataclass(frozen=True, eq=False)
class FileContents:
    """Tensors under the names of the file.

    Parameters
    ----------
    infos : tuple of TensorInfo
    tensors : mapping of str to ndarray
    files : tuple of Path
        Everything that was read, in a fixed order; digest and size are over all of it.
    graph : bytes or None
    notes : tuple of str
    """

    infos: tuple[TensorInfo, ...]
    tensors: Mapping[str, NDArray]
    files: tuple[Path, ...]
    graph: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the files, one after the other."""
        digest = hashlib.sha256()
        for path in self.files:
            with path.open("rb") as file:
                while piece := file.read(1 << 22):
                    digest.update(piece)
        return digest.hexdigest()

    @property
    def n_bytes(self) -> int:
        """Size of the files together."""
        return sum(path.stat().st_size for path in self.files)


def strip_wrappers(names: Sequence[str]) -> str:
    """Return the prefix that wrappers put before every name, stacked ones included.

    Examples
    --------
    >>> strip_wrappers(["module._orig_mod.fc.weight", "module._orig_mod.fc.bias"])
    'module._orig_mod.'
    >>> strip_wrappers(["module.fc.weight", "fc.bias"])
    ''
    """
    prefix = ""
    while names:
        more = next((w for w in WRAPPER_PREFIXES if names[0].startswith(prefix + w)), None)
        if more is None or not all(name.startswith(prefix + more) for name in names):
            break
        if prefix + more in names:
            break  # a name would be left empty
        prefix += more
    return prefix


def canonical(info: TensorInfo, prefix: str) -> TensorInfo:
    """Return a tensor under its name without the prefix."""
    tied = info.tied_to.removeprefix(prefix) if info.tied_to is not None else None
    return replace(info, name=info.name.removeprefix(prefix), tied_to=tied)


def check_dtype(name: str, dtype: str) -> None:
    """Raise if tensors of this dtype cannot be read.

    Raises
    ------
    ModelFileError
        Names the tensor and its dtype.
    """
    if dtype not in ITEM_BYTES:
        msg = _("tensor {name} holds {dtype} values, which are not supported; save it as {known}")
        raise ModelFileError(msg.format(name=name, dtype=dtype, known=" / ".join(FLOATS)))


def check_usable(infos: Sequence[TensorInfo], tensors: Mapping[str, NDArray]) -> None:
    """Raise if there is nothing to cluster, or values that cannot be clustered.

    Raises
    ------
    ModelFileError
        Names each tensor with NaN or infinite values, and how many there are.
    """
    floating = [info for info in infos if info.dtype in FLOATS]
    if not any(len(info.shape) >= 2 for info in floating):
        msg = _("it holds no weight matrix: {n} tensors, none with two or more dimensions")
        raise ModelFileError(msg.format(n=len(infos)))
    bad = [_bad_values(i.name, tensors[i.name]) for i in floating if i.tied_to is None]
    found = [text for text in bad if text]
    if found:
        msg = _("{found}: such weights cannot be clustered; train or export the model again")
        raise ModelFileError(msg.format(found="; ".join(found[:5])))


def _bad_values(name: str, array: NDArray) -> str:
    peak = np.abs(array).max(initial=0)
    if peak <= np.finfo(np.float32).max:  # false for NaN, too
        return ""
    nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if nan or infinite:
        msg = _("{name} holds {nan} NaN and {infinite} infinite values")
        return msg.format(name=name, nan=nan, infinite=infinite)
    return _("{name} holds values beyond single precision").format(name=name)
