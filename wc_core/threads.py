"""How many cores work may take, and pieces of it spread over them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

T = TypeVar("T")

_LIMIT: ContextVar[int | None] = ContextVar("thread_limit", default=None)
# Kept, as starting threads takes longer than many a piece. Whoever asks works as well.
_HELPERS = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="pieces")


def n_threads() -> int:
    """Return how many threads work may use: what `limit_threads` says, or the cores there are."""
    return _LIMIT.get() or _n_cores()


def _n_cores() -> int:
    """Return how many cores this process may run on, where the system tells, or there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    answers: dict[int, T] = {}
    todo = iter(range(n_pieces))

    def take() -> None:
        for piece in todo:  # one after another, whoever asks
            answers[piece] = work(piece)

    n_helpers = min(n_threads(), n_pieces) - 1
    helpers = [_HELPERS.submit(copy_context().run, take) for _helper in range(n_helpers)]
    try:
        take()
    finally:
        for helper in helpers:
            if not helper.cancel():  # those that found no free thread are not waited for
                helper.result()
    return [answers[piece] for piece in range(n_pieces)]
