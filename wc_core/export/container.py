"""The packed container as one export format among others."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from wc_core.compression import CompressedModel
from wc_core.export._container import open_container
from wc_core.export._exporter import EXPORTERS, ExportedFile, Exporter
from wc_core.export.packed import load, save
from wc_core.words import _, mark


@EXPORTERS.register("packed")
class Packed(Exporter):
    """The packed file of docs/format.md."""

    title: ClassVar[str] = mark("Packed file")
    about: ClassVar[str] = mark(
        "Indices, codebooks and untouched tensors in one safetensors file, as small as they get. "
        "This program and the decoder in everything.zip turn it back."
    )
    suffix: ClassVar[str] = ".packed.safetensors"

    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write the file; codebooks, indices and all that belongs to them are compared."""
        n_bytes = save(compressed, path).stored_bytes
        msg = _("{layers} layers of {n} weights read back: codebooks, indices and scales are equal")
        checked = msg.format(layers=len(compressed.layers), n=f"{compressed.n_clustered:,}")
        return ExportedFile("packed", path, n_bytes, checked)


def reopen(path: Path) -> CompressedModel:
    """Read a packed file so that what is written of it again is the same to the last bit.

    Other than after `load`, the original is said to be of the format that it was given in.

    Raises
    ------
    ModelFileError
        As `load`.
    """
    compressed = load(path)
    said = str(open_container(path).metadata["model"]["format"])
    return replace(compressed, original=replace(compressed.original, format=said))
