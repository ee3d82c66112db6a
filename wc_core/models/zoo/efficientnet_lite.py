"""EfficientNet-Lite0, named as in the PyPI package efficientnet-lite-pytorch.

References
----------
M. Tan, Q. V. Le, "EfficientNet: Rethinking model scaling for convolutional neural
networks", ICML, 2019, table 1. Lite drops squeeze-and-excitation and takes ReLU6:
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
"""

from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._registry import ARCHITECTURES, Shapes, has
from wc_core.models.zoo._torch_forward import TorchForward

if TYPE_CHECKING:
    from torch import nn

# expansion, channels out, blocks, kernel, stride of the first block
STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)
STEM, LAST = 32, 1280


def build_efficientnet_lite0(n_classes: int = 1000, in_channels: int = 3) -> "nn.Module":
    """Return EfficientNet-Lite0 (4,652,008 parameters)."""
    from wc_core.models.zoo._nets.efficientnet_lite import EfficientNetLite

    blocks = []
    n_in = STEM
    for expansion, n_out, count, kernel, stride in STAGES:
        for i in range(count):
            blocks.append((n_in * expansion, n_out, kernel, 1 if i else stride))
            n_in = n_out
    return EfficientNetLite(STEM, blocks, LAST, n_classes, in_channels)


@ARCHITECTURES.register("efficientnet_lite")
def efficientnet_lite(shapes: Shapes) -> TorchForward | None:
    """Propose EfficientNet-Lite0."""
    ndims = {"_conv_stem.weight": 4, "_blocks.0._depthwise_conv.weight": 4, "_fc.weight": 2}
    if not has(shapes, ndims):
        return None
    n_classes, in_channels = shapes["_fc.weight"][0], shapes["_conv_stem.weight"][1]
    preset = "efficientnet_lite" if in_channels == 3 else "unit"
    build = partial(build_efficientnet_lite0, n_classes, in_channels)
    return TorchForward("EfficientNet-Lite0", n_classes, (in_channels, None, None), preset, build)
