"""Which tensors of a model are clustered, and why the others are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from wc_core.models.model import TensorInfo
from wc_core.models.weights import FLOATS
from wc_core.recipe import Recipe
from wc_core.words import _


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A tensor and what a recipe does with it.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : str
    n_weights : int
    skipped : str
        Why the tensor is left as it is; empty if it is clustered.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    n_weights: int
    skipped: str = ""


def list_layers(infos: Sequence[TensorInfo], recipe: Recipe) -> tuple[LayerInfo, ...]:
    """Return every tensor with the reason why the recipe leaves it, if it does.

    Examples
    --------
    >>> shapes = {"fc.weight": (10, 84), "fc.bias": (10,)}
    >>> infos = [TensorInfo(name, shape, "float32") for name, shape in shapes.items()]
    >>> [bool(layer.skipped) for layer in list_layers(infos, Recipe())]
    [False, True]
    """
    depthwise = _depthwise(infos)
    return tuple(
        LayerInfo(
            name=info.name,
            shape=info.shape,
            dtype=info.dtype,
            n_weights=info.n_weights,
            skipped=_impossible(info) or _unwanted(info, recipe, depthwise),
        )
        for info in infos
    )


def _impossible(info: TensorInfo) -> str:
    """Return why no recipe can cluster the tensor."""
    if info.tied_to is not None:
        return _("shares its weights with {name}").format(name=info.tied_to)
    if info.dtype not in FLOATS:
        return _("holds {dtype}, not real numbers").format(dtype=info.dtype)
    if len(info.shape) < 2:
        return _("one dimension only (a bias or a norm)")
    if info.n_weights == 0:
        return _("holds no weights")
    return ""


def _unwanted(info: TensorInfo, recipe: Recipe, depthwise: set[str]) -> str:
    """Return why this recipe leaves the tensor."""
    if recipe.forces(info.name):
        return ""
    if not recipe.chooses(info.name):
        return _("not chosen")
    if info.name in depthwise:
        return _("depthwise convolution: few weights, each of them matters; include it by name")
    if info.n_weights < recipe.min_weights:
        msg = _("tiny: {n} weights, fewer than {limit}; include it by name")
        return msg.format(n=info.n_weights, limit=recipe.min_weights)
    return ""


def _depthwise(infos: Sequence[TensorInfo]) -> set[str]:
    """Return the convolutions of shape (out, 1, kh, kw), but for the first one.

    By its shape alone a depthwise convolution looks like one on grey images; that one comes first.
    """
    convolutions = [info for info in infos if len(info.shape) == 4]
    return {
        info.name
        for info in convolutions[1:]
        if info.shape[0] > 1 and info.shape[1] == 1 and info.shape[2] * info.shape[3] > 1
    }
