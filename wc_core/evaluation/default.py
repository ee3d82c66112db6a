"""How a model is measured when nobody said how."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wc_core.data import PRESETS, Dataset, PreprocessSpec
from wc_core.data.spec import CHANNELS
from wc_core.errors import DataError
from wc_core.evaluation.report import EvaluationConfig
from wc_core.models import TakesImages

Size = tuple[int, int]
Images = NDArray | Sequence[NDArray]

BATCH_VALUES = 700_000
"""Numbers in one batch at most: what deep layers make of them then stays near the processor."""

ANY_SIZE = 224
"""Side to which images of differing sizes are brought where the model takes any."""


def default_config(model: TakesImages, dataset: Dataset) -> EvaluationConfig:
    """Choose a preprocessing that makes the images fit the model.

    The data set's own preset is taken when its images fit the model as they are, as they are
    then likely what the model was trained on; else the model's preset. Either is changed
    where it must be: size, and grey or colour.

    Parameters
    ----------
    model : Runner or Forward
        One that has a `default_preprocess` (a key in `wc_core.data.PRESETS`) knows what suits it.
    dataset : Dataset

    Returns
    -------
    EvaluationConfig
        With smaller batches for large images.
    """
    spec = _preset(model, dataset)
    spec = _sized(_coloured(spec, model, dataset), model, dataset)
    return EvaluationConfig(preprocess=spec, batch_size=_batch_size(spec, model, dataset))


def _preset(model: TakesImages, dataset: Dataset) -> PreprocessSpec:
    own = PRESETS[dataset.default_preprocess]
    if _fits(own, model, dataset):
        return own
    usual = PRESETS.get(getattr(model, "default_preprocess", ""), own)
    # Values outside 0..255 were normalised by whoever made the file: never do so twice.
    first, second = (own, usual) if own == PRESETS["raw"] else (usual, own)
    channels = model.input_shape[0]
    return next((spec for spec in (first, second) if _suits(spec, channels)), PRESETS["unit"])


def _suits(spec: PreprocessSpec, channels: int) -> bool:
    """Tell whether mean and deviation are one number for all channels, or one for each."""
    return {len(spec.mean), len(spec.std)} <= {1, channels}


def _fits(spec: PreprocessSpec, model: TakesImages, dataset: Dataset) -> bool:
    """Tell whether the images come out as the model takes them."""
    channels = model.input_shape[0]
    given = _channels(dataset.images)
    after = {CHANNELS[spec.colour]} if spec.colour in CHANNELS else given
    return after == {channels} and _suits(spec, channels) and _sizes_fit(spec, model, dataset)


def _sizes_fit(spec: PreprocessSpec, model: TakesImages, dataset: Dataset) -> bool:
    """Tell whether all images come out in one size, which the model takes."""
    after = _sizes_after(spec, dataset)
    if len(after) != 1:
        return False
    wanted = model.input_shape[1:]
    return all(w is None or w == got for w, got in zip(wanted, after.pop(), strict=True))


def _sizes_after(spec: PreprocessSpec, dataset: Dataset) -> set[Size]:
    """Return the sizes that images come out in; none if some cannot be cut so."""
    try:
        return {spec.size_after(*size) for size in _sizes(dataset.images)}
    except DataError:
        return set()


def _coloured(spec: PreprocessSpec, model: TakesImages, dataset: Dataset) -> PreprocessSpec:
    channels = model.input_shape[0]
    as_is = _channels(dataset.images) == {channels}
    if CHANNELS.get(spec.colour, channels if as_is else None) == channels:
        return spec
    usual = {1: "grey", 3: "rgb"}.get(channels, "as_is")
    return replace(spec, colour="as_is" if as_is else usual)


def _sized(spec: PreprocessSpec, model: TakesImages, dataset: Dataset) -> PreprocessSpec:
    untouched = replace(spec, resize=None, crop=None)
    for candidate in (spec, untouched):
        if _sizes_fit(candidate, model, dataset):
            return candidate
    smallest = min((min(size) for size in _sizes(dataset.images)), default=ANY_SIZE)
    side = model.input_shape[1] or model.input_shape[2] or min(ANY_SIZE, smallest)
    return replace(spec, resize=side, crop=side)


def _batch_size(spec: PreprocessSpec, model: TakesImages, dataset: Dataset) -> int:
    pixels = max((h * w for h, w in _sizes_after(spec, dataset)), default=1)
    fitting = BATCH_VALUES // max(1, pixels * model.input_shape[0])
    return 1 << (min(256, max(1, fitting)).bit_length() - 1)


def _sizes(images: Images) -> set[Size]:
    if isinstance(images, np.ndarray):
        return {(images.shape[1], images.shape[2])}
    return {(image.shape[0], image.shape[1]) for image in images}


def _channels(images: Images) -> set[int]:
    shapes = {images.shape[1:]} if isinstance(images, np.ndarray) else {i.shape for i in images}
    return {shape[2] if len(shape) == 3 else 1 for shape in shapes}
