"""What a model is to the engine: named arrays, and perhaps a way to run them."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import NotRunnableError
from wc_core.models.weights import ITEM_BYTES

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # counted, not trained


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor as a file's header lists it.

    Parameters
    ----------
    name : str
        Canonical name: wrapper prefixes such as `module.` are stripped.
    shape : tuple of int
    dtype : str
        "float32", "bfloat16", "int64", ...
    tied_to : str or None
        Name of the first tensor that shares the same storage.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    tied_to: str | None = None

    @property
    def n_weights(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Bytes in the tensor's own dtype."""
        return self.n_weights * ITEM_BYTES[self.dtype]


InputShape = tuple[int, int | None, int | None]


class TakesImages(Protocol):
    """A classifier of images, as far as what it takes and tells apart."""

    @property
    def n_classes(self) -> int:
        """Classes told apart."""
        ...

    @property
    def input_shape(self) -> InputShape:
        """Channels, height, width; None where any size will do."""
        ...


class Runner(TakesImages, Protocol):
    """A model ready to run."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits (n, n_classes) of images (n, channels, height, width)."""
        ...


class Forward(TakesImages, Protocol):
    """How the tensors of a model are run; knows no weights."""

    @property
    def name(self) -> str:
        """The architecture, for people."""
        ...

    @property
    def default_preprocess(self) -> str:
        """Key in `wc_core.data.PRESETS` that suits it."""
        ...

    def runner(self, tensors: Mapping[str, NDArray]) -> Runner:
        """Bind weights."""
        ...


@dataclass(frozen=True, eq=False)
class Model:
    """Weights with their names, and how to run them if the architecture is known.

    Parameters
    ----------
    name : str
        For people.
    format : {"safetensors", "torch", "onnx", "packed"}
    digest : str
        SHA-256 of the file as it was given, in hexadecimal.
    file_bytes : int
        Size of the file as it was given.
    infos : tuple of TensorInfo
        Every tensor, in the order of the file.
    tensors : mapping of str to ndarray
        Read-only arrays; bfloat16 is held as float32; tied names share one array. Those of a
        large file are read when they are asked for, and not kept: hold what is used twice.
    prefix : str
        Wrapper prefix that was stripped from all names.
    forward : Forward or None
    missing : str
        Why the model cannot run, and what to do; empty if it can.
    graph : bytes or None
        ONNX: the graph without the data of its weights.
    notes : tuple of str
        What a person should know about how the file was read.
    """

    name: str
    format: str
    digest: str
    file_bytes: int
    infos: tuple[TensorInfo, ...]
    tensors: Mapping[str, NDArray]
    prefix: str = ""
    forward: Forward | None = None
    missing: str = ""
    graph: bytes | None = None
    notes: tuple[str, ...] = ()

    def runner(self) -> Runner:
        """Return the model ready to run.

        Raises
        ------
        NotRunnableError
            If the architecture is unknown; the message says what is missing.
        """
        if self.forward is None:
            raise NotRunnableError(self.missing)
        return self.forward.runner(self.tensors)

    def with_tensors(self, changed: Mapping[str, NDArray]) -> Self:
        """Return the same model with some tensors replaced; all others are shared."""
        return replace(self, tensors=ChainMap(dict(changed), cast(Any, self.tensors)))

    @property
    def n_parameters(self) -> int:
        """Number of trained numbers: tied tensors count once, statistics of norms not at all."""
        return sum(
            info.n_weights
            for info in self.infos
            if info.tied_to is None and info.name.rpartition(".")[2] not in STATISTICS
        )
