"""Turn images into the batches that a model takes."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from wc_core.data.spec import PreprocessSpec, resized
from wc_core.errors import DataError
from wc_core.words import _

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601, as Pillow and OpenCV do


def preprocess(
    images: NDArray | Sequence[NDArray], spec: PreprocessSpec, channels: int
) -> NDArray[np.float32]:
    """Turn images into a batch that a model takes.

    Parameters
    ----------
    images : ndarray (n, h, w) or (n, h, w, c), ndarray (h, w), or sequence of (h, w[, c])
        Pixels. One colour image is given as `image[None]`.
    spec : PreprocessSpec
    channels : int
        Channels that the model takes.

    Returns
    -------
    ndarray (n, channels, height, width) of float32

    Raises
    ------
    DataError
        If sizes differ after preprocessing, or channels are not the model's.

    Examples
    --------
    >>> from wc_core.data import PRESETS
    >>> preprocess(np.full((1, 1, 2), 255, np.uint8), PRESETS["minus_one_to_one"], 1)
    array([[[[1., 1.]]]], dtype=float32)
    """
    if isinstance(images, np.ndarray):
        batch = _with_channels(images[None] if images.ndim == 2 else images, 4)
        batch = _sized_batch(batch, spec)
        return _scaled(_coloured(batch, spec.colour), spec, channels)
    if len(images) == 0:
        raise DataError(_("there are no images to preprocess"))
    parts = [_coloured(part, spec.colour) for part in _sized(images, spec)]
    shapes = sorted({part.shape[1:] for part in parts})
    if len(shapes) > 1:
        msg = _(
            "images differ in size or channels after preprocessing ({first} and {last}); "
            'set resize and crop, and colour="rgb" or "grey"'
        )
        raise DataError(msg.format(first=times(shapes[0]), last=times(shapes[-1])))
    return _scaled(np.concatenate(parts), spec, channels)


def _sized(images: Sequence[NDArray], spec: PreprocessSpec) -> Iterator[NDArray]:
    for image in images:
        yield _sized_batch(_with_channels(image, 3)[None], spec)


def _sized_batch(batch: NDArray, spec: PreprocessSpec) -> NDArray:
    """Resize and crop a batch (n, h, w, c)."""
    height, width = spec.size_after(*batch.shape[1:3])
    size = resized(batch.shape[1], batch.shape[2], spec.resize)
    if size != batch.shape[1:3] and len(batch):
        batch = np.stack([_resize(image, size, spec.interpolation) for image in batch])
    top, left = round((size[0] - height) / 2), round((size[1] - width) / 2)
    return batch[:, top : top + height, left : left + width]


def _resize(image: NDArray, size: tuple[int, int], interpolation: str) -> NDArray:
    """Resize (h, w, c) with Pillow, whose filters the usual recipes were made with."""
    from PIL import Image

    method = Image.Resampling[interpolation.upper()]
    if image.dtype != np.uint8:
        image = image.astype(np.float32)  # one plane at a time: Pillow has no float colours
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(size[::-1], method))
        for plane in np.moveaxis(image, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def _with_channels(images: NDArray, ndim: int) -> NDArray:
    if images.ndim == ndim - 1:
        images = images[..., None]
    if images.ndim != ndim or 0 in images.shape[-3:]:
        msg = _("an image has height, width and perhaps channels; got an array of shape {shape}")
        raise DataError(msg.format(shape=times(images.shape)))
    return images


def _coloured(batch: NDArray, colour: str) -> NDArray:
    """Bring (n, h, w, c) to the colours wanted; a fourth channel, alpha, is dropped."""
    found = batch.shape[-1]
    if colour == "as_is" or (colour == "grey" and found == 1):
        return batch
    if found not in (1, 3, 4):
        msg = _('images of {found} channels cannot become {colour}; use colour="as_is"')
        raise DataError(msg.format(found=found, colour=colour))
    if colour == "grey":
        grey: NDArray = batch[..., :3].astype(np.float32) @ _LUMA
        return grey[..., None]
    if found == 1:
        return np.broadcast_to(batch, (*batch.shape[:-1], 3))
    return batch[..., 2::-1] if colour == "bgr" else batch[..., :3]


def _scaled(batch: NDArray, spec: PreprocessSpec, channels: int) -> NDArray[np.float32]:
    """Apply divide, mean and std, and put channels first."""
    check_channels(batch.shape[-1], spec, channels)
    out = np.moveaxis(batch, -1, 1).astype(np.float32, order="C")
    if spec.divide != 1:
        out /= np.float32(spec.divide)
    out -= np.array(spec.mean, np.float32)[:, None, None]
    out /= np.array(spec.std, np.float32)[:, None, None]
    return out


def check_channels(found: int, spec: PreprocessSpec, channels: int) -> None:
    """Refuse images whose channels after the colour step are not the model's.

    Raises
    ------
    DataError
        If they differ, or mean and std are made for another number.
    """
    if found != channels:
        fix = "grey" if channels == 1 else "rgb"
        msg = _(
            "the images have {found} channels and the model takes {channels}; "
            'set colour="{fix}" in the preprocessing'
        )
        if channels not in (1, 3):
            msg = _("the images have {found} channels and the model takes {channels}")
        raise DataError(msg.format(found=found, channels=channels, fix=fix))
    wrong = {len(spec.mean), len(spec.std)} - {1, channels}
    if wrong:
        msg = _("mean and std are given for {given} channels and the model takes {channels}")
        raise DataError(msg.format(given=max(wrong), channels=channels))


def times(shape: Sequence[int]) -> str:
    """Write a shape for people."""
    return "×".join(map(str, shape))
