"""The residual networks of He et al. for images of 32 x 32."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class ShortcutBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut without parameters (option A).

    Parameters
    ----------
    n_in, n_out : int
        Channels; missing ones of the shortcut are zeros, half of them on either side.
    stride : int
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.stride = stride
        self.n_missing = n_out - n_in

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both branches, rectified."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        before = self.n_missing // 2
        shortcut = x[:, :, :: self.stride, :: self.stride]
        padded = functional.pad(shortcut, (0, 0, 0, 0, before, self.n_missing - before))
        return functional.relu(out + padded)


class CifarResNet(nn.Module):
    """Three stages of as many blocks each.

    Parameters
    ----------
    n_blocks : int
        Blocks of a stage; the depth is 6 times as many and 2.
    widths : sequence of int
        Channels of the three stages.
    n_classes, in_channels : int
    head : {"linear", "fc"}
        Name of the last layer.
    """

    def __init__(
        self, n_blocks: int, widths: Sequence[int], n_classes: int, in_channels: int, head: str
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.layer1 = _stage(widths[0], widths[0], n_blocks, 1)
        self.layer2 = _stage(widths[0], widths[1], n_blocks, 2)
        self.layer3 = _stage(widths[1], widths[2], n_blocks, 2)
        self.head = head
        self.add_module(head, nn.Linear(widths[2], n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        logits: Tensor = self.get_submodule(self.head)(out.mean((2, 3)))
        return logits


def _stage(n_in: int, n_out: int, n_blocks: int, stride: int) -> nn.Sequential:
    """Chain blocks, the first of which changes channels and size."""
    rest = [ShortcutBlock(n_out, n_out, 1) for _ in range(n_blocks - 1)]
    return nn.Sequential(ShortcutBlock(n_in, n_out, stride), *rest)
