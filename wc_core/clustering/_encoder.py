"""The auto-encoder of DLCA: the one place in clustering that knows torch. Numpy in, numpy out."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController
from torch import nn

from wc_core.clustering._blocks import tiles

L = TypeVar("L", bound=nn.Module)
HIDDEN = 32
CHANNELS = 8
BATCH = 512
MOST_BATCHES, FEWEST_BATCHES = 40, 8  # of an epoch
LEARNING_RATE = 3e-3
LONGEST_STEP = 1.0  # norm of a gradient, so that an outlier does not undo what was learned
ROWS_PER_TILE = 8192
TINY = 1e-12


class AutoEncoder:
    """A small network that maps blocks to latent vectors, and another one back.

    Each is a linear map, drawn orthogonal, plus a bent one: one hidden layer, or a 3 x 3
    convolution for blocks that are square kernels. The same seed gives the same network
    on the same kind of machine: torch's generators are neither read nor moved, nothing runs on
    an accelerator, where sums come in any order, and sums are taken by one thread.

    Parameters
    ----------
    block_size, n_latent : int
    is_conv : bool
        `block_size` is then a square number.
    random_state : RandomState
        Draws the first weights and, while training, the blocks.
    """

    def __init__(
        self, block_size: int, n_latent: int, is_conv: bool, random_state: np.random.RandomState
    ) -> None:
        bent = _conv_layers if is_conv else _dense_layers
        encoding, decoding = bent(block_size, n_latent)
        self._encoder = _Sum(block_size, n_latent, encoding)
        self._decoder = _Sum(n_latent, block_size, decoding)
        self._random_state = random_state
        for net in (self._encoder, self._decoder):
            _draw_weights(net, random_state)
        self._weights = [*self._encoder.parameters(), *self._decoder.parameters()]
        self._optimizer = torch.optim.Adam(self._weights, lr=LEARNING_RATE)
        self._threads = ThreadpoolController()

    def encode(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the latent vectors, (n_blocks, n_latent)."""
        with torch.inference_mode(), self._one_thread():
            parts = [self._encoder(_tensor(inputs[tile])) for tile in _rows(len(inputs))]
            latent: NDArray[np.float32] = torch.cat(parts).numpy()
        return latent

    def train_epoch(
        self,
        inputs: NDArray[np.float32],
        weights: NDArray[np.float64],
        targets: NDArray[np.floating] | None = None,
        pull: float = 0.0,
    ) -> float:
        """Learn from a random sample of the blocks; return the mean loss.

        The loss of a block is its squared error after encoding and decoding plus `pull`
        times its squared distance to its target in latent space, as a share of the variance
        there, which shrinking all latent vectors would not lower.

        Parameters
        ----------
        inputs : ndarray of shape (n_blocks, block_size)
        weights : ndarray of shape (n_blocks,)
            How much each block's loss counts.
        targets : ndarray of shape (n_blocks, n_latent), optional
        pull : float
        """
        size = min(BATCH, len(inputs))
        n_batches = max(FEWEST_BATCHES, min(MOST_BATCHES, len(inputs) // size))
        drawn = self._random_state.randint(len(inputs), size=(n_batches, size))
        losses = [self._train_batch(rows, inputs, weights, targets, pull) for rows in drawn]
        return float(np.mean(losses))

    def _train_batch(
        self,
        rows: NDArray[np.intp],
        inputs: NDArray[np.float32],
        weights: NDArray[np.float64],
        targets: NDArray[np.floating] | None,
        pull: float,
    ) -> float:
        with self._one_thread(), torch.enable_grad():
            x = _tensor(inputs[rows])
            share = _tensor(weights[rows] / weights[rows].sum())
            latent = self._encoder(x)
            loss = share @ (self._decoder(latent) - x).square().mean(dim=1)
            if targets is not None and pull > 0:
                gaps = (latent - _tensor(targets[rows])).square().sum(dim=1)
                spread = (latent - share @ latent).square().sum(dim=1)
                loss = loss + pull * (share @ gaps) / (share @ spread + TINY)
            self._optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self._weights, LONGEST_STEP)
            self._optimizer.step()
            return float(loss.detach())

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """Hold this thread's sums to one thread; what other threads run is left as it is.

        OpenMP counts its threads for each calling thread, so that its own setting serves;
        `torch.set_num_threads` would also count for threads that begin meanwhile.
        """
        torch.get_num_threads()  # makes torch settle the number for this thread before we do
        with self._threads.limit(limits=1, user_api="openmp"):
            yield


class _Sum(nn.Module):
    """A linear map plus a bent one."""

    def __init__(self, n_in: int, n_out: int, bent: nn.Module) -> None:
        super().__init__()
        self.straight = _blank(nn.Linear, n_in, n_out)
        self.bent = bent

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = self.straight(x) + self.bent(x)
        return total


def _dense_layers(block_size: int, n_latent: int) -> tuple[nn.Module, nn.Module]:
    def layers(n_in: int, n_out: int) -> nn.Module:
        return nn.Sequential(
            _blank(nn.Linear, n_in, HIDDEN), nn.GELU(), _blank(nn.Linear, HIDDEN, n_out)
        )

    return layers(block_size, n_latent), layers(n_latent, block_size)


def _conv_layers(block_size: int, n_latent: int) -> tuple[nn.Module, nn.Module]:
    side, n_values = isqrt(block_size), CHANNELS * block_size
    encoding = nn.Sequential(
        nn.Unflatten(1, (1, side, side)),
        _blank(nn.Conv2d, 1, CHANNELS, 3, padding=1),
        nn.GELU(),
        nn.Flatten(),
        _blank(nn.Linear, n_values, n_latent),
    )
    decoding = nn.Sequential(
        _blank(nn.Linear, n_latent, n_values),
        nn.GELU(),
        nn.Unflatten(1, (CHANNELS, side, side)),
        _blank(nn.Conv2d, CHANNELS, 1, 3, padding=1),
        nn.Flatten(),
    )
    return encoding, decoding


def _blank(layer: type[L], *sizes: int, **options: int) -> L:
    """Make a layer whose weights are still to be drawn, without torch's generator."""
    return layer(*sizes, **options, device="meta").to_empty(device="cpu")


def _draw_weights(net: _Sum, random_state: np.random.RandomState) -> None:
    """Draw weights that keep the size of numbers; the linear map keeps distances too."""
    with torch.no_grad():
        for weight in net.parameters():
            if weight.ndim == 1:
                weight.zero_()  # a bias
                continue
            fan_in = weight[0].numel()
            weight.copy_(_tensor(random_state.normal(size=weight.shape) / np.sqrt(fan_in)))
        n_out, n_in = net.straight.weight.shape
        square = random_state.normal(size=(max(n_out, n_in),) * 2)
        turn = np.linalg.qr(square)[0]
        net.straight.weight.copy_(_tensor(turn[:n_out, :n_in]))


def _tensor(array: NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _rows(n_rows: int) -> Iterator[slice]:
    return tiles(n_rows, ROWS_PER_TILE)
