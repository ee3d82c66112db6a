"""Measuring many models that differ in late layers alone: what comes before runs once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from wc_core.models import InputShape, Runner

KEPT_BYTES = 1 << 28  # of what first layers make of a data set's images

_Batch = NDArray[np.float32]


class _Runnable(Protocol):
    def runner(self) -> Runner: ...


class SharedHead:
    """The layers before the first one that changes, and what they made of each batch.

    Only batches that nobody may write to are remembered, as those are that a data set keeps:
    they are the same arrays whenever a model is measured on it.

    Parameters
    ----------
    run : callable
        From a batch of images to whatever the tail takes.
    changed : collection of str
        The tensors by which models differ.
    """

    def __init__(self, run: Callable[[_Batch], Any], changed: Collection[str]) -> None:
        self._run, self._changed = run, changed
        self._kept: dict[int, tuple[_Batch, Any]] = {}
        self._bytes = 0

    @classmethod
    def before(cls, model: _Runnable, changed: Collection[str]) -> Self | None:
        """Return the head of a model; None if it has none that is worth keeping.

        Parameters
        ----------
        model : Model
        changed : collection of str
            Names of tensors.
        """
        parts = _cut(model.runner(), changed)
        return None if parts is None else cls(parts[0], changed)

    def followed_by(self, model: _Runnable) -> "LateModel":
        """Return a model that differs in the late layers, ready to be measured."""
        return LateModel(self, model)

    def tail_of(self, runner: Runner) -> "LateRunner":
        """Return a runner whose first layers are these."""
        parts = _cut(runner, self._changed)
        if parts is None:
            msg = "the model is cut where the one before was not"
            raise ValueError(msg)
        return LateRunner(runner.n_classes, runner.input_shape, self, parts[1])

    def __call__(self, batch: _Batch) -> Any:
        """Return what the first layers make of a batch."""
        known = self._kept.get(id(batch))
        if known is not None and known[0] is batch:
            return known[1]
        made = self._run(batch)
        if not batch.flags.writeable and self._bytes + made.nbytes <= KEPT_BYTES:
            self._kept[id(batch)] = batch, made
            self._bytes += made.nbytes
        return made


@dataclass(frozen=True, eq=False)
class LateRunner:
    """A runner whose first layers are shared with others.

    Parameters
    ----------
    n_classes : int
    input_shape : tuple
    head : SharedHead
    tail : callable
    """

    n_classes: int
    input_shape: InputShape
    head: SharedHead
    tail: Callable[[Any], _Batch]

    def __call__(self, images: _Batch) -> _Batch:
        """Return logits (n, n_classes) of images (n, channels, height, width)."""
        return self.tail(self.head(images))


@dataclass(frozen=True, eq=False)
class LateModel:
    """A model that is run from a shared head on.

    Parameters
    ----------
    head : SharedHead
    model : Model or CompressedModel
    """

    head: SharedHead
    model: _Runnable

    def runner(self) -> LateRunner:
        """Return the model ready to run."""
        return self.head.tail_of(self.model.runner())


def _cut(
    runner: Runner, changed: Collection[str]
) -> tuple[Callable[[_Batch], Any], Callable[[Any], _Batch]] | None:
    cut = getattr(runner, "cut", None)  # graphs of ONNX cannot be cut
    return None if cut is None else cut(changed)
