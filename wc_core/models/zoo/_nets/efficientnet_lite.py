"""EfficientNet-Lite: inverted residual blocks with ReLU6 and TensorFlow's padding."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3  # of all batch norms, as in TensorFlow


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow's "SAME": odd padding goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """Pad for the size of the images at hand, then convolve."""
        pads: list[int] = []
        for axis in (1, 0):  # width first, as `pad` wants it
            size = int(x.shape[axis + 2])  # a plain number in graphs that are traced, too
            kernel, stride = self.kernel_size[axis], self.stride[axis]
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(functional.pad(x, pads))


class MobileBlock(nn.Module):
    """Expand, filter each channel alone, project; with a shortcut where sizes agree.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Channels; no expansion if the first two are equal.
    kernel, stride : int
        Of the depthwise convolution.
    """

    def __init__(self, n_in: int, n_hidden: int, n_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.expands = n_in != n_hidden
        if self.expands:
            self._expand_conv = nn.Conv2d(n_in, n_hidden, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(n_hidden, EPSILON)
        self._depthwise_conv = SameConv(
            n_hidden, n_hidden, kernel, stride, groups=n_hidden, bias=False
        )
        self._bn1 = nn.BatchNorm2d(n_hidden, EPSILON)
        self._project_conv = nn.Conv2d(n_hidden, n_out, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(n_out, EPSILON)
        self.has_shortcut = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection, plus the input where sizes agree."""
        out = x
        if self.expands:
            out = functional.relu6(self._bn0(self._expand_conv(out)))
        out = functional.relu6(self._bn1(self._depthwise_conv(out)))
        projected: Tensor = self._bn2(self._project_conv(out))
        return x + projected if self.has_shortcut else projected


class EfficientNetLite(nn.Module):
    """Blocks between two plain convolutions.

    Parameters
    ----------
    stem : int
        Channels of the first convolution.
    blocks : sequence of (hidden, out, kernel, stride)
    last : int
        Channels of the last convolution.
    n_classes, in_channels : int
    """

    def __init__(
        self,
        stem: int,
        blocks: Sequence[tuple[int, int, int, int]],
        last: int,
        n_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        self._conv_stem = SameConv(in_channels, stem, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(stem, EPSILON)
        parts = []
        n_in = stem
        for n_hidden, n_out, kernel, stride in blocks:
            parts.append(MobileBlock(n_in, n_hidden, n_out, kernel, stride))
            n_in = n_out
        self._blocks = nn.Sequential(*parts)
        self._conv_head = nn.Conv2d(n_in, last, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(last, EPSILON)
        self._fc = nn.Linear(last, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""
        out = self._blocks(functional.relu6(self._bn0(self._conv_stem(x))))
        out = functional.relu6(self._bn1(self._conv_head(out)))
        logits: Tensor = self._fc(out.mean((2, 3)))
        return logits
