"""Matrix routines held to one thread, by as many as need it at a time."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class LoneBlas:
    """Holds matrix routines to one thread, as the order in which threads add changes last bits.

    A BLAS has one number of threads for the whole process: whoever asks first sets it, and
    whoever is done last puts back what was there. OpenMP has one for every thread.

    Examples
    --------
    >>> with LoneBlas().held():
    ...     product = [[1.0]]
    """

    # What they count is the process's own state, so it lies here and not in an object.
    _lock: ClassVar[Lock] = Lock()
    _holders: ClassVar[dict[str, int]] = {}
    _before: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        self._libraries: Any = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold BLAS to one thread, and OpenMP in this thread."""
        if self._libraries is None:  # looking for them takes milliseconds
            from threadpoolctl import ThreadpoolController

            self._libraries = ThreadpoolController()
        blas = self._libraries.select(user_api="blas").lib_controllers
        self._enter(blas)
        try:
            with self._libraries.limit(limits=1, user_api="openmp"):
                yield
        finally:
            self._leave(blas)

    def around(self, steps: Iterator[T]) -> Generator[T, None, None]:
        """Hold them while steps run, not while their taker works."""
        while True:
            with self.held():
                try:
                    record = next(steps)
                except StopIteration:
                    return
            yield record

    def _enter(self, blas: Any) -> None:
        with self._lock:
            for library in blas:
                name = library.filepath
                if not self._holders.get(name):
                    self._before[name] = library.get_num_threads()
                    _set(library, 1)
                self._holders[name] = self._holders.get(name, 0) + 1

    def _leave(self, blas: Any) -> None:
        with self._lock:
            for library in blas:
                name = library.filepath
                self._holders[name] -= 1
                if not self._holders[name]:
                    _set(library, self._before[name])


def _set(library: Any, n_threads: int) -> None:
    """Set how many threads a BLAS has, whichever thread did so before.

    threadpoolctl lets only the thread that came first do it, so that threads do not fight over
    the number. Ours do not: they count.
    """
    release = getattr(library, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)
    library.set_num_threads(n_threads)
    if release is not None:
        release(force=True)
