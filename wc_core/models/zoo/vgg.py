"""VGG-11, 13 and 16, with and without batch norm, in torchvision's naming.

The variant for CIFAR ends in a single linear layer named `classifier`.

References
----------
K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image
recognition", ICLR, 2015, table 1: columns A, B and D.
"""

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes, has
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (64, 128, 256, 512, 512)
COUNTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3)}  # convolutions a stage
HIDDEN = 4096
POOLED = 7  # side of the images that the three linear layers see


def build_vgg(
    depth: int = 16,
    n_classes: int = 1000,
    in_channels: int = 3,
    *,
    batch_norm: bool = False,
    small: bool = False,
) -> "nn.Module":
    """Return a VGG (depth 16: 138,357,544 parameters).

    Parameters
    ----------
    depth : {11, 13, 16}
    n_classes, in_channels : int
    batch_norm : bool
        Normalise after each convolution.
    small : bool
        One linear layer instead of three, for images of 32 x 32.
    """
    from torch import nn

    from wc_core.models.zoo._nets.pooling import HalvingMaxPool

    features: list[nn.Module] = []
    for width, count in zip(WIDTHS, COUNTS[depth], strict=True):
        for _i in range(count):
            features.append(nn.Conv2d(in_channels, width, 3, padding=1))
            features += [nn.BatchNorm2d(width)] if batch_norm else []
            features.append(nn.ReLU())
            in_channels = width
        features.append(HalvingMaxPool())
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            pool=nn.AdaptiveAvgPool2d(1 if small else POOLED),
            flatten=nn.Flatten(),
            classifier=nn.Linear(WIDTHS[-1], n_classes) if small else _classifier(n_classes),
        )
    )


def _classifier(n_classes: int) -> "nn.Module":
    """Return the three linear layers; they are numbered 0, 3 and 6."""
    from torch import nn

    return nn.Sequential(
        nn.Linear(WIDTHS[-1] * POOLED**2, HIDDEN),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(HIDDEN, n_classes),
    )


@ARCHITECTURES.register("vgg")
def vgg(shapes: Shapes) -> TorchForward | None:
    """Propose the VGG with as many convolutions."""
    heads = [h for h in ("classifier", "classifier.6") if has(shapes, {f"{h}.weight": 2})]
    if not heads or not has(shapes, {"features.0.weight": 4}):
        return None
    n_convs = sum(
        name.startswith("features.") and len(shape) == 4 for name, shape in shapes.items()
    )
    depths = [depth for depth, counts in COUNTS.items() if sum(counts) == n_convs]
    if not depths:
        return None
    depth, small = depths[0], heads[0] == "classifier"
    batch_norm = "features.1.weight" in shapes
    n_classes, in_channels = shapes[f"{heads[0]}.weight"][0], shapes["features.0.weight"][1]
    build = partial(build_vgg, depth, n_classes, in_channels, batch_norm=batch_norm, small=small)
    name = ("CIFAR " if small else "") + f"VGG-{depth}" + (" (BN)" if batch_norm else "")
    side = 32 if small else None
    preset = "unit" if in_channels != 3 else "cifar10" if small else "imagenet"
    return TorchForward(name, n_classes, (in_channels, side, side), preset, build)
