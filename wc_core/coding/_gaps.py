"""Loops over the gaps between listed cells, compiled."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel


@kernel
def count_gaps(is_listed: NDArray[np.bool_], escape: int) -> int:
    """Return how many gaps `list_gaps` would write."""
    n, run = 0, 0
    for cell in is_listed:
        if cell:
            n += 1
            run = 0
        else:
            run += 1
            if run == escape:
                n += 1
                run = 0
    return n - _n_trailing(is_listed, escape)


@kernel
def _n_trailing(is_listed: NDArray[np.bool_], escape: int) -> int:
    """Return how many escapes stand after the last listed cell, where none is needed."""
    run = 0
    for i in range(len(is_listed) - 1, -1, -1):
        if is_listed[i]:
            break
        run += 1
    return run // escape


@kernel
def list_gaps(is_listed: NDArray[np.bool_], escape: int, gaps: NDArray[np.unsignedinteger]) -> None:
    """Write how many cells that are not listed stand before each that is.

    Parameters
    ----------
    is_listed : ndarray of bool, shape (n_cells,)
    escape : int
        Stands for so many cells, none of them listed.
    gaps : ndarray of shape (count_gaps(is_listed, escape),)
    """
    at, run = 0, 0
    for cell in is_listed:
        if at == len(gaps):
            return
        if cell or run + 1 == escape:
            gaps[at] = run if cell else escape
            at += 1
            run = 0
        else:
            run += 1


@kernel
def place_gaps(
    gaps: NDArray[np.unsignedinteger], escape: int, is_listed: NDArray[np.bool_]
) -> bool:
    """Undo `list_gaps`: set the listed cells; return whether all lie inside."""
    at, n_cells = 0, len(is_listed)
    for gap in gaps:
        at += int(gap)
        if gap != escape:
            if at >= n_cells:
                return False
            is_listed[at] = True
            at += 1
    return at <= n_cells
