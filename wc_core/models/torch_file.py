"""Reading torch checkpoints with `weights_only=True`, the only way that runs nothing."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from wc_core.errors import ModelFileError, UnsafeFileError
from wc_core.models._contents import FileContents, check_dtype
from wc_core.models.model import TensorInfo
from wc_core.models.weights import to_numpy
from wc_core.words import _

if TYPE_CHECKING:
    import torch

NESTED_UNDER = ("state_dict", "model_state_dict", "model", "net", "ema", "module", "params")
MAX_NESTING = 3
MAX_EXPANSION = 20  # bytes claimed per byte of file; tensors are stored uncompressed, so 1 is usual


def list_torch(path: Path) -> tuple[TensorInfo, ...]:
    """Return the tensors of a checkpoint; their data stay on disk.

    Raises
    ------
    ModelFileError
        If the file is damaged or holds no state dict.
    UnsafeFileError
        If it is a pickled module, carries code, or would expand beyond reason.
    """
    return _infos(_state_dict(_load(path), [])[0], path)


def read_torch(path: Path) -> FileContents:
    """Read a checkpoint; raises as `list_torch`."""
    notes: list[str] = []
    state, __ = _state_dict(_load(path), notes)
    infos = _infos(state, path)
    arrays: dict[str, NDArray] = {}
    for info in infos:
        tied = info.tied_to
        arrays[info.name] = arrays[tied] if tied is not None else to_numpy(state[info.name])
    return FileContents(infos, arrays, (path,), notes=tuple(notes))


def _load(path: Path) -> Any:
    import torch

    is_zip = zipfile.is_zipfile(path)
    if is_zip:
        _check_archive(path)
    # Mapped storages are read when a tensor is used, so listing costs the header only. torch
    # maps by path, but takes the name's ending at its word; such a file it gets opened.
    mapped = is_zip and path.suffix != ".safetensors"
    try:
        with path.open("rb") as file:
            source = path if mapped else file
            return torch.load(source, map_location="cpu", weights_only=True, mmap=mapped or None)
    except UnpicklingError as error:
        raise _unsafe(path, str(error)) from error
    except MemoryError as error:
        raise UnsafeFileError(_("it claims to need more memory than there is")) from error
    except Exception as error:
        # A damaged pickle can fail anywhere inside torch, in any way.
        msg = _("it is a truncated or damaged torch checkpoint ({error}); save it again")
        raise ModelFileError(msg.format(error=_first_line(error))) from error


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        msg = _("it is a damaged zip archive ({error}); copy or download it again")
        raise ModelFileError(msg.format(error=_first_line(error))) from error
    names = [member.filename for member in members]
    if not any(name.endswith("data.pkl") for name in names):
        msg = _("it is a zip archive, but not a torch checkpoint; a model file is needed")
        raise ModelFileError(msg)
    if any("/code/" in name or name.endswith("constants.pkl") for name in names):
        msg = _("it is a TorchScript archive, which carries code. {how}")
        raise UnsafeFileError(msg.format(how=_how_to_save("torch.jit.load", path)))
    claimed = sum(member.file_size for member in members)
    if claimed > MAX_EXPANSION * path.stat().st_size:
        msg = _("it is a zip bomb: {found} bytes claim to hold {claimed}")
        raise UnsafeFileError(msg.format(found=path.stat().st_size, claimed=claimed))


def _unsafe(path: Path, reason: str) -> ModelFileError:
    found = re.search(r"GLOBAL ([\w.]+)", reason) or re.search(
        r"([\w.]+\.[\w]+) was not an allowed", reason
    )
    if found is None:
        msg = _("it is a pickle, but no torch checkpoint of tensors, or a damaged one. {how}")
        return UnsafeFileError(msg.format(how=_how_to_save("torch.load", path)))
    msg = _("it is a pickled object ({what}), and opening it would run code. {how}")
    return UnsafeFileError(msg.format(what=found[1], how=_how_to_save("torch.load", path)))


def _how_to_save(loader: str, path: Path) -> str:
    flag = ", weights_only=False" if loader == "torch.load" else ""
    msg = _("Where you trust it, save its weights alone: {first} ; {second}")
    return msg.format(
        first=f'model = {loader}("model.pth"{flag})',
        second='torch.save(model.state_dict(), "weights.pth")',
    )


def _state_dict(found: Any, notes: list[str]) -> tuple[Mapping[str, "torch.Tensor"], int]:
    """Return the mapping of names to tensors, and how deep it lay."""
    for depth in range(MAX_NESTING):
        if not isinstance(found, Mapping):
            break
        tensors = dict(_tensors(found))
        if tensors:
            others = [str(key) for key in found if key not in tensors]
            if others:
                notes.append(_("not tensors, ignored: {names}").format(names=", ".join(others[:8])))
            return tensors, depth
        inner = next((k for k in NESTED_UNDER if isinstance(found.get(k), Mapping)), None)
        if inner is None:
            break
        others = [str(key) for key in found if key != inner]
        notes.append(
            _("the weights lie under {inner!r}").format(inner=inner)
            + (_("; ignored: {names}").format(names=", ".join(others[:8])) if others else "")
        )
        found = found[inner]
    msg = _("it holds no state dict, neither at the top nor under {keys}; it holds {what}")
    what = (
        ", ".join(map(str, list(found)[:8])) if isinstance(found, Mapping) else type(found).__name__
    )
    raise ModelFileError(msg.format(keys=", ".join(NESTED_UNDER), what=what or _("nothing")))


def _tensors(mapping: Mapping[Any, Any]) -> Iterator[tuple[str, "torch.Tensor"]]:
    import torch

    for name, value in mapping.items():
        if isinstance(name, str) and isinstance(value, torch.Tensor):
            yield name, value


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

    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        msg = _("tensor {name} is sparse, quantized or without data; save it as a dense one")
        raise ModelFileError(msg.format(name=name))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
