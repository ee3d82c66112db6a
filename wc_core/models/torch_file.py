"""Reading torch checkpoints with `weights_only=True`, the only way that runs nothing."""

import re
import warnings
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.models._contents import FileContents, check_dtype
from wc_core.models._torch_archive import (
    MAX_EXPANSION,
    check_archive,
    check_pickles,
    damaged,
    is_zip,
)
from wc_core.models.files import FileBytes
from wc_core.models.model import TensorInfo
from wc_core.models.weights import to_numpy
from wc_core.words import _

if TYPE_CHECKING:
    import torch

NESTED_UNDER = ("state_dict", "model_state_dict", "model", "net", "ema", "module", "params")
MAX_NESTING = 3


def list_torch(path: Path) -> tuple[TensorInfo, ...]:
    """Return the tensors of a checkpoint; their data stay on disk.

    Raises
    ------
    ModelFileError
        If the file is damaged or holds no state dict.
    UnsafeFileError
        If it is a pickled module, carries code, or would expand beyond reason.
    """
    return _infos(_state_dict(_load(path), []), path)


def read_torch(path: Path) -> FileContents:
    """Read a checkpoint; raises as `list_torch`."""
    notes: list[str] = []
    state = _state_dict(_load(path), notes)
    infos = _infos(state, path)
    arrays: dict[str, NDArray] = {}
    for info in infos:
        tied = info.tied_to
        arrays[info.name] = arrays[tied] if tied is not None else to_numpy(state[info.name])
    return FileContents(infos, arrays, (FileBytes(path),), notes=tuple(notes))


def _load(path: Path) -> Any:
    import torch

    zipped = is_zip(path)
    if zipped:
        check_archive(path, _how_to_save)
    else:
        check_pickles(path)
    # Mapped storages are read when a tensor is used, so listing costs the header only. torch
    # maps by path, but takes the name's ending at its word; such a file it gets opened.
    mapped = zipped and path.suffix != ".safetensors"
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities in other people's files
            source = path if mapped else file
            return torch.load(source, map_location="cpu", weights_only=True, mmap=mapped or None)
    except UnpicklingError as error:
        raise _unsafe(str(error)) from error
    except MemoryError as error:
        raise UnsafeFileError(_("it claims to need more memory than there is")) from error
    except Exception as error:
        # A damaged pickle can fail anywhere inside torch, in any way.
        raise ModelFileError(damaged(error)) from error


def _unsafe(reason: str) -> ModelFileError:
    found = re.search(r"GLOBAL ([\w.]+)", reason) or re.search(
        r"([\w.]+\.[\w]+) was not an allowed", reason
    )
    if found is None:
        msg = _("it is a pickle, but no torch checkpoint of tensors, or a damaged one. {how}")
        return UnsafeFileError(msg.format(how=_how_to_save("torch.load")))
    msg = _("it is a pickled object ({what}), and opening it would run code. {how}")
    return UnsafeFileError(msg.format(what=found[1], how=_how_to_save("torch.load")))


def _how_to_save(loader: str) -> str:
    flag = ", weights_only=False" if loader == "torch.load" else ""
    msg = _("Where you trust it, save its weights alone: {first} ; {second}")
    return msg.format(
        first=f'model = {loader}("model.pth"{flag})',
        second='torch.save(model.state_dict(), "weights.pth")',
    )


def _state_dict(found: Any, notes: list[str]) -> Mapping[str, "torch.Tensor"]:
    """Return the mapping of names to tensors, wherever it lies."""
    for _depth in range(MAX_NESTING):
        inner = _inner(found)
        if inner is None:
            break
        others = _names(key for key in found if key != inner)
        ignored = _("; ignored: {names}").format(names=others) if others else ""
        notes.append(_("the weights lie under {inner!r}").format(inner=inner) + ignored)
        found = found[inner]
    tensors = _tensors(found)
    if not tensors:
        what = _names(found) if isinstance(found, Mapping) else type(found).__name__
        msg = _("it holds no state dict, neither at the top nor under {keys}; it holds {what}")
        raise ModelFileError(msg.format(keys=", ".join(NESTED_UNDER), what=what or _("nothing")))
    others = _names(key for key in found if key not in tensors)
    if others:
        notes.append(_("not tensors, ignored: {names}").format(names=others))
    return tensors


def _inner(found: Any) -> str | None:
    """Return the key under which the state dict lies, or None if it is here or nowhere.

    A known key wins over tensors beside it, as trainers file their best score as a tensor.
    Without one, the only mapping that holds tensors will do.
    """
    if not isinstance(found, Mapping):
        return None
    inside = [key for key, value in found.items() if isinstance(key, str) and _leads_on(value)]
    known = next((key for key in NESTED_UNDER if key in inside), None)
    if known is not None or any(tensor.ndim > 1 for tensor in _tensors(found).values()):
        return known
    return inside[0] if len(inside) == 1 else None


def _leads_on(value: Any) -> bool:
    """Tell whether a value is a mapping of tensors, or of one of the known keys."""
    if not isinstance(value, Mapping):
        return False
    return bool(_tensors(value)) or any(isinstance(value.get(k), Mapping) for k in NESTED_UNDER)


def _tensors(found: Any) -> dict[str, "torch.Tensor"]:
    import torch

    if not isinstance(found, Mapping):
        return {}
    return {k: v for k, v in found.items() if isinstance(k, str) and isinstance(v, torch.Tensor)}


def _names(keys: Iterable[Any]) -> str:
    """Join the first few keys; keys that are no text may be too large to print."""
    shown = [key[:60] if isinstance(key, str) else type(key).__name__ for key in islice(keys, 9)]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")


def _infos(state: Mapping[str, "torch.Tensor"], path: Path) -> tuple[TensorInfo, ...]:
    first_with: dict[tuple[Any, ...], str] = {}
    infos = []
    for name, tensor in state.items():
        _check_tensor(name, tensor)
        dtype = str(tensor.dtype).removeprefix("torch.")
        check_dtype(name, dtype)
        place = (tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
        first = first_with.setdefault(place, name) if tensor.numel() else name
        infos.append(TensorInfo(name, tuple(tensor.shape), dtype, first if first != name else None))
    claimed = sum(info.n_bytes for info in infos if info.tied_to is None)
    if claimed > MAX_EXPANSION * path.stat().st_size:
        msg = _("it expands beyond reason: {found} bytes claim to hold tensors of {claimed}")
        raise UnsafeFileError(msg.format(found=path.stat().st_size, claimed=claimed))
    return tuple(infos)


def _check_tensor(name: str, tensor: "torch.Tensor") -> None:
    import torch

    odd = tensor.layout != torch.strided or tensor.is_nested
    if odd or tensor.is_quantized or tensor.is_meta:
        msg = _("tensor {name} is sparse, quantized or without data; save it as a dense one")
        raise ModelFileError(msg.format(name=name))
