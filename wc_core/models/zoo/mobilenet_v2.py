"""MobileNetV2 of any width, in torchvision's naming.

References
----------
M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen, "MobileNetV2: Inverted residuals
and linear bottlenecks", CVPR, 2018, table 2.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes, has
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

STAGES = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
OUTPUTS = tuple(width for width, count, _stride in STAGES for _i in range(count))
STRIDES = tuple(1 if i else stride for _width, count, stride in STAGES for i in range(count))
EXPANSION = 6  # of all blocks but the first, which has none
STEM, LAST = 32, 1280


def build_mobilenet_v2(
    n_classes: int = 1000,
    in_channels: int = 3,
    *,
    stem: int = STEM,
    outputs: Sequence[int] = OUTPUTS,
    last: int = LAST,
) -> "nn.Module":
    """Return MobileNetV2 (3,504,872 parameters).

    Parameters
    ----------
    n_classes, in_channels : int
    stem : int
        Channels of the first convolution.
    outputs : sequence of 17 int
        Channels that leave each block.
    last : int
        Channels of the last convolution.
    """
    from wc_core.models.zoo._nets.mobilenet_v2 import MobileNetV2

    inputs = [stem, *outputs[:-1]]
    hidden = [n if i == 0 else n * EXPANSION for i, n in enumerate(inputs)]
    blocks = list(zip(hidden, outputs, STRIDES, strict=True))
    return MobileNetV2(stem, blocks, last, n_classes, in_channels)


@ARCHITECTURES.register("mobilenet_v2")
def mobilenet_v2(shapes: Shapes) -> TorchForward | None:
    """Propose MobileNetV2 with the channels that its blocks project to."""
    projections = {
        f"features.{i}.conv.{2 if i > 1 else 1}.weight": 4 for i in range(1, len(OUTPUTS) + 1)
    }
    first, last = "features.0.0.weight", f"features.{len(OUTPUTS) + 1}.0.weight"
    if not has(shapes, {first: 4, last: 4, "classifier.1.weight": 2, **projections}):
        return None
    n_classes, in_channels = shapes["classifier.1.weight"][0], shapes[first][1]
    build = partial(
        build_mobilenet_v2,
        n_classes,
        in_channels,
        stem=shapes[first][0],
        outputs=tuple(shapes[name][0] for name in projections),
        last=shapes[last][0],
    )
    preset = "imagenet" if in_channels == 3 else "unit"
    return TorchForward("MobileNetV2", n_classes, (in_channels, None, None), preset, build)
