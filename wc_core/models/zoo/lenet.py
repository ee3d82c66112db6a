"""LeNet-5 under any names, classic and Caffe's.

Such a network is told by its shapes: two convolutions of 5 x 5, then two or three linear
layers, each kind in the natural order of names. ReLU is taken to follow each layer but the
last, and a 2 x 2 max-pool each convolution.

References
----------
Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998.
Y. Jia et al., "Caffe: Convolutional architecture for fast feature embedding", ACM
Multimedia, 2014, examples/mnist: the wider LeNet-5.
"""

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from wc_core.models.zoo._chain import Link, links, natural, renames
from wc_core.models.zoo._registry import ARCHITECTURES, Shapes
from wc_core.models.zoo._torch_forward import TorchForward
from wc_core.models.zoo.mlp import build_lenet_300_100, build_mlp, small_preset

if TYPE_CHECKING:
    from torch import nn

__all__ = ["build_lenet5", "build_lenet5_caffe", "build_lenet_300_100", "lenet5"]

CLASSIC = (6, 16, 120, 84)  # channels of both convolutions, then outputs of hidden layers
CAFFE = (20, 50, 500)
KERNEL = 5
MAPS = (28, 0, 4), (28, 2, 5), (32, 0, 5)  # side and padding of images, side of the last maps


def build_lenet5(n_classes: int = 10, in_channels: int = 1, *, side: int = 28) -> "nn.Module":
    """Return LeNet-5 with ReLU and max-pooling (61,706 parameters).

    Parameters
    ----------
    n_classes, in_channels : int
    side : {28, 32}
        Side of the images in pixels; 28 is padded to 32.
    """
    return _build(in_channels, CLASSIC, n_classes, 5, (32 - side) // 2)


def build_lenet5_caffe(n_classes: int = 10, in_channels: int = 1) -> "nn.Module":
    """Return Caffe's LeNet-5 for images of 28 x 28 (431,080 parameters)."""
    return _build(in_channels, CAFFE, n_classes, 4, 0)


def _build(
    in_channels: int,
    widths: tuple[int, ...],
    n_classes: int,
    map_side: int,
    padding: int,
    biases: tuple[bool, ...] = (),
) -> "nn.Module":
    """Chain two convolutions, the first of them padded, and linear layers."""
    from torch import nn

    from wc_core.models.zoo._nets.pooling import HalvingMaxPool

    first, second, *hidden = widths
    biases = biases or (True,) * (len(widths) + 1)
    parts: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(in_channels, first, KERNEL, padding=padding, bias=biases[0]),
        conv1_relu=nn.ReLU(),
        conv1_pool=HalvingMaxPool(),
        conv2=nn.Conv2d(first, second, KERNEL, bias=biases[1]),
        conv2_relu=nn.ReLU(),
        conv2_pool=HalvingMaxPool(),
    )
    linear = build_mlp((second * map_side**2, *hidden, n_classes), biases[2:])
    parts.update(linear.named_children())
    return nn.Sequential(parts)


@ARCHITECTURES.register("lenet5")
def lenet5(shapes: Shapes) -> TorchForward | None:
    """Propose a LeNet-5 of any widths for two convolutions and two or three linear layers.

    The size of the images follows from the inputs of the first linear layer. Where maps of
    5 x 5 leave two answers, it is 28 padded to 32 for grey images and 32 for colour.
    """
    order = sorted(links(shapes) or (), key=lambda link: (-len(link.shape), natural(link.stem)))
    if [len(link.shape) for link in order] not in ([4, 4, 2, 2], [4, 4, 2, 2, 2]):
        return None
    in_channels, n_classes = order[0].shape[1], order[-1].shape[0]
    widths = tuple(link.shape[0] for link in order[:-1])
    side, padding, map_side = _images(order[1], order[2], grey=in_channels == 1)
    biases = tuple(link.bias for link in order)
    modules = ["conv1", "conv2", *(f"fc{i + 1}" for i in range(len(order) - 2))]
    shape = (in_channels, side, side)
    return TorchForward(
        name=_name(widths),
        n_classes=n_classes,
        input_shape=shape,
        default_preprocess=small_preset(shape),
        build=partial(_build, in_channels, widths, n_classes, map_side, padding, biases),
        renames=renames(modules, order),
    )


def _images(last_conv: Link, first_linear: Link, *, grey: bool) -> tuple[int, int, int]:
    """Return side and padding of the images, and the side of the maps they end as."""
    small, padded, large = MAPS
    if first_linear.shape[1] == last_conv.shape[0] * small[2] ** 2:
        return small
    return padded if grey else large


def _name(widths: tuple[int, ...]) -> str:
    """Name a LeNet-5, with its widths where they are neither of the two known."""
    if widths == CLASSIC:
        return "LeNet-5"
    return "LeNet-5 (Caffe)" if widths == CAFFE else f"LeNet-5 ({'-'.join(map(str, widths))})"
