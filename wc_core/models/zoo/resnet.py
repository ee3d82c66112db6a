"""ResNet-18, 34 and 50 in torchvision's naming.

References
----------
K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR,
2016, table 1. In ResNet-50 the 3 x 3 convolution of a block bears the stride.
"""

from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes, has
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

COUNTS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # depth: blocks of each stage


def build_resnet(depth: int = 18, n_classes: int = 1000, in_channels: int = 3) -> "nn.Module":
    """Return a ResNet (depth 18: 11,689,512 parameters).

    Parameters
    ----------
    depth : {18, 34, 50}
    n_classes, in_channels : int
    """
    from wc_core.models.zoo._nets.resnet import BasicBlock, Bottleneck, ResNet

    block = Bottleneck if depth == 50 else BasicBlock
    return ResNet(block, COUNTS[depth], n_classes, in_channels)


@ARCHITECTURES.register("resnet")
def resnet(shapes: Shapes) -> TorchForward | None:
    """Propose the ResNet whose kind of block and number of blocks come closest."""
    if not has(
        shapes, {"conv1.weight": 4, "layer1.0.conv1.weight": 4, "layer4.0.conv1.weight": 4}
    ) or not has(shapes, {"fc.weight": 2}):
        return None
    if "layer1.0.conv3.weight" in shapes:
        depth = 50
    else:
        depth = 34 if "layer1.2.conv1.weight" in shapes else 18
    n_classes, in_channels = shapes["fc.weight"][0], shapes["conv1.weight"][1]
    return TorchForward(
        f"ResNet-{depth}",
        n_classes,
        (in_channels, None, None),
        "imagenet" if in_channels == 3 else "unit",
        partial(build_resnet, depth, n_classes, in_channels),
    )
