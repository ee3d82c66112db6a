"""Compiled loops that add up numbers on a line and cut it into runs."""

import numpy as np
from numpy.typing import NDArray

from wc_core.compiled import kernel

AT_ONCE = 1024  # numbers whose cells are told together, sixteen a step
GUESSES = 12  # passes by the law k^-3; after them each pass halves what is left or ends the search


@kernel
def tell_cells(
    values: NDArray[np.floating],
    middle: np.floating,
    scale: np.floating,
    half: np.floating,
    cells: NDArray[np.uint16],
) -> None:
    """Tell the cell that each number lies in, of `2 half` that widen from the middle outwards.

    With t = (x - middle) * scale, cells are equally wide in t / (1 + |t|), computed so that
    rounding never turns the order of two numbers around. `np.divide` makes no test for zero,
    which would keep the processor from taking many numbers a step.
    """
    last = np.int32(2 * half - 1)
    for i in range(len(values)):
        t = (values[i] - middle) * scale
        share = half - np.divide(half, half / half + abs(t))
        cells[i] = np.uint16(min(np.int32(half + np.copysign(share, t)), last))


@kernel
def count_cells(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    middle: np.floating,
    scale: np.floating,
    half: np.floating,
    border: int,
    sums: NDArray[np.float64],
    outside: NDArray[np.intp],
) -> int:
    """Add w, w (x - middle) and w (x - middle)^2 of every number to the row of its cell.

    Parameters
    ----------
    values : ndarray of shape (n,)
    weights : ndarray of shape (n,), optional
        1 each if None.
    middle, scale, half : floating
        Of the type of the values; see `tell_cells`.
    border : int
        So many cells at either end count nothing: their numbers are listed.
    sums : ndarray of float64, shape (2 half, 3)
    outside : ndarray of int, shape (most,)
        Gets the rows of numbers in the border, as far as it has room.

    Returns
    -------
    int
        How many numbers are in the border.
    """
    cells = np.empty(AT_ONCE, np.uint16)
    first, last = border, len(sums) - border
    n_outside = 0
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE]
        tell_cells(part, middle, scale, half, cells)
        for i in range(len(part)):
            cell = np.intp(cells[i])
            if cell < first or cell >= last:
                if n_outside < len(outside):
                    outside[n_outside] = start + i
                n_outside += 1
                continue
            x = np.float64(part[i]) - np.float64(middle)
            w = 1.0 if weights is None else weights[start + i]
            sums[cell, 0] += w
            sums[cell, 1] += w * x
            sums[cell, 2] += w * x * x
    return n_outside


@kernel
def add_up_bins(
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
    n_below: int,
    sums: NDArray[np.float64],
) -> tuple[int, int]:
    """Add up bins that hold something from the middle outwards, and then what is farther out.

    Parameters
    ----------
    inside : ndarray of shape (n_bins, 3)
    outside : ndarray of shape (n_far, 3)
        Those after `n_below` lie above the bins.
    sums : ndarray of shape (n_bins + n_far + 1, 3)
        Gets the sums, negative below the middle.

    Returns
    -------
    start, stop : int
        Which rows of `sums` were filled.
    """
    half = len(inside) // 2
    stop = middle = n_below + half
    sums[middle] = 0.0
    for i in range(half, len(inside) + len(outside) - n_below):
        point = inside[i] if i < len(inside) else outside[n_below + i - len(inside)]
        if point[0] > 0.0:
            for column in range(3):
                sums[stop + 1, column] = sums[stop, column] + point[column]
            stop += 1
    start = middle
    for i in range(half - 1, -n_below - 1, -1):
        point = inside[i] if i >= 0 else outside[n_below + i]
        if point[0] > 0.0:
            for column in range(3):
                sums[start - 1, column] = sums[start, column] - point[column]
            start -= 1
    return start, stop + 1


@kernel
def add_up_sorted(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    origin: int,
    sums: NDArray[np.float64],
) -> tuple[int, int]:
    """Add up w, w x and w x^2 of sorted numbers outwards; equal numbers are one point.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Rising.
    weights : ndarray of shape (n,), optional
        1 each if None.
    origin : int
        Row of the number that x counts from, the first of those equal to it.
    sums : ndarray of shape (n + 1, 3)
        Gets the sums, with those at the origin in the row `origin`.

    Returns
    -------
    start, stop : int
        Which rows of `sums` were filled.
    """
    middle = np.float64(values[origin])
    row, a, b, c = origin, 0.0, 0.0, 0.0
    sums[row] = 0.0
    for i in range(origin, len(values)):
        if i == origin or values[i] != values[i - 1]:
            row += 1
        w, x = 1.0 if weights is None else weights[i], np.float64(values[i]) - middle
        a, b, c = a + w, b + w * x, c + w * x * x
        sums[row, 0], sums[row, 1], sums[row, 2] = a, b, c
    stop = row + 1
    row, a, b, c = origin, 0.0, 0.0, 0.0
    for i in range(origin - 1, -1, -1):
        if values[i] != values[i + 1]:
            row -= 1
        w, x = 1.0 if weights is None else weights[i], np.float64(values[i]) - middle
        a, b, c = a - w, b - w * x, c - w * x * x
        sums[row, 0], sums[row, 1], sums[row, 2] = a, b, c
    return row, stop


