"""Residual networks for large images, named as torchvision names them."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions.

    Parameters
    ----------
    n_in, width : int
        Channels in and of the convolutions.
    stride : int
    """

    expansion = 1

    def __init__(self, n_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _downsample(n_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both branches, rectified."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return functional.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 3 x 3 convolution, which bears the stride, between two of 1 x 1.

    Parameters
    ----------
    n_in, width : int
        Channels in and of the 3 x 3 convolution; four times as many come out.
    stride : int
    """

    expansion = 4

    def __init__(self, n_in: int, width: int, stride: int) -> None:
        super().__init__()
        n_out = width * self.expansion
        self.conv1 = nn.Conv2d(n_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, n_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(n_out)
        self.downsample = _downsample(n_in, n_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both branches, rectified."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = functional.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return functional.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Four stages behind a 7 x 7 convolution and a max-pool.

    Parameters
    ----------
    block : {BasicBlock, Bottleneck}
    counts : sequence of int
        Blocks of each stage.
    n_classes, in_channels : int
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        counts: Sequence[int],
        n_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        n_in = 64
        for stage, count in enumerate(counts):
            width = 64 << stage
            blocks: list[nn.Module] = []
            for i in range(count):
                blocks.append(block(n_in, width, 2 if stage and not i else 1))
                n_in = width * block.expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(n_in, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""
        out = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in (1, 2, 3, 4):
            out = self.get_submodule(f"layer{stage}")(out)
        logits: Tensor = self.fc(out.mean((2, 3)))
        return logits


def _downsample(n_in: int, n_out: int, stride: int) -> nn.Sequential | None:
    """Return the projection of a shortcut, where sizes or channels change."""
    if stride == 1 and n_in == n_out:
        return None
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 1, stride, bias=False),
        nn.BatchNorm2d(n_out),
    )
