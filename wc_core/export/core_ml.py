"""Core ML packages whose weights are palettes, made by coremltools where it is installed."""

import json
import tempfile
import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from wc_core.compression import CompressedModel
from wc_core.errors import ConfigError
from wc_core.export._archive import write_archive
from wc_core.export._core_ml_palette import Palette, decoded, palette
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter
from wc_core.models.zoo import TorchForward
from wc_core.words import _, mark

_SPEC = Path("Data", "com.apple.CoreML", "model.mlmodel")
_MANIFEST = "Manifest.json"


@EXPORTERS.register("core_ml")
class CoreML(Exporter):
    """An .mlpackage, zipped, for iOS 18 and macOS 15 or later.

    Every weight that Core ML has a form for is a palette (`constexpr_lut_to_dense`): indices of
    1, 2, 3, 4, 6 or 8 bits and a table of numbers or vectors, with a factor per channel where the
    plan has one. All others are stored dense and named.
    """

    title: ClassVar[str] = mark("Core ML package")
    about: ClassVar[str] = mark(
        "Palettized weights for iOS 18 and macOS 15 or later, as a zipped .mlpackage. The weights "
        "are read back and compared; Core ML itself runs on Apple's systems alone"
    )
    suffix: ClassVar[str] = ".mlpackage.zip"

    def why_not(self, compressed: CompressedModel) -> str:
        """Return why there is no package: coremltools is missing, or the architecture unknown."""
        if find_spec("coremltools") is None:
            return _("coremltools is not installed: pip install coremltools")
        if not isinstance(compressed.forward, TorchForward):
            return _(
                "coremltools converts PyTorch networks, and this model's is not known from its "
                "tensors. Open the state dict of one of the known architectures"
            )
        return ""

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the package; palettes are read back and compared, indices and tables exactly.

        Raises
        ------
        ConfigError
            If coremltools cannot convert the model; the message has its reason.
        """
        from wc_core.export._core_ml_program import quiet, read_package, write_package

        if reason := self.why_not(compressed):
            raise ConfigError(reason)
        dtypes = {info.name: info.dtype for info in compressed.original.infos}
        chosen = {name: palette(w, dtypes[name]) for name, w in compressed.weights.items()}
        palettes = {name: found for name, found in chosen.items() if isinstance(found, Palette)}
        dense = {name: reason for name, reason in chosen.items() if isinstance(reason, str)}
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / f"{path.name.partition('.')[0]}.mlpackage"
            with quiet():
                names = write_package(compressed.decoded(), palettes, package)
                read = read_package(package, names)
            for name in names:
                meant = decoded(compressed.weights[name], dtypes[name])
                _compare(name, palettes[name], meant, *read[name])
            _settle(package)
            members: dict[str, Path | bytes] = {
                file.relative_to(folder).as_posix(): file
                for file in package.rglob("*")
                if file.is_file()
            }
            n_bytes = write_archive(path, members)
        folded = _("the converter has changed it")
        dense |= {name: folded for name in palettes if name not in names}
        msg = _("{n} palettes read back: indices and tables are equal, and so are their weights")
        return ExportedFile("core_ml", path, n_bytes, msg.format(n=len(names)), _notes(dense))


def _compare(
    name: str, meant: Palette, weight: np.ndarray, stored: Palette, found: np.ndarray
) -> None:
    same = meant.axis == stored.axis
    for field in ("indices", "lut", "scales", "kept"):
        one, other = getattr(meant, field), getattr(stored, field)
        same &= one is other if one is None or other is None else np.array_equal(one, other)
    if not (same and np.array_equal(weight, found)):
        msg = f"{name} does not come out of the Core ML package as it was meant"
        raise AssertionError(msg)


def _settle(package: Path) -> None:
    """Take chance out of a package: names drawn at random, and the order of mappings."""
    import coremltools

    spec = package / _SPEC
    message = coremltools.proto.Model_pb2.Model.FromString(spec.read_bytes())
    spec.write_bytes(message.SerializeToString(deterministic=True))
    manifest = package / _MANIFEST
    said = json.loads(manifest.read_text(encoding="utf-8"))
    entries = said["itemInfoEntries"]
    new = {
        key: str(uuid.uuid5(uuid.NAMESPACE_URL, entries[key]["path"])).upper() for key in entries
    }
    said["itemInfoEntries"] = {new[key]: entry for key, entry in entries.items()}
    said["rootModelIdentifier"] = new[said["rootModelIdentifier"]]
    manifest.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _notes(dense: Mapping[str, str]) -> tuple[str, ...]:
    msg = _("{name} is stored dense: {reason}")
    return tuple(msg.format(name=name, reason=reason) for name, reason in dense.items())