@kernel
def run_cost(sums: NDArray[np.float64], start: int, stop: int) -> float:
    """Return the squared error of a run of points around its mean."""
    x = sums[stop, 1] - sums[start, 1]
    square = np.divide(x * x, sums[stop, 0] - sums[start, 0])
    return float(max(sums[stop, 2] - sums[start, 2] - square, 0.0))


@kernel
def cheapest_cuts(  # noqa: C901  (calls that take all these arrays cost more than the pass)
    sums: NDArray[np.float64], price: float, came_from: NDArray[np.int32]
) -> int:
    """Cut the line where squared error plus a price for each run is least; return how many runs.

    The least-weight subsequence of a cost that keeps the quadrangle inequality: once a later
    start of the last run is the better one it stays so, so that each start is the best for
    one range of ends, and a queue holds those ranges. Where one range ends and the next
    begins is looked for near its beginning first: most ranges are short.

    Parameters
    ----------
    sums : ndarray of shape (n_points + 1, 3)
        Running sums.
    price : float
        Positive.
    came_from : ndarray of int32, shape (n_points + 1,)
        Gets the best start of the last run that ends before each point.

    References
    ----------
    D. Hirschberg and L. Larmore, "The least weight subsequence problem", SIAM J. Comput.
    16(4), 1987.
    """
    n = len(sums) - 1
    total = np.zeros(n + 1)
    starts = np.empty(n + 2, np.int32)  # candidates, and from which end on each is the best
    since = np.empty(n + 2, np.int32)
    head, tail = 0, 0
    starts[0], since[0] = 0, 1
    for end in range(1, n + 1):
        while head < tail and since[head + 1] <= end:
            head += 1
        start = int(starts[head])
        here = total[start] + run_cost(sums, start, end) + price
        total[end], came_from[end] = here, start
        low, rival = 0, 0
        while tail >= head:  # drop candidates that this one beats wherever they were the best
            rival, low = int(starts[tail]), max(int(since[tail]), end + 1)
            if low > n:
                break
            if here + run_cost(sums, end, low) >= total[rival] + run_cost(sums, rival, low):
                break
            tail -= 1
        if tail < head:
            tail = head
            starts[tail], since[tail] = end, end + 1
            continue
        before, step, high = low, 1, n + 1
        low += 1
        while before + step <= n:  # twice as far each time
            place = before + step
            if here + run_cost(sums, end, place) < total[rival] + run_cost(sums, rival, place):
                high = place
                break
            low = place + 1
            step += step
        while low < high:
            place = (low + high) >> 1
            if here + run_cost(sums, end, place) < total[rival] + run_cost(sums, rival, place):
                high = place
            else:
                low = place + 1
        if low <= n:  # from there on it is the better one
            tail += 1
            starts[tail], since[tail] = end, low
    n_runs, end = 0, n
    while end > 0:
        end = came_from[end]
        n_runs += 1
    return n_runs


@kernel
def walk_back(came_from: NDArray[np.int32], n_runs: int) -> NDArray[np.intp]:
    """Return the bounds of the runs that `cheapest_cuts` found, shape (n_runs + 1,)."""
    bounds = np.empty(n_runs + 1, np.intp)
    end = len(came_from) - 1
    for place in range(n_runs, -1, -1):
        bounds[place] = end
        end = came_from[end] if place > 0 else 0
    return bounds


@kernel
def price_by_law(
    wanted: int, price: float, n_found: int, more: float, n_more: int, fewer: float, n_fewer: int
) -> float:
    """Return the price to try next, as it goes about with the cube of the number of runs.

    Parameters
    ----------
    wanted : int
        Number of runs that a price is looked for.
    price : float
        The last one tried.
    n_found : int
        What it gave.
    more, fewer : float
        Nearest prices that gave more runs and fewer, 0 if there is none yet.
    n_more, n_fewer : int
        What they gave.
    """
    law = price * (n_found / wanted) ** 3
    if more == 0.0 or fewer == 0.0 or more < law < fewer:
        return law
    share = np.log(n_more / wanted) / np.log(n_more / n_fewer)
    return float(more * (fewer / more) ** share)


@kernel
def cuts_by_law(
    sums: NDArray[np.float64], wanted: int, price: float, came_from: NDArray[np.int32]
) -> float:
    """Cut the line into a number of runs, if a few prices suffice for that.

    Parameters
    ----------
    sums, came_from : ndarray
        As in `cheapest_cuts`.
    wanted : int
        Number of runs, fewer than points.
    price : float
        The first one to try.

    Returns
    -------
    float
        The price; 0 if none was found.
    """
    more = fewer = 0.0
    n_more = n_fewer = 0
    for _pass in range(GUESSES):
        n_found = cheapest_cuts(sums, price, came_from)
        if n_found == wanted:
            return price
        if n_found > wanted:
            more, n_more = price, n_found
        else:
            fewer, n_fewer = price, n_found
        price = price_by_law(wanted, price, n_found, more, n_more, fewer, n_fewer)
    return 0.0
