"""Compiled loops over numbers on a line."""

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._kernel import kernel


@kernel
def count_bins(
    values: NDArray[np.floating],
    weights: NDArray[np.float64],
    middle: float,
    scale: float,
    far: float,
    sums: NDArray[np.float64],
    outside: NDArray[np.intp],
) -> int:
    """Add every number to its bin; list those farther out than the bins reach.

    With t = (x - middle) * scale, bins are equally wide in t / (1 + |t|).

    Parameters
    ----------
    values, weights : ndarray of shape (n,)
    middle, scale, far : float
        Numbers with |t| > far are outside.
    sums : ndarray of float64, shape (3, n_bins)
        Gets the sums of w, w (x - middle) and w (x - middle)^2.
    outside : ndarray of int, shape (most,)
        Gets the rows of numbers outside, as far as it has room.

    Returns
    -------
    int
        How many numbers are outside.
    """
    n_bins = sums.shape[1]
    half = 0.5 * (n_bins - 1) * (1.0 + far) / far
    center = 0.5 * (n_bins - 1)
    n_outside = 0
    for i in range(len(values)):
        x = values[i] - middle
        t = x * scale
        size = abs(t)
        if size > far:
            if n_outside < len(outside):
                outside[n_outside] = i
            n_outside += 1
            continue
        place = int(center + half * t / (1.0 + size) + 0.5)
        w = weights[i]
        sums[0, place] += w
        sums[1, place] += w * x
        sums[2, place] += w * x * x
    return n_outside


@kernel
def run_cost(
    weight: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    start: int,
    stop: int,
) -> float:
    """Return the squared error of a run of points around its mean."""
    x = first[stop] - first[start]
    spread = (second[stop] - second[start]) - x * x / (weight[stop] - weight[start])
    return spread if spread > 0.0 else 0.0


@kernel
def cheapest_cuts(  # noqa: C901  (calls that take all these arrays cost more than the pass)
    weight: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    price: float,
    came_from: NDArray[np.int32],
) -> int:
    """Cut the line where squared error plus a price for each run is least; return how many runs.

    The least-weight subsequence of a cost that keeps the quadrangle inequality: once a later
    start of the last run is the better one it stays so, so that each start is the best for
    one range of ends, and a queue holds those ranges.

    Parameters
    ----------
    weight, first, second : ndarray of shape (n_points + 1,)
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
    n = len(weight) - 1
    total = np.zeros(n + 1)
    starts = np.empty(n + 2, np.int32)  # candidates, and from which end on each is the best
    since = np.empty(n + 2, np.int32)
    head, tail = 0, 0
    starts[0], since[0] = 0, 1
    for end in range(1, n + 1):
        while head < tail and since[head + 1] <= end:
            head += 1
        start = starts[head]
        total[end] = total[start] + run_cost(weight, first, second, start, end) + price
        came_from[end] = start
        low = 0
        while tail >= head:  # drop candidates that this one beats wherever they were the best
            rival, low = starts[tail], max(since[tail], end + 1)
            if low > n:
                break
            mine = total[end] + run_cost(weight, first, second, end, low)
            if mine >= total[rival] + run_cost(weight, first, second, rival, low):
                break
            tail -= 1
        if tail < head:
            tail = head
            starts[tail], since[tail] = end, end + 1
            continue
        high = n + 1
        while low < high:
            middle = (low + high) // 2
            mine = total[end] + run_cost(weight, first, second, end, middle)
            if mine < total[rival] + run_cost(weight, first, second, rival, middle):
                high = middle
            else:
                low = middle + 1
        if low <= n:  # from there on it is the better one
            tail += 1
            starts[tail], since[tail] = end, low
    n_runs, end = 0, n
    while end > 0:
        end = came_from[end]
        n_runs += 1
    return n_runs


@kernel
def assign_on_line(
    values: NDArray[np.floating],
    midpoints: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> None:
    """Find how many midpoints lie below each number, by halving; ties go down.

    Parameters
    ----------
    values : ndarray of shape (n,)
    midpoints : ndarray of shape (n_entries - 1,)
        Rising.
    labels : ndarray of int64, shape (n,)
        Gets the answers.
    """
    n = len(midpoints)
    for i in range(len(values)):
        x = values[i]
        low, left = 0, n
        while left > 0:
            half = left >> 1
            if midpoints[low + half] < x:
                low += half + 1
                left -= half + 1
            else:
                left = half
        labels[i] = low


@kernel
def walk_back(came_from: NDArray[np.int32], n_runs: int) -> NDArray[np.intp]:
    """Return the bounds of the runs that `cheapest_cuts` found, shape (n_runs + 1,)."""
    bounds = np.empty(n_runs + 1, np.intp)
    end = len(came_from) - 1
    for place in range(n_runs, -1, -1):
        bounds[place] = end
        end = came_from[end] if place > 0 else 0
    return bounds
