"""MobileNetV2, named as torchvision names it."""

from collections.abc import Sequence

from torch import Tensor, nn


class InvertedResidual(nn.Module):
    """Expand, filter each channel alone, project; with a shortcut where sizes agree.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Channels; no expansion if the first two are equal.
    stride : int
    """

    def __init__(self, n_in: int, n_hidden: int, n_out: int, stride: int) -> None:
        super().__init__()
        expand = [] if n_in == n_hidden else [_conv_bn(n_in, n_hidden, 1, 1)]
        self.conv = nn.Sequential(
            *expand,
            _conv_bn(n_hidden, n_hidden, 3, stride, groups=n_hidden),
            nn.Conv2d(n_hidden, n_out, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.has_shortcut = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection, plus the input where sizes agree."""
        out: Tensor = self.conv(x)
        return x + out if self.has_shortcut else out


class MobileNetV2(nn.Module):
    """Inverted residual blocks between two plain convolutions.

    Parameters
    ----------
    stem : int
        Channels of the first convolution.
    blocks : sequence of (hidden, out, stride)
        Channels and stride of each block.
    last : int
        Channels of the last convolution.
    n_classes, in_channels : int
    """

    def __init__(
        self,
        stem: int,
        blocks: Sequence[tuple[int, int, int]],
        last: int,
        n_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [_conv_bn(in_channels, stem, 3, 2)]
        n_in = stem
        for n_hidden, n_out, stride in blocks:
            parts.append(InvertedResidual(n_in, n_hidden, n_out, stride))
            n_in = n_out
        parts.append(_conv_bn(n_in, last, 1, 1))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.classifier(self.features(x).mean((2, 3)))
        return logits


def _conv_bn(n_in: int, n_out: int, kernel: int, stride: int, groups: int = 1) -> nn.Sequential:
    """Return a convolution, its batch norm and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU6(),
    )
