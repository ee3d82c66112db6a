"""Running a torch architecture on arrays, without copying the weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import NotRunnableError
from wc_core.models.model import InputShape
from wc_core.models.weights import to_numpy, to_torch
from wc_core.words import _

if TYPE_CHECKING:
    import torch
    from torch import nn

COUNTER = "num_batches_tracked"  # batch norm counts its training steps; inference never looks


@dataclass(frozen=True)
class TorchForward:
    """A recognised architecture: how to build it and what it takes.

    Parameters
    ----------
    name : str
        For people, e.g. "ResNet-18".
    n_classes : int
    input_shape : tuple
        Channels, height, width; None where any size will do.
    default_preprocess : str
        Key in `wc_core.data.PRESETS`.
    build : callable
        Returns the module. It must hold no other buffers than those of its state dict.
    renames : mapping of str to str
        Names of the module's tensors where the model's names differ: module's -> model's.
    """

    name: str
    n_classes: int
    input_shape: InputShape
    default_preprocess: str
    build: "Callable[[], nn.Module]"
    renames: Mapping[str, str] = field(default_factory=dict)

    def empty_module(self) -> "nn.Module":
        """Return the module in evaluation mode, on the meta device: it holds no weights."""
        import torch

        with torch.device("meta"):
            module = self.build()
        return module.eval().requires_grad_(False)

    def expected_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return names, as the model has them, and shapes of all tensors but step counters."""
        return {
            self.renames.get(name, name): tuple(tensor.shape)
            for name, tensor in self.empty_module().state_dict().items()
            if not is_counter(name)
        }

    def runner(self, tensors: Mapping[str, NDArray]) -> "TorchRunner":
        """Bind weights; float32 ones are shared with the arrays given.

        Parameters
        ----------
        tensors : mapping of str to ndarray
            May hold more than the module needs.

        Raises
        ------
        NotRunnableError
            If a tensor that the module needs is missing.
        """
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        module = self.empty_module()
        bound: dict[str, torch.Tensor] = {}
        for name in module.state_dict():
            if is_counter(name):
                bound[name] = torch.zeros((), dtype=torch.long, device=device)
                continue
            source = self.renames.get(name, name)
            if source not in tensors:
                msg = _("{name} cannot run: its tensor {tensor} is missing")
                raise NotRunnableError(msg.format(name=self.name, tensor=source))
            bound[name] = to_torch(tensors[source]).to(device, torch.float32)
        return TorchRunner(self.n_classes, self.input_shape, module, bound, device)


@dataclass(eq=False)
class TorchRunner:
    """An architecture with weights bound to it.

    Parameters
    ----------
    n_classes : int
    input_shape : tuple
        Channels, height, width; None where any size will do.
    module : Module
        Without weights of its own.
    tensors : dict of str to Tensor
        Weights in float32, on `device`.
    device : device
    """

    n_classes: int
    input_shape: InputShape
    module: "nn.Module"
    tensors: "dict[str, torch.Tensor]"
    device: "torch.device"

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits.

        Parameters
        ----------
        images : ndarray of shape (n, channels, height, width)

        Returns
        -------
        ndarray of shape (n, n_classes), float32

        Raises
        ------
        NotRunnableError
            If images of this size do not go through the architecture.
        """
        import torch

        batch = to_torch(images).to(self.device, torch.float32)
        with torch.inference_mode():
            try:
                logits = torch.func.functional_call(
                    self.module, self.tensors, (batch,), strict=True
                )
            except RuntimeError as error:
                size = " × ".join(map(str, images.shape[1:]))
                msg = _("the model cannot run on images of {size}: {error}")
                text = str(error).partition("\n")[0][:200]
                raise NotRunnableError(msg.format(size=size, error=text)) from error
        return to_numpy(logits)


def is_counter(name: str) -> bool:
    """Whether a tensor is a batch norm's count of training steps."""
    return name.rpartition(".")[2] == COUNTER
