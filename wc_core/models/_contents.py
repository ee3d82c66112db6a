"""What a reader finds in a file, before it becomes a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError
from wc_core.models._scan import CHUNK, is_usable, scan
from wc_core.models.files import FileBytes, FileTensors
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
    files : tuple of FileBytes
        Everything that was read, in a fixed order; digest and size are over all of it.
    graph : bytes or None
    notes : tuple of str
    """

    infos: tuple[TensorInfo, ...]
    tensors: Mapping[str, NDArray]
    files: tuple[FileBytes, ...]
    graph: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_bytes(self) -> int:
        """Size of the files together."""
        return sum(file.size for file in self.files)


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


def examined(contents: FileContents) -> str:
    """Return the SHA-256 of the files, one after the other, whose weights can be clustered.

    Raises
    ------
    ModelFileError
        If there is nothing to cluster, or there are values that cannot be; names each tensor
        with NaN or infinite values, and how many there are.
    """
    infos = contents.infos
    floating = [info for info in infos if info.dtype in FLOATS]
    if not any(len(info.shape) >= 2 for info in floating):
        msg = _("it holds no weight matrix: {n} tensors, none with two or more dimensions")
        raise ModelFileError(msg.format(n=len(infos)))
    tensors = contents.tensors
    places = tensors.places if isinstance(tensors, FileTensors) else {}
    digest, odd = scan(contents.files, places)
    own = [info.name for info in floating if info.tied_to is None]
    odd |= {name for name in own if name not in places and not _is_usable(tensors[name])}
    if odd:
        found = [_bad_values(name, tensors[name]) for name in own if name in odd]
        msg = _("{found}: such weights cannot be clustered; train or export the model again")
        raise ModelFileError(msg.format(found="; ".join(found[:5])))
    return digest


def _is_usable(array: NDArray) -> bool:
    numbers = array.reshape(-1)
    pieces = (numbers[at : at + CHUNK] for at in range(0, len(numbers), CHUNK))
    return all(is_usable(piece.view(np.uint8), array.dtype.name) for piece in pieces)


def _bad_values(name: str, array: NDArray) -> str:
    nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if nan or infinite:
        msg = _("{name} holds {nan} NaN and {infinite} infinite values")
        return msg.format(name=name, nan=nan, infinite=infinite)
    return _("{name} holds values beyond single precision").format(name=name)
