"""How many cores work may take, and pieces of it spread over them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_LIMIT: ContextVar[int | None] = ContextVar("thread_limit", default=None)


def n_threads() -> int:
    """Return how many threads work may use: what `limit_threads` says, or the cores there are."""
    return _LIMIT.get() or len(os.sched_getaffinity(0))


@contextmanager
def limit_threads(n: int) -> Iterator[None]:
    """Let work inside use at most `n` threads; the limit holds for this thread alone.

    Examples
    --------
    >>> with limit_threads(1):
    ...     n_threads()
    1
    """
    token = _LIMIT.set(n)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def run_pieces(work: Callable[[int], T], n_pieces: int) -> list[T]:
    """Call `work` for every piece and return the answers in the order of the pieces.

    Threads run side by side only where `work` lets go of the interpreter's lock, as compiled
    kernels do. How the work is cut must not depend on the number of threads, so that sums of
    the answers do not either.

    Parameters
    ----------
    work : callable
        Takes the number of the piece. What it raises is raised here.
    n_pieces : int

    Examples
    --------
    >>> run_pieces(lambda piece: piece**2, 4)
    [0, 1, 4, 9]
    """
    n_workers = min(n_threads(), n_pieces)
    if n_workers <= 1:
        return [work(piece) for piece in range(n_pieces)]
    with ThreadPoolExecutor(n_workers) as pool:
        return list(pool.map(work, range(n_pieces)))
