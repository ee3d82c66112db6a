"""Data sets as a zip of image files, one folder for each class."""

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.data.arrays import HIGHEST_LABEL, number_names
from wc_core.data.damage import MOST_BYTES, SMALL_BYTES, damage_named, printable, refuse_bomb
from wc_core.data.dataset import Dataset
from wc_core.errors import DataError
from wc_core.words import _

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)
_GREY = ("1", "L", "LA", "La")  # modes that are kept as one channel
_SPLITS = ("test", "val", "valid", "validation", "train")  # best first
MOST_PIXELS = 2**26  # of one image: 8,192 x 8,192
HIGHEST_PIXEL_RATIO = 200  # photos decode to 5 to 50 times their bytes; only empty images to more


def read_zip(path: Path, name: str, digest: str) -> Dataset:
    """Read images from a zip; nothing is written to disk.

    Folders are classes, in alphabetical order, or class numbers if all are numbers. A
    single folder around them, hidden files and what is no image are passed over.

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
        If the zip is damaged or too large, or an image in it cannot be read (it is named).
    """
    with damage_named(name), zipfile.ZipFile(path) as archive:
        members, notes = _members(archive, name)
        refuse_bomb(members.values(), name)
        classes = [parts[0] for parts in members] if len(next(iter(members))) > 1 else []
        images = _images(archive, list(members.values()), name)
    labels, class_names = _labels(classes) if classes else (None, ())
    if labels is None:
        notes = (*notes, _("The images lie in no class folders, so they have no labels."))
    return Dataset(name, digest, _stacked(images), labels, class_names, "unit", notes)


_Parts = tuple[str, ...]


def _members(
    archive: zipfile.ZipFile, file: str
) -> tuple[dict[_Parts, zipfile.ZipInfo], tuple[str, ...]]:
    """Return the images by path within the folder of classes, in order of path."""
    found = {
        _path(info).parts: info
        for info in sorted(archive.infolist(), key=lambda info: info.filename)
        if _is_image(info)
    }
    if not found:
        msg = _("{file} holds no images; zip one folder of PNG or JPEG images for each class")
        raise DataError(msg.format(file=file))
    found = _without_shared_folder(found)
    splits = {parts[0].lower() for parts in found if len(parts) > 2}
    notes: tuple[str, ...] = ()
    if splits and splits <= set(_SPLITS) and min(map(len, found)) > 2:
        chosen = next(split for split in _SPLITS if split in splits)
        found = {p[1:]: info for p, info in found.items() if p[0].lower() == chosen}
        notes = (_("The images in the folder {folder} are used.").format(folder=chosen),)
    if len({len(parts) > 1 for parts in found}) > 1:
        stray = next(parts[0] for parts in found if len(parts) == 1)
        msg = _("{file}: image {image} lies in no class folder; put all images into class folders")
        raise DataError(msg.format(file=file, image=printable(stray)))
    return found, notes


def _is_image(info: zipfile.ZipInfo) -> bool:
    path = _path(info)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not info.is_dir() and not hidden and path.suffix.lower() in _ENDINGS


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(info.filename.replace("\\", "/"))  # as some Windows tools write it


def _without_shared_folder(
    found: dict[_Parts, zipfile.ZipInfo],
) -> dict[_Parts, zipfile.ZipInfo]:
    """Strip folders that hold everything, but never the only class folder."""
    while min(map(len, found)) > 2 and len({parts[0] for parts in found}) == 1:
        found = {parts[1:]: info for parts, info in found.items()}
    return found


def _images(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], file: str
) -> list[NDArray]:
    packed = sum(member.compress_size for member in members)
    most = min(MOST_BYTES, max(SMALL_BYTES, HIGHEST_PIXEL_RATIO * packed))
    images: list[NDArray] = []
    total = 0
    for member in members:
        with archive.open(member) as stream:
            image = _pixels(stream, printable(member.filename), file, most - total)
        if image is None:
            msg = _(
                "{file} would unpack from {packed:.1f} MB to more than {most:.1f} GB of pixels, "
                "which is refused; use fewer or smaller images"
            )
            raise DataError(msg.format(file=file, packed=packed / 1e6, most=most / 1e9))
        total += image.nbytes
        images.append(image)
    return images


def _pixels(stream: IO[bytes], member: str, file: str, room: int) -> NDArray | None:
    """Decode one image after its size is found to be harmless; None if there is no room."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(stream, formats=_FORMATS) as image:
            width, height = image.size
            if width * height <= MOST_PIXELS:
                fits = width * height * _channels(image) <= room
                return _decoded(image) if fits else None
    except Image.DecompressionBombError:
        pass  # as large as Pillow would refuse: said below in our words
    except UnidentifiedImageError as error:  # its text shows a Python object
        msg = _("{file}: image {image} cannot be read (no known kind of image); leave it out")
        raise DataError(msg.format(file=file, image=member)) from error
    except Exception as error:  # decoders raise almost anything on damaged bytes
        reason = printable(" ".join(str(error).split())) or type(error).__name__
        msg = _("{file}: image {image} cannot be read ({reason}); repair it or leave it out")
        raise DataError(msg.format(file=file, image=member, reason=reason)) from error
    msg = _("{file}: image {image} has more than {most:.0f} million pixels; make it smaller")
    raise DataError(msg.format(file=file, image=member, most=MOST_PIXELS / 1e6))


def _channels(image: "Image.Image") -> int:
    return 1 if image.mode in _GREY or image.mode.startswith("I") else 3


def _decoded(image: "Image.Image") -> NDArray:
    """Return pixels (h, w) or (h, w, 3) as uint8; alpha is left out."""
    if image.mode in _GREY:
        return np.asarray(image.convert("L"))
    if image.mode.startswith("I"):  # 16 bits, and 32 of which 16 are used
        deep = np.asarray(image).clip(0, 65535)
        return np.rint(deep / 257).astype(np.uint8)
    return np.asarray(image.convert("RGB"))


def _stacked(images: list[NDArray]) -> NDArray | list[NDArray]:
    """Return one array if all images have the same shape."""
    if len({image.shape for image in images}) > 1:
        return images
    stacked = np.empty((len(images), *images[0].shape), np.uint8)
    for i in range(len(images)):  # one at a time: never all of them twice in memory
        stacked[i] = images[i]
        images[i] = stacked[i]
    stacked.flags.writeable = False
    return stacked


def _labels(classes: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the number of each image's class folder, and the names of classes."""
    if all(name.isdecimal() and name.isascii() and len(name) < 9 for name in classes):
        numbers = np.array([int(name) for name in classes], np.int64)
        if numbers.max() <= HIGHEST_LABEL:
            return numbers, number_names(numbers)
    names = sorted(set(classes))
    place = {name: i for i, name in enumerate(names)}
    labels = np.array([place[name] for name in classes], np.int64)
    return labels, tuple(map(printable, names))
