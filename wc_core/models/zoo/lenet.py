"""LeNet-5, as published and as Caffe has it."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from wc_core.models.zoo._base import ARCHITECTURES, Design, Shapes
from wc_core.models.zoo._chain import Link, links, natural
from wc_core.models.zoo.mlp import MLP

_KERNEL = 5


class LeNet5(nn.Module):
    """Two convolutions of 5x5, each followed by 2x2 max-pooling, then linear layers; ReLU between.

    Parameters
    ----------
    in_channels : int
    channels : pair of int
        Output channels of the convolutions.
    features : tuple of int
        Inputs of the first linear layer, then outputs of every linear layer.
    side : int
        Height and width of the feature maps that the first linear layer sees.

    References
    ----------
    Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998.
    """

    def __init__(
        self, in_channels: int, channels: tuple[int, int], features: tuple[int, ...], side: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels[0], _KERNEL)
        self.conv2 = nn.Conv2d(channels[0], channels[1], _KERNEL)
        self.depth = len(features) - 1
        for i in range(self.depth):
            self.add_module(f"fc{i + 1}", nn.Linear(features[i], features[i + 1]))
        self.input_side = _input_side(side)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits; images a little smaller than wanted get a border of zeros.

        28 x 28 images are padded to the 32 x 32 of the paper, which is the same as
        padding the first convolution by 2.
        """
        border = max(0, self.input_side - images.shape[-1]) // 2
        x = F.pad(images, (border, border, border, border))
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        for i in range(1, self.depth):
            x = F.relu(self.get_submodule(f"fc{i}")(x))
        logits: torch.Tensor = self.get_submodule(f"fc{self.depth}")(x)
        return logits


def build_lenet5(n_classes: int = 10, in_channels: int = 1) -> nn.Module:
    """Return LeNet-5 with ReLU and max-pooling, 61,706 parameters, for (n, 1, 28, 28) images."""
    return LeNet5(in_channels, (6, 16), (400, 120, 84, n_classes), side=5)


def build_lenet_300_100(n_classes: int = 10) -> nn.Module:
    """Return LeNet-300-100, 266,610 parameters, for (n, 1, 28, 28) images."""
    return MLP((784, 300, 100, n_classes))


@ARCHITECTURES.register("lenet5")
def read_lenet5(shapes: Shapes) -> Design | None:
    """Read a LeNet-5 of any widths: its sequence of shapes is enough, names are free."""
    found = links(shapes)
    ordered = sorted(found or (), key=lambda link: (-len(link.shape), natural(link.stem)))
    convolutions, linears = ordered[:2], ordered[2:]
    if not _looks_right(convolutions, linears):
        return None
    _, in_channels, *_kernel = convolutions[0].shape
    channels = (convolutions[0].shape[0], convolutions[1].shape[0])
    features = (linears[0].shape[1], *(link.shape[0] for link in linears))
    side = int((features[0] // channels[1]) ** 0.5)
    n_classes = features[-1]
    # 5x5 maps come from 32x32 images, or from padded 28x28 ones: grey sets have 28, colour ones 32
    size = 28 if side == 5 and in_channels == 1 else _input_side(side)
    modules = ["conv1", "conv2", *(f"fc{i + 1}" for i in range(len(linears)))]
    return Design(
        name="LeNet-5 (Caffe)" if (*channels, *features[1:-1]) == (20, 50, 500) else "LeNet-5",
        n_classes=n_classes,
        input_shape=(in_channels, size, size),
        default_preprocess="cifar10" if in_channels == 3 else "unit",
        build=partial(LeNet5, in_channels, channels, features, side),
        names={
            f"{module}.{kind}": f"{link.stem}.{kind}"
            for module, link in zip(modules, ordered, strict=True)
            for kind in ("weight", "bias")
        },
    )


def _looks_right(convolutions: list[Link], linears: list[Link]) -> bool:
    if [len(link.shape) for link in convolutions] != [4, 4] or not 2 <= len(linears) <= 3:
        return False
    if any(len(link.shape) != 2 for link in linears):
        return False
    kernels = {link.shape[2:] for link in convolutions}
    maps, left = divmod(linears[0].shape[1], max(1, convolutions[1].shape[0]))
    return kernels == {(_KERNEL, _KERNEL)} and not left and maps in (16, 25)


def _input_side(side: int) -> int:
    """Return the size of images that end as maps of `side`: twice a pool of 2 after a 5x5."""
    return 2 * (2 * side + _KERNEL - 1) + _KERNEL - 1
