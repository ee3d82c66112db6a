"""Labelled images, as the engine and the pages see them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wc_core.data.preprocess import check_channels, preprocess
from wc_core.data.spec import CHANNELS, PreprocessSpec
from wc_core.errors import ConfigError, DataError
from wc_core.words import _

InputShape = tuple[int, int | None, int | None]
THUMBNAIL_SIDE = 256  # pixels at most; a page shows them smaller
KEPT_BYTES = 1 << 27  # of preprocessed images that a data set keeps at most

_Batch = NDArray[np.float32]
_Preparation = tuple[PreprocessSpec, InputShape, int]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, with labels if they are known.

    Parameters
    ----------
    name : str
        For people.
    digest : str
        SHA-256 of the file, in hexadecimal; differs for a part of it.
    images : ndarray (n, h, w[, c]) or sequence of (h, w[, c]) arrays
        Pixels; a sequence if images differ in size.
    labels : ndarray (n,) of int64, or None
    class_names : tuple of str
        One for each class; empty without labels.
    default_preprocess : str
        Key in `PRESETS` that suits the values of the pixels.
    notes : tuple of str
        What a person should know about how the file was read.
    """

    name: str
    digest: str
    images: NDArray | Sequence[NDArray]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...] = ()
    default_preprocess: str = "unit"
    notes: tuple[str, ...] = ()
    _prepared: "dict[_Preparation, tuple[_Batch, ...]]" = field(
        default_factory=dict, init=False, repr=False
    )
    _parts: "dict[int, Dataset]" = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    def batches(
        self, spec: PreprocessSpec, input_shape: InputShape, batch_size: int
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the images in order, preprocessed, some at a time.

        What was prepared last is kept, unless it is too large: a model that is measured again
        and again gets the very same arrays each time.

        Parameters
        ----------
        spec : PreprocessSpec
        input_shape : tuple
            Channels, height, width of the model; None where any size will do.
        batch_size : int
            Images in a batch; the last may hold fewer.

        Yields
        ------
        ndarray (n, channels, height, width) of float32, read-only

        Raises
        ------
        ConfigError
            If the batch size is below 1.
        DataError
            If images do not become what the model takes.
        """
        if batch_size < 1:
            msg = _("a batch holds 1 image or more, got {n}").format(n=batch_size)
            raise ConfigError(msg)
        wanted = (spec, input_shape, batch_size)
        kept = self._prepared.get(wanted)
        if kept is not None:
            yield from kept
            return
        batches: list[_Batch] = []
        for start in range(0, len(self), batch_size):
            batch = preprocess(self.images[start : start + batch_size], spec, input_shape[0])
            _check_size(batch.shape[2:], input_shape)
            batch.flags.writeable = False
            if batch.nbytes * len(self) <= KEPT_BYTES * len(batch):
                batches.append(batch)
            yield batch
        if sum(map(len, batches)) == len(self):
            self._prepared.clear()
            self._prepared[wanted] = tuple(batches)

    def take(self, n: int) -> "Dataset":
        """Return n of the images: the first, or evenly spread ones if labels are in order.

        Raises
        ------
        ConfigError
            If n is below 1.
        """
        if n < 1:
            raise ConfigError(_("a part of a data set has 1 image or more, got {n}").format(n=n))
        if n >= len(self):
            return self
        part = self._parts.get(n)
        if part is None:
            part = self._part(n)
            self._parts.clear()  # the part in use keeps its own prepared images, others go
            self._parts[n] = part
        return part

    def _part(self, n: int) -> "Dataset":
        rows = np.arange(n)
        if self.labels is not None and np.all(np.diff(self.labels) >= 0):
            rows = np.linspace(0, len(self) - 1, n).round().astype(np.intp)
        uniform = isinstance(self.images, np.ndarray)
        return replace(
            self,
            digest=hashlib.sha256(f"{self.digest}:{n}".encode()).hexdigest(),
            images=self.images[rows] if uniform else [self.images[i] for i in rows],  # type: ignore[call-overload]
            labels=None if self.labels is None else self.labels[rows],
        )

    def thumbnail(self, i: int) -> NDArray[np.uint8]:
        """Return image i for showing, (h, w) or (h, w, 3), its longer side at most 256 pixels."""
        image = np.asarray(self.images[i])
        step = -(-max(image.shape[:2]) // THUMBNAIL_SIDE)
        image = image[::step, ::step]
        if image.ndim == 3:
            image = image[..., :3] if image.shape[-1] >= 3 else image[..., 0]
        return image if image.dtype == np.uint8 else _shown(image)


def check_fits(
    dataset: Dataset, spec: PreprocessSpec, input_shape: InputShape, n_classes: int
) -> None:
    """Refuse a data set that the model cannot be evaluated on.

    Parameters
    ----------
    dataset : Dataset
    spec : PreprocessSpec
    input_shape : tuple
        Channels, height, width of the model; None where any size will do.
    n_classes : int
        Classes that the model tells apart.

    Raises
    ------
    DataError
        If labels are no classes of the model, or images do not become what it takes.
    """
    _check_labels(dataset, n_classes)
    shapes = _shapes(dataset)
    for channels in sorted({shape[2] for shape in shapes}):
        check_channels(CHANNELS.get(spec.colour, channels), spec, input_shape[0])
    sizes = sorted({spec.size_after(*shape[:2]) for shape in shapes})
    for size in sizes:
        _check_size(size, input_shape)
    if len(sizes) > 1:
        msg = _(
            "images differ in size, from {first} to {last} pixels; "
            "set resize and crop in the preprocessing"
        )
        raise DataError(msg.format(first=_pixels(sizes[0]), last=_pixels(sizes[-1])))


def _check_labels(dataset: Dataset, n_classes: int) -> None:
    if dataset.labels is None:
        return
    wrong = dataset.labels[(dataset.labels < 0) | (dataset.labels >= n_classes)]
    if len(wrong):
        msg = _(
            "label {label} of {name} is not one of the model's {n} classes, 0 to {last} "
            "({count} of {all} images have such labels); use data with the model's classes"
        )
        raise DataError(
            msg.format(
                label=int(wrong[0]),
                name=dataset.name,
                n=n_classes,
                last=n_classes - 1,
                count=len(wrong),
                all=len(dataset),
            )
        )


def _shapes(dataset: Dataset) -> set[tuple[int, int, int]]:
    """Return all (height, width, channels) that occur."""
    whole = isinstance(dataset.images, np.ndarray)
    found = {dataset.images.shape[1:]} if whole else {x.shape for x in dataset.images}  # type: ignore[union-attr]
    return {(shape[0], shape[1], shape[2] if len(shape) > 2 else 1) for shape in found}


def _check_size(found: tuple[int, ...], input_shape: InputShape) -> None:
    wanted = tuple(
        have if want is None else want for have, want in zip(found, input_shape[1:], strict=True)
    )
    if tuple(found) != wanted:
        msg = _(
            "images have {found} pixels after preprocessing and the model takes {wanted}; "
            "set resize and crop in the preprocessing"
        )
        raise DataError(msg.format(found=_pixels(found), wanted=_pixels(wanted)))


def _shown(image: NDArray) -> NDArray[np.uint8]:
    """Stretch values that are no bytes to 0..255, or cut them if they nearly are."""
    values = image.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255 or high <= 1:
        values = (values - low) / (high - low or 1.0) * 255
    shown: NDArray[np.uint8] = np.rint(values).astype(np.uint8)
    return shown


def _pixels(size: tuple[int, ...]) -> str:
    return "×".join(map(str, size))
