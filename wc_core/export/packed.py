"""The packed container: one safetensors file with indices, codebooks, scales and untouched tensors.

docs/format.md describes it precisely enough to write a reader in another language.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from wc_core.codebook import CodebookWeight
from wc_core.compression import CompressedModel
from wc_core.errors import ModelFileError
from wc_core.export._container import is_packed
from wc_core.export._layer_reading import check_same
from wc_core.export._parts import PackedFile, StoredLayer
from wc_core.export._reading import read_packed, weights_of
from wc_core.export._safetensors import write_at_once
from wc_core.models import Model, load_model
from wc_core.size import SizeReport
from wc_core.words import _


def pack(compressed: CompressedModel) -> tuple[bytes, SizeReport]:
    """Return the bytes of the packed file, read back and compared, and where they go.

    The same compressed model gives the same bytes, always.

    Raises
    ------
    ConfigError
        If a tensor of the model has a name that the container needs for itself.
    """
    packed = _packed_file(compressed)
    content = b"".join(packed.pieces())
    _verify(compressed, weights_of(content, compressed.name))
    return content, packed.sizes(len(content))


def save(compressed: CompressedModel, path: str | Path) -> SizeReport:
    """Write the packed file, whose every tensor decodes to what was meant, and report its size.

    Parameters
    ----------
    compressed : CompressedModel
    path : str or Path
        Replaced if it exists; on failure what was there stays.

    Returns
    -------
    SizeReport
        Counted from the bytes written.

    Raises
    ------
    ConfigError
        As `pack`.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from wc_core import compress, load, load_model
    >>> small = compress(load_model("sample:lenet_300_100"))
    >>> path = Path(tempfile.mkdtemp()) / "small.safetensors"
    >>> save(small, path).stored_bytes == path.stat().st_size
    True
    >>> again = load(path)
    >>> all((again.weights[n].decode() == w.decode()).all() for n, w in small.weights.items())
    True
    """
    packed = _packed_file(compressed)

    def checked(written: Path) -> SizeReport:
        _verify(compressed, weights_of(written, compressed.name))
        return packed.sizes(written.stat().st_size)

    return write_at_once(Path(path), packed.pieces(), checked)


def load(path: str | Path) -> CompressedModel:
    """Read a packed file.

    Raises
    ------
    ModelFileError
        If the file is not one of ours, is damaged, or claims impossible sizes.
    """
    path = Path(path)
    try:
        return read_packed(path, path.name)
    except OSError as error:
        msg = _("{path} cannot be read: {reason}")
        raise ModelFileError(msg.format(path=path, reason=error.strerror)) from error


def open_model(source: str | Path, *, name: str | None = None) -> Model:
    """Read a model of any kind, dense or packed; a packed one is decoded.

    Raises
    ------
    ModelFileError, UnsafeFileError
        As `load_model` and `load`.
    """
    if not str(source).startswith("sample:") and is_packed(Path(source)):
        return load(source).decoded()
    return load_model(source, name=name)


def _packed_file(compressed: CompressedModel) -> PackedFile:
    layers = {
        layer.name: StoredLayer.of(compressed.weights[layer.name], layer)
        for layer in compressed.layers
    }
    return PackedFile(compressed.original, compressed.recipe, layers)


def _verify(before: CompressedModel, after: Mapping[str, CodebookWeight]) -> None:
    """Prove that what was packed decodes to what was meant: a mismatch is a bug, not bad input."""
    for name, weight in before.weights.items():
        check_same(name, weight, partial(after.__getitem__, name))
