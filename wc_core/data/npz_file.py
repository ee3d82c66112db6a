"""Data sets in NumPy's .npz: arrays of images and labels under one of the usual names."""

import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from wc_core.data.arrays import as_images, as_labels, number_names, refuse_other_length
from wc_core.data.damage import damage_named, printable, refuse_bomb
from wc_core.data.dataset import Dataset
from wc_core.errors import DataError
from wc_core.words import _

_IMAGES = ("x", "images", "data", "inputs", "features", "imgs")
_LABELS = ("y", "labels", "label", "targets", "target")
_SPLITS: Mapping[str, tuple[str, ...]] = {  # best first: a model has not seen its test images
    "test": ("test", "t10k"),
    "validation": ("val", "valid", "validation"),
    "": ("",),
    "train": ("train", "training"),
}
_NAMES = ("class_names", "label_names", "names", "classes")
_Members = Mapping[str, zipfile.ZipInfo]  # by lower-case array name


def read_npz(path: Path, name: str, digest: str) -> Dataset:
    """Read images and labels from an .npz file; only the arrays needed are unpacked.

    Parameters
    ----------
    path : Path
    name : str
        For people, and in errors.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    DataError
        If the file is damaged, holds Python objects, or holds no images and labels.
    """
    with damage_named(name), zipfile.ZipFile(path) as archive:
        members = {
            info.filename.removesuffix(".npy").lower(): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }
        split, image_key, label_key = _choose(members, name)
        names_key = _names_key(members, label_key)
        keys = [key for key in (image_key, label_key, names_key) if key]
        refuse_bomb([members[key] for key in keys], name)
        arrays = {key: _read(archive, members[key], name) for key in keys}
    images = as_images(arrays[image_key], name)
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    if label_key:
        labels, class_names = as_labels(arrays[label_key], name)
        refuse_other_length(len(images.pixels), len(labels), name)
        if not class_names:
            class_names = _class_names(arrays.get(names_key), labels)
    notes = _choice_notes(split, image_key, label_key)
    return Dataset(
        name, digest, images.pixels, labels, class_names, images.preset, notes + images.notes
    )


def _choose(members: _Members, file: str) -> tuple[str, str, str]:
    """Return the split and the names of its images and labels ("" if there are none)."""
    for split, marks in _SPLITS.items():
        image_key = _first(members, _IMAGES, marks)
        if image_key:
            return split, image_key, _first(members, _LABELS, marks)
    if "arr_0" in members:  # np.savez(file, images, labels)
        return "", "arr_0", "arr_1" if "arr_1" in members else ""
    msg = _(
        "{file} holds {found}, none of which are images; name the arrays x_test and y_test, "
        "or images and labels"
    )
    found = ", ".join(map(printable, list(members)[:8])) or _("no arrays")
    raise DataError(msg.format(file=file, found=found))


def _first(members: _Members, words: tuple[str, ...], marks: tuple[str, ...]) -> str:
    for word in words:
        for mark in marks:
            for key in (f"{word}_{mark}", f"{mark}_{word}", f"{word}{mark}", f"{mark}{word}"):
                if key.strip("_") in members:
                    return key.strip("_")
    return ""


def _names_key(members: _Members, label_key: str) -> str:
    return next((key for key in _NAMES if key in members and key != label_key), "")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> NDArray:
    """Read one array after its header is found to be harmless."""
    with archive.open(member) as stream:
        shape, dtype = _header(stream)
        if dtype.hasobject:
            msg = _(
                "{file}: array {array} holds Python objects, which could run code when read; "
                "save it as numbers, np.savez(file, x_test=images.astype('uint8'), ...)"
            )
            raise DataError(msg.format(file=file, array=member.filename))
        if prod(shape) * dtype.itemsize + stream.tell() != member.file_size:
            msg = _("{file}: array {array} is cut short; make or download it again")
            raise DataError(msg.format(file=file, array=member.filename))
    with archive.open(member) as stream:
        array: NDArray = npy.read_array(stream, allow_pickle=False)
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _fortran, dtype = read(stream)
    return shape, dtype


def _class_names(array: NDArray | None, labels: NDArray[np.int64]) -> tuple[str, ...]:
    """Take the names in the file if they are texts and enough of them."""
    if array is not None and array.ndim == 1 and array.dtype.kind in "US":
        names = tuple(str(name) for name in array.astype(str))
        if not len(labels) or len(names) > labels.max():
            return names
    return number_names(labels)


def _choice_notes(split: str, image_key: str, label_key: str) -> tuple[str, ...]:
    notes = []
    if split == "train":
        notes.append(
            _("The file holds no test images; its training images ({key}) are used.").format(
                key=image_key
            )
        )
    elif split:
        notes.append(_("The images in {key} are used.").format(key=image_key))
    if not label_key:
        notes.append(_("The file holds no labels."))
    return tuple(notes)
