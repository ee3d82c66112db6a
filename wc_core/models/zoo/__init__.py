"""Architectures that are recognised by the names and shapes of their tensors.

One more means a file with a function under `@ARCHITECTURES.register`, and a line below.
"""

from wc_core.models.zoo import (
    cifar_resnet,
    efficientnet_lite,
    lenet,
    mlp,
    mobilenet_v2,
    resnet,
    vgg,
)
from wc_core.models.zoo._recognise import recognise
from wc_core.models.zoo._registry import ARCHITECTURES, Family, Shapes
from wc_core.models.zoo._torch_forward import TorchForward, TorchRunner

__all__ = [
    "ARCHITECTURES",
    "Family",
    "Shapes",
    "TorchForward",
    "TorchRunner",
    "cifar_resnet",
    "efficientnet_lite",
    "lenet",
    "mlp",
    "mobilenet_v2",
    "recognise",
    "resnet",
    "vgg",
]
