"""Turn arrays as files hold them into images and labels as the engine wants them."""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import DataError
from wc_core.words import _

HIGHEST_LABEL = 99_999
_BYTE_STEPS = 1e-3  # in units of 1/255: float32 holds shares of 255 much finer than this

_LARGEST = np.float64(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Images:
    """Images ready for a data set.

    Parameters
    ----------
    pixels : ndarray (n, h, w) or (n, h, w, c)
    preset : str
        Key in `PRESETS` that suits the values.
    notes : tuple of str
        What was assumed.
    """

    pixels: NDArray
    preset: str
    notes: tuple[str, ...]


def as_images(array: NDArray, file: str) -> Images:
    """Check images and bring them to (n, h, w[, c]), bytes where that loses nothing.

    Values between 0 and 1 are taken as shares of 255, so that every preset fits them.

    Raises
    ------
    DataError
        If the array holds no images, or values that are no numbers.
    """
    if array.dtype.kind not in "biuf":
        msg = _("{file}: images have to be numbers, not {dtype}; save them as uint8 or float32")
        raise DataError(msg.format(file=file, dtype=array.dtype))
    if array.size == 0 or array.ndim < 2:
        msg = _("{file}: an array of shape {shape} holds no images; give one row for each image")
        raise DataError(msg.format(file=file, shape=array.shape))
    _refuse_not_finite(array, file)
    shaped, notes = _shaped(array, file)
    pixels, preset, value_notes = _valued(shaped)
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False  # one data set is shared by all who look at it
    return Images(pixels, preset, (*notes, *value_notes))


def as_labels(array: NDArray, file: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Check labels and bring them to class numbers.

    Parameters
    ----------
    array : ndarray
        (n,) or (n, 1) numbers or texts, or (n, classes) one-hot rows.
    file : str
        Named in errors.

    Returns
    -------
    labels : ndarray (n,) of int64
    class_names : tuple of str
        The texts in alphabetical order if labels are texts; otherwise empty.

    Raises
    ------
    DataError
        If they are negative, fractional or no labels at all.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "biuf" and array.size:
        array = _from_one_hot(array, file)
    if array.ndim != 1:
        msg = _("{file}: labels have shape {shape}; give one class number for each image")
        raise DataError(msg.format(file=file, shape=array.shape))
    if array.dtype.kind in "US":
        return _from_texts(array.astype(str))
    if array.dtype.kind not in "biuf":
        msg = _("{file}: labels have to be whole numbers, not {dtype}")
        raise DataError(msg.format(file=file, dtype=array.dtype))
    _refuse_bad_labels(array, file)
    return array.astype(np.int64), ()


def number_names(labels: NDArray[np.int64]) -> tuple[str, ...]:
    """Return class names for labels that have none: their numbers."""
    return tuple(str(i) for i in range(int(labels.max()) + 1)) if len(labels) else ()


def refuse_other_length(n_images: int, n_labels: int, file: str) -> None:
    """Refuse labels that are not one for each image.

    Raises
    ------
    DataError
        If the numbers differ.
    """
    if n_images != n_labels:
        msg = _("{file} has {images} images but {labels} labels; give one label for each image")
        raise DataError(msg.format(file=file, images=n_images, labels=n_labels))


def _refuse_not_finite(array: NDArray, file: str) -> None:
    if array.dtype.kind != "f":
        return
    for row, image in enumerate(array):  # image by image: no mask as large as the data
        if not (np.abs(image) <= _LARGEST).all():  # false for NaN too
            msg = _("{file}: image {row} holds NaN or infinite values; replace them by numbers")
            raise DataError(msg.format(file=file, row=row))


def _shaped(array: NDArray, file: str) -> tuple[NDArray, tuple[str, ...]]:
    if array.ndim == 2:
        return _unrolled(array)
    notes: tuple[str, ...] = ()
    axis = _channel_axis(array.shape)
    if array.ndim not in (3, 4) or (array.ndim == 4 and axis is None):
        msg = _(
            "{file}: images have shape {shape}; give (n, height, width), "
            "(n, height, width, channels) or (n, channels, height, width)"
        )
        raise DataError(msg.format(file=file, shape=array.shape))
    if axis == 1:
        array = np.moveaxis(array, 1, -1)
        notes = (_("The file holds channels first (n, c, h, w)."),)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 4 and array.shape[-1] == 4:
        array = array[..., :3]
        notes = (*notes, _("The fourth channel, alpha, is left out."))
    return array, notes


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    """Tell which of four axes holds the channels; 4 of them (alpha) is the last guess."""
    places = [(axis, n) for n in ((1, 3), (4,)) for axis in (3, 1)] if len(shape) == 4 else []
    return next((axis for axis, n in places if shape[axis] in n), None)


def _unrolled(array: NDArray) -> tuple[NDArray, tuple[str, ...]]:
    """Give rows of values the shape of square images, as MLPs are fed."""
    n, values = array.shape
    for channels in (1, 3):
        side = isqrt(values // channels)
        if channels * side * side == values:
            note = _("Rows of {values} values are taken as images of {shape}.")
            shape = (side, side) if channels == 1 else (channels, side, side)
            text = note.format(values=values, shape="×".join(map(str, shape)))
            images = array.reshape(n, *shape)
            return (images if channels == 1 else np.moveaxis(images, 1, -1)), (text,)
    note = _("Rows of {values} values are taken as images one pixel high.")
    return array[:, None, :], (note.format(values=values),)


def _valued(array: NDArray) -> tuple[NDArray, str, tuple[str, ...]]:
    """Return pixels as uint8 or float32, the preset that suits them and notes."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255), "unit", ()
    low, high = array.min(), array.max()
    notes: tuple[str, ...] = ()
    if array.dtype.kind == "f" and low >= 0 and 0 < high <= 1:
        array = array.astype(np.float32) * np.float32(255)
        notes = (_("Values between 0 and 1 are taken as shares of 255."),)
    elif low < 0 or high > 255:
        note = _("Values lie between {low:g} and {high:g}, so they are used as they are.")
        return array.astype(np.float32), "raw", (note.format(low=float(low), high=float(high)),)
    if array.dtype.kind == "f":
        rounded = np.rint(array)
        if np.abs(array - rounded).max() > _BYTE_STEPS:
            return array.astype(np.float32), "unit", notes
        array = rounded
    return array.astype(np.uint8), "unit", notes


def _from_one_hot(array: NDArray, file: str) -> NDArray:
    if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
        msg = _(
            "{file}: labels of shape {shape} are not one-hot (a single 1 in each row); "
            "give one class number for each image"
        )
        raise DataError(msg.format(file=file, shape=array.shape))
    numbers: NDArray = array.argmax(axis=1)
    return numbers


def _from_texts(array: NDArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names, labels = np.unique(array, return_inverse=True)
    return labels.astype(np.int64), tuple(str(name) for name in names)


def _refuse_bad_labels(array: NDArray, file: str) -> None:
    with np.errstate(invalid="ignore"):
        bad = (array != np.floor(array)) | (array < 0) | (array > HIGHEST_LABEL)
    if array.dtype.kind == "f":
        bad |= ~np.isfinite(array)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        msg = _(
            "{file}: the label of image {row} is {label}; "
            "labels are whole numbers from 0 to {highest}, counted from 0"
        )
        label = array[row].item()
        raise DataError(msg.format(file=file, row=row, label=label, highest=HIGHEST_LABEL))
