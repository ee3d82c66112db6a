"""Chains of linear layers, LeNet-300-100 among them."""

from functools import partial
from math import isqrt

import torch
from torch import nn
from torch.nn import functional as F

from wc_core.models.model import InputShape
from wc_core.models.zoo._base import ARCHITECTURES, Design, Shapes
from wc_core.models.zoo._chain import chain, links

_MAX_DEPTH = 16


class MLP(nn.Module):
    """Linear layers fc1, fc2, ... with ReLU between them, on flattened images.

    Parameters
    ----------
    features : tuple of int
        Inputs of the first layer, then outputs of every layer.
    biases : tuple of bool, optional
        Which layers have a bias; all by default.
    """

    def __init__(self, features: tuple[int, ...], biases: tuple[bool, ...] = ()) -> None:
        super().__init__()
        self.depth = len(features) - 1
        for i in range(self.depth):
            bias = biases[i] if biases else True
            self.add_module(f"fc{i + 1}", nn.Linear(features[i], features[i + 1], bias=bias))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        x = images.flatten(1)
        for i in range(1, self.depth):
            x = F.relu(self.get_submodule(f"fc{i}")(x))
        logits: torch.Tensor = self.get_submodule(f"fc{self.depth}")(x)
        return logits


@ARCHITECTURES.register("mlp")
def read_mlp(shapes: Shapes) -> Design | None:
    """Read a chain of linear layers; names are free, their order follows from the shapes."""
    found = links(shapes)
    if not found or len(found) > _MAX_DEPTH or any(len(link.shape) != 2 for link in found):
        return None
    order = chain(found)
    if order is None or order[-1].shape[0] < 2:
        return None
    features = (order[0].shape[1], *(link.shape[0] for link in order))
    lenet = len(features) == 4 and features[:3] == (784, 300, 100)
    return Design(
        name="LeNet-300-100" if lenet else "MLP " + "-".join(map(str, features)),
        n_classes=features[-1],
        input_shape=_input_shape(features[0]),
        default_preprocess="unit",
        build=partial(MLP, features, tuple(link.bias for link in order)),
        names={
            f"fc{i + 1}.{kind}": f"{link.stem}.{kind}"
            for i, link in enumerate(order)
            for kind in ("weight", "bias")
        },
    )


def _input_shape(n: int) -> InputShape:
    """Return the image that has `n` values: square, grey or of three colours, or else a row."""
    for channels in (1, 3):
        side = isqrt(n // channels)
        if channels * side * side == n:
            return (channels, side, side)
    return (1, 1, n)
