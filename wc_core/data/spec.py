"""What is done to an image before a model sees it, as a value that serialises to JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Self

from wc_core.errors import ConfigError, DataError
from wc_core.json_form import known_fields
from wc_core.words import _

COLOURS = ("as_is", "grey", "rgb", "bgr")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest")
LARGEST_SIDE = 4096
MOST_PIXELS = 2**26  # of one image; a strip of 1 x 100,000 pixels resized to 224 would exceed it
CHANNELS = {"grey": 1, "rgb": 3, "bgr": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessSpec:
    """Everything that is done to an image before a model sees it.

    In this order: resize, crop, colour, then (pixel / divide - mean) / std.

    Parameters
    ----------
    resize : int or None
        Length of the shorter side in pixels; the shape of the image is kept.
    crop : int or None
        Side in pixels of the square cut from the centre.
    colour : {"as_is", "grey", "rgb", "bgr"}
        Channels that the model expects.
    divide : float
        Pixels are divided by this first; 255 brings them to 0..1.
    mean, std : tuple of float
        One number, or one for each channel.
    interpolation : {"bilinear", "bicubic", "nearest"}
        How pixels are made when resizing.

    Raises
    ------
    ConfigError
        If a value is impossible, such as a std of 0.

    Examples
    --------
    >>> spec = PreprocessSpec(mean=(0.5,), std=(0.5,))
    >>> PreprocessSpec.from_dict(spec.to_dict()) == spec
    True
    """

    resize: int | None = None
    crop: int | None = None
    colour: str = "as_is"
    divide: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        _check_choice("colour", self.colour, COLOURS)
        _check_choice("interpolation", self.interpolation, INTERPOLATIONS)
        for name in ("resize", "crop"):
            _check_side(name, getattr(self, name))
        if self.resize and self.crop and self.crop > self.resize:
            msg = _("preprocess: a crop of {crop} is larger than the resized side of {resize}")
            raise ConfigError(msg.format(crop=self.crop, resize=self.resize))
        object.__setattr__(self, "divide", _number("divide", self.divide, positive=True))
        for name in ("mean", "std"):
            numbers = _numbers(name, getattr(self, name), positive=name == "std")
            object.__setattr__(self, name, numbers)
        self._check_lengths()

    def _check_lengths(self) -> None:
        lengths = {len(self.mean), len(self.std)} - {1}
        wanted = CHANNELS.get(self.colour)
        if len(lengths) > 1 or (wanted and lengths - {wanted}):
            msg = _(
                "preprocess: mean has {mean} numbers and std {std}; give one each, "
                "or one for each channel of colour={colour!r}"
            )
            raise ConfigError(
                msg.format(mean=len(self.mean), std=len(self.std), colour=self.colour)
            )

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types: this is the form that is stored and shared."""
        return asdict(self) | {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a spec from `to_dict`.

        Raises
        ------
        ConfigError
            If a key is unknown or a value is impossible.
        """
        return cls(**known_fields("preprocess", data, cls))

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        """Return the (height, width) that an image of the given size ends up with.

        Raises
        ------
        DataError
            If the image is too small for the crop, or absurdly long and thin.
        """
        height, width = resized(height, width, self.resize)
        if height * width > MOST_PIXELS:
            msg = _("images of {height}×{width} pixels after resizing are too large")
            raise DataError(msg.format(height=height, width=width))
        if self.crop is None:
            return height, width
        if min(height, width) < self.crop:
            msg = _(
                "images of {height}×{width} pixels are too small for a crop of {crop}; "
                "set resize={crop} or a smaller crop"
            )
            raise DataError(msg.format(height=height, width=width, crop=self.crop))
        return self.crop, self.crop


def resized(height: int, width: int, shorter: int | None) -> tuple[int, int]:
    """Return the (height, width) whose shorter side is `shorter`, in about the same shape."""
    if shorter is None:
        return height, width
    if height <= width:
        return shorter, max(shorter, int(shorter * width / height))
    return max(shorter, int(shorter * height / width)), shorter


def _check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        msg = _("preprocess: {name} is one of {known}, got {value!r}")
        raise ConfigError(msg.format(name=name, known=", ".join(known), value=value))


def _check_side(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST_SIDE:
        msg = _("preprocess: {name} is a whole number from 1 to {most} or none, got {value!r}")
        raise ConfigError(msg.format(name=name, most=LARGEST_SIDE, value=value))


def _number(name: str, value: object, *, positive: bool) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        number = float(value) if good else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or (positive and number <= 0):
        msg = _("preprocess: {name} is a number, got {value!r}")
        if positive:
            msg = _("preprocess: {name} is a number above 0, got {value!r}")
        raise ConfigError(msg.format(name=name, value=value))
    return number


def _numbers(name: str, value: object, *, positive: bool) -> tuple[float, ...]:
    values = value if isinstance(value, list | tuple) else (value,)
    if not values:
        raise ConfigError(_("preprocess: {name} holds no number").format(name=name))
    return tuple(_number(name, item, positive=positive) for item in values)


_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
_CIFAR10 = {"mean": (0.4914, 0.4822, 0.4465), "std": (0.2470, 0.2435, 0.2616)}

PRESETS: Mapping[str, PreprocessSpec] = MappingProxyType(
    {
        "unit": PreprocessSpec(),
        "minus_one_to_one": PreprocessSpec(mean=(0.5,), std=(0.5,)),
        "raw": PreprocessSpec(divide=1.0),
        "fashion_mnist": PreprocessSpec(colour="grey", mean=(0.2860,), std=(0.3530,)),
        "mnist": PreprocessSpec(colour="grey", mean=(0.1307,), std=(0.3081,)),
        "cifar10": PreprocessSpec(colour="rgb", **_CIFAR10),  # type: ignore[arg-type]
        "imagenet": PreprocessSpec(resize=256, crop=224, colour="rgb", **_IMAGENET),  # type: ignore[arg-type]
        "imagenet_inception": PreprocessSpec(
            resize=342, crop=299, colour="rgb", mean=(0.5,), std=(0.5,)
        ),
        "efficientnet_lite": PreprocessSpec(
            resize=256,
            crop=224,
            colour="rgb",
            divide=1.0,
            mean=(127.0,),
            std=(128.0,),
            interpolation="bicubic",
        ),
    }
)
