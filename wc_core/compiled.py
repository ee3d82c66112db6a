"""Compiled loops: numba where it can keep what it compiled, and where it cannot."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

Loop = TypeVar("Loop", bound=Callable[..., Any])


def kernel(loop: Loop) -> Loop:
    """Compile a loop over arrays when it is first called; it runs without the interpreter's lock.

    The machine code is kept beside the source, or where NUMBA_CACHE_DIR says; where
    neither can be written it is compiled anew by every process.
    """
    return _compiled(loop, set())


def fused_kernel(loop: Loop) -> Loop:
    """Compile a loop as `kernel` does, with sums of products that may be vectorised.

    A product and the sum it goes into are rounded once, and a sum over a row may be taken in
    another order: always the same one for the same code on the same machine.
    """
    return _compiled(loop, {"contract", "reassoc"})


def _compiled(loop: Loop, fastmath: set[str]) -> Loop:
    from numba import njit

    try:
        return cast(Loop, njit(cache=True, nogil=True, fastmath=fastmath)(loop))
    except RuntimeError:  # no place to keep it
        return cast(Loop, njit(nogil=True, fastmath=fastmath)(loop))
