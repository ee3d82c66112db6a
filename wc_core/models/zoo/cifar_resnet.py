"""ResNet-20, 32, 44, 56 and 110 for CIFAR, with shortcuts without parameters.

Tensors are named `conv1`, `bn1`, `layer1.0.conv1`, ..., and `linear` or `fc`.

References
----------
K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR,
2016, section 4.2.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes, has
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

DEPTHS = (20, 32, 44, 56, 110)
HEADS = ("linear", "fc")


def build_cifar_resnet(
    depth: int = 20,
    n_classes: int = 10,
    in_channels: int = 3,
    *,
    widths: Sequence[int] = (16, 32, 64),
    head: str = "linear",
) -> "nn.Module":
    """Return a CIFAR ResNet (depth 20: 269,722 parameters).

    Parameters
    ----------
    depth : int
        Layers with weights: a multiple of 6, and 2.
    n_classes, in_channels : int
    widths : sequence of int
        Channels of the three stages.
    head : {"linear", "fc"}
        Name of the last layer.
    """
    from wc_core.models.zoo._nets.cifar_resnet import CifarResNet

    return CifarResNet((depth - 2) // 6, widths, n_classes, in_channels, head)


@ARCHITECTURES.register("cifar_resnet")
def cifar_resnet(shapes: Shapes) -> TorchForward | None:
    """Propose the ResNet of as many blocks as the first stage has."""
    heads = [head for head in HEADS if has(shapes, {f"{head}.weight": 2})]
    firsts = {f"layer{stage}.0.conv1.weight": 4 for stage in (1, 2, 3)}
    if not heads or not has(shapes, {"conv1.weight": 4, **firsts}):
        return None
    if "layer4.0.conv1.weight" in shapes:
        return None
    n_blocks = sum(f"layer1.{i}.conv1.weight" in shapes for i in range(max(DEPTHS)))
    depth = 6 * n_blocks + 2
    if depth not in DEPTHS:
        return None
    n_classes = shapes[f"{heads[0]}.weight"][0]
    in_channels = shapes["conv1.weight"][1]
    build = partial(
        build_cifar_resnet,
        depth,
        n_classes,
        in_channels,
        widths=tuple(shapes[name][0] for name in firsts),
        head=heads[0],
    )
    preset = "cifar10" if in_channels == 3 else "unit"
    return TorchForward(f"CIFAR ResNet-{depth}", n_classes, (in_channels, 32, 32), preset, build)
