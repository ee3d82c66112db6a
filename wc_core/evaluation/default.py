"""How a model is measured when nobody said how."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wc_core.data import PRESETS, Dataset, PreprocessSpec
from wc_core.evaluation.report import EvaluationConfig

Size = tuple[int, int]

BATCH_VALUES = 8_000_000
"""Numbers in one batch at most: deep layers hold many times as many."""

ANY_SIZE = 224
"""Side to which images of differing sizes are brought where the model takes any."""


class HasInput(Protocol):
    """The part of a runner or forward that decides how it is fed.

    A `default_preprocess` (key in `wc_core.data.PRESETS`) is used where there is one.
    """

    @property
    def n_classes(self) -> int:
        """Number of classes."""

    @property
    def input_shape(self) -> tuple[int, int | None, int | None]:
        """Channels, height, width; None where any size will do."""


def default_config(model: HasInput, dataset: Dataset) -> EvaluationConfig:
    """Choose a preprocessing that makes the images fit the model.

    The data set's own preset is taken when its images fit the model as they are, as they are
    then likely what the model was trained on; else the model's preset. Either is changed
    where it must be: size, and grey or colour.

    Parameters
    ----------
    model : Runner or Forward
    dataset : Dataset

    Returns
    -------
    EvaluationConfig
        With smaller batches for large images.
    """
    spec = _preset(model, dataset)
    spec = _sized(_coloured(spec, model, dataset), model, dataset)
    return EvaluationConfig(preprocess=spec, batch_size=_batch_size(spec, model, dataset))


def _preset(model: HasInput, dataset: Dataset) -> PreprocessSpec:
    channels = model.input_shape[0]
    own = PRESETS[dataset.default_preprocess]
    as_is = _channels(dataset.images) == {channels} and _suits(own, channels)
    if as_is and _gives(own, _sizes(dataset.images), model):
        return own
    candidates = (getattr(model, "default_preprocess", ""), dataset.default_preprocess)
    specs = [PRESETS[name] for name in candidates if name in PRESETS]
    return next((spec for spec in specs if _suits(spec, channels)), PRESETS["unit"])


def _suits(spec: PreprocessSpec, channels: int) -> bool:
    """Tell whether the mean and deviation are one for all channels, or one for each."""
    return len(spec.mean) in (1, channels) and len(spec.std) in (1, channels)


def _gives(spec: PreprocessSpec, sizes: set[Size], model: HasInput) -> bool:
    """Tell whether all images come out in one size that the model takes."""
    after = {_size_after(spec, size) for size in sizes}
    if len(after) != 1:
        return False
    wanted = model.input_shape[1:]
    return all(w is None or w == got for w, got in zip(wanted, after.pop(), strict=True))


def _size_after(spec: PreprocessSpec, size: Size) -> Size:
    if spec.crop is not None:
        return spec.crop, spec.crop
    if spec.resize is None:
        return size
    short = min(size)
    height, width = (max(1, round(side * spec.resize / short)) for side in size)
    return height, width


def _coloured(spec: PreprocessSpec, model: HasInput, dataset: Dataset) -> PreprocessSpec:
    wanted = model.input_shape[0]
    given = _channels(dataset.images)
    possible = {1: ("grey",), 3: ("rgb", "bgr")}.get(wanted, ())
    if spec.colour in possible or (given == {wanted} and spec.colour == "as_is"):
        return spec
    changed = given != {wanted} and bool(possible)
    return replace(spec, colour=possible[0] if changed else "as_is")


def _sized(spec: PreprocessSpec, model: HasInput, dataset: Dataset) -> PreprocessSpec:
    sizes = _sizes(dataset.images)
    if _gives(spec, sizes, model):
        return spec
    plain = replace(spec, resize=None, crop=None)
    if _gives(plain, sizes, model):
        return plain
    smallest = min((min(size) for size in sizes), default=ANY_SIZE)
    side = model.input_shape[1] or model.input_shape[2] or min(ANY_SIZE, smallest)
    return replace(spec, resize=side, crop=side)


def _batch_size(spec: PreprocessSpec, model: HasInput, dataset: Dataset) -> int:
    sizes = {_size_after(spec, size) for size in _sizes(dataset.images)}
    pixels = max((height * width for height, width in sizes), default=1)
    fitting = BATCH_VALUES // max(1, pixels * model.input_shape[0])
    return 1 << (min(256, max(1, fitting)).bit_length() - 1)


def _sizes(images: Sequence[NDArray]) -> set[Size]:
    if isinstance(images, np.ndarray):
        return {(images.shape[1], images.shape[2])}
    return {(image.shape[0], image.shape[1]) for image in images}


def _channels(images: Sequence[NDArray]) -> set[int]:
    shapes = {images.shape[1:]} if isinstance(images, np.ndarray) else {i.shape for i in images}
    return {shape[2] if len(shape) == 3 else 1 for shape in shapes}
