"""Read a data set from a file, whatever its name says it is."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

from wc_core.assets import SAMPLE_DATA
from wc_core.data.damage import damage_named
from wc_core.data.dataset import Dataset
from wc_core.errors import DataError
from wc_core.words import _, mark

SAMPLE_NAME = mark("Fashion-MNIST (10,000 test images)")
_HEAD = 4096  # bytes that tell what a file is
_OTHER_KINDS = {  # what people try, and what to do with it
    b"\x1f\x8b": mark("a gzip file; unpack it first"),
    b"\x93NUMPY": mark("a single array; save images and labels together with np.savez"),
    b"\x80": mark("a pickle, which could run code when read; save its arrays with np.savez"),
    b"\x89PNG": mark("a single image; put images into class folders and zip them"),
    b"\xff\xd8\xff": mark("a single image; put images into class folders and zip them"),
    b"\x89HDF": mark("an HDF5 file; save its arrays with np.savez"),
}


def load_dataset(source: str | Path, *, name: str | None = None) -> Dataset:
    """Read a data set.

    Parameters
    ----------
    source : str or Path
        "sample" for the embedded one, or an .npz, a .zip of class folders with
        images, or a .csv with one image a row. The kind is told by content.
    name : str, optional
        For people; the file's name otherwise.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such file, or it holds no usable images.

    Examples
    --------
    >>> len(load_dataset("sample"))
    10000
    """
    if str(source) == "sample":
        sample = load_dataset(SAMPLE_DATA, name=name or _(SAMPLE_NAME))
        return replace(sample, default_preprocess="fashion_mnist", notes=())
    path = Path(source)
    name = name or path.name
    with damage_named(name):
        if not path.is_file():
            raise DataError(_("there is no data file {path}").format(path=path))
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            digest = hashlib.sha256(head)
            while piece := stream.read(2**20):
                digest.update(piece)
    return _read(path, name, digest.hexdigest(), head)


def _read(path: Path, name: str, digest: str, head: bytes) -> Dataset:
    """Choose the reader; each is imported when it is needed."""
    if not head:
        msg = _("{file} is empty (0 bytes); the upload or download may have been cut short")
        raise DataError(msg.format(file=name))
    if head.startswith(b"PK"):
        if _holds_arrays(path, name):
            from wc_core.data.npz_file import read_npz

            return read_npz(path, name, digest)
        from wc_core.data.zip_file import read_zip

        return read_zip(path, name, digest)
    if _is_text(head):
        from wc_core.data.csv_file import read_csv

        return read_csv(path, name, digest)
    known = next((_(text) for start, text in _OTHER_KINDS.items() if head.startswith(start)), "")
    msg = _("{file} is {kind}")
    if not known:
        msg = _("{file} is neither an .npz, a .zip of class folders with images nor a .csv")
    raise DataError(msg.format(file=name, kind=known))


def _holds_arrays(path: Path, name: str) -> bool:
    with damage_named(name), zipfile.ZipFile(path) as archive:
        return any(member.endswith(".npy") for member in archive.namelist())


def _is_text(head: bytes) -> bool:
    """Tell text, which may be cut within a character, from anything else."""
    if b"\0" in head:
        return False
    try:
        head[:-3].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(sign in head for sign in b",;\t\n")
