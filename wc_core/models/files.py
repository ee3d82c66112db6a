"""Tensors that stay in their file until they are asked for."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary, finalize

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ModelFileError
from wc_core.models.weights import from_stored
from wc_core.words import _

KEPT_BYTES = 1 << 26  # models up to here are read once and held


class FileBytes:
    """A file, open to be read at any place by several threads at once.

    It is read and not mapped, as touched pages of a mapping count as the reader's own memory.
    The file stays open as long as this object lives, so that nobody can put another in its
    place.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        finalize(self, os.close, self._file)
        self.size = os.fstat(self._file).st_size

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return some bytes; they are this call's own.

        Raises
        ------
        ModelFileError
            If the file ends before them: somebody has cut it since it was opened.
        """
        content = np.empty(stop - start, dtype=np.uint8)
        self.read_into(content, start)
        return content

    def read_into(self, content: NDArray[np.uint8], start: int) -> None:
        """Fill an array from a place in the file; raises as `read`."""
        view, done = content.data, 0
        while done < len(view):
            n_read = os.preadv(self._file, [view[done:]], start + done)
            if not n_read:
                raise ModelFileError(_("the file has become shorter since it was opened"))
            done += n_read


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor lies.

    Parameters
    ----------
    file : FileBytes
    start, stop : int
    dtype : str
    shape : tuple of int
    """

    file: FileBytes
    start: int
    stop: int
    dtype: str
    shape: tuple[int, ...]

    def read(self) -> NDArray:
        """Return the tensor."""
        return from_stored(self.file.read(self.start, self.stop).data, self.dtype, self.shape)


class FileTensors(Mapping[str, NDArray]):
    """Tensors of files by name, each read when it is asked for.

    As long as somebody holds an array, everybody gets the same one; of models beyond
    `KEPT_BYTES` nothing else is kept.

    Parameters
    ----------
    places : mapping of str to Place
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = places
        self._alive: WeakValueDictionary[str, NDArray] = WeakValueDictionary()
        self._held: dict[str, NDArray] = {}
        self._holds = sum(place.stop - place.start for place in places.values()) <= KEPT_BYTES

    def __getitem__(self, name: str) -> NDArray:
        array = self._alive.get(name)
        if array is None:
            array = self._alive.setdefault(name, self.places[name].read())
            if self._holds:
                self._held[name] = array
        return array

    def __contains__(self, name: object) -> bool:
        return name in self.places  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


class Renamed(Mapping[str, NDArray]):
    """Tensors under names without a prefix that all of them have.

    Parameters
    ----------
    tensors : mapping of str to ndarray
    prefix : str
    """

    def __init__(self, tensors: Mapping[str, NDArray], prefix: str) -> None:
        self._tensors = tensors
        self._prefix = prefix

    def __getitem__(self, name: str) -> NDArray:
        return self._tensors[self._prefix + name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._prefix + name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)
