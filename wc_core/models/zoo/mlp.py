"""Chains of linear layers under any names, LeNet-300-100 among them.

Such a network is told by its shapes: each layer takes what the one before gives. ReLU is
taken to stand between them.

References
----------
Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998: LeNet-300-100.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from math import isqrt
from typing import TYPE_CHECKING

from wc_core.models.model import InputShape
from wc_core.models.zoo._chain import chain, links, renames
from wc_core.models.zoo._registry import ARCHITECTURES, Shapes
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

MAX_DEPTH = 16


def build_lenet_300_100(n_classes: int = 10) -> "nn.Module":
    """Return LeNet-300-100 for images of 28 x 28 (266,610 parameters)."""
    return build_mlp((784, 300, 100, n_classes))


def build_mlp(widths: Sequence[int], biases: Sequence[bool] = ()) -> "nn.Module":
    """Return linear layers fc1, fc2, ... with ReLU between them, on flattened images.

    Parameters
    ----------
    widths : sequence of int
        Inputs of the first layer, then outputs of every layer.
    biases : sequence of bool, optional
        Which layers have a bias; all by default.
    """
    from torch import nn

    depth = len(widths) - 1
    parts: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    for i, bias in enumerate(biases or [True] * depth):
        parts[f"fc{i + 1}"] = nn.Linear(widths[i], widths[i + 1], bias)
        if i < depth - 1:
            parts[f"relu{i + 1}"] = nn.ReLU()
    return nn.Sequential(parts)


@ARCHITECTURES.register("mlp")
def mlp(shapes: Shapes) -> TorchForward | None:
    """Propose a chain of all layers, if they are linear and their widths match."""
    found = links(shapes)
    if not found or len(found) > MAX_DEPTH or any(len(link.shape) != 2 for link in found):
        return None
    order = chain(found)
    if order is None:
        return None
    widths = (order[0].shape[1], *(link.shape[0] for link in order))
    shape = image_shape(widths[0])
    known = widths[:-1] == (784, 300, 100)
    return TorchForward(
        name="LeNet-300-100" if known else "MLP " + "-".join(map(str, widths)),
        n_classes=widths[-1],
        input_shape=shape,
        default_preprocess=small_preset(shape),
        build=partial(build_mlp, widths, tuple(link.bias for link in order)),
        renames=renames([f"fc{i + 1}" for i in range(len(order))], order),
    )


def image_shape(n: int) -> InputShape:
    """Return the image of `n` values: square, grey or of three colours, or else a row.

    Examples
    --------
    >>> image_shape(784), image_shape(3072), image_shape(10)
    ((1, 28, 28), (3, 32, 32), (1, 1, 10))
    """
    for channels in (1, 3):
        side = isqrt(n // channels)
        if channels * side * side == n:
            return (channels, side, side)
    return (1, 1, n)


def small_preset(shape: InputShape) -> str:
    """Return the preprocessing that suits small images of a shape."""
    if shape == (1, 28, 28):
        return "fashion_mnist"
    return "cifar10" if shape == (3, 32, 32) else "unit"
