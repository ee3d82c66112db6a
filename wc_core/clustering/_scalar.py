"""k-means of numbers on a line, solved: the best cuts of the sorted numbers into k runs.

On a line every cluster is a run. With a price for each run the best cuts are found in one pass,
and the price decides how many there are; where it gives k runs, these are the best k runs there
are, since any better ones would also be cheaper with their price (Lagrangian duality). The
price goes about with k^-3, as the error goes with k^-2, so that a few passes find it.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._line import Line, Lines
from wc_core.clustering._line_loops import (
    GUESSES,
    cheapest_cuts,
    cuts_by_law,
    price_by_law,
    walk_back,
)

T = TypeVar("T")

MOST_INSIDE = 1e-3  # share of the error that may lie inside of bins: about half of it is lost
MOST_PASSES = 60
SAME = 1e-12  # share of the error below which two solutions cost the same
_COARSE, _COARSE_PER_RUN = 1 << 10, 16  # places to cut at that suffice to tell a first price
_WORTH = 8  # times as many, from which on that is worth it, and hides how the price is found


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """A partition of the line.

    Parameters
    ----------
    bounds : ndarray of shape (n_runs + 1,)
        Between which points runs begin and end.
    cost : float
        Squared error around the means of the runs.
    price : float
        Price of a run under which no other partition is cheaper.
    """

    bounds: NDArray[np.intp]
    cost: float
    price: float

    @property
    def n_runs(self) -> int:
        """How many runs there are."""
        return len(self.bounds) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The best entries for numbers on a line.

    Parameters
    ----------
    centers, weights : ndarray of shape (n_entries,)
        In rising order, and the weight of the numbers that each stands for.
    inertia : float
        Squared error.
    gap : float, optional
        Of the optimum: the share by which bins would have been above it. None of bins.
    """

    centers: NDArray[np.floating]
    weights: NDArray[np.float64]
    inertia: float
    gap: float | None


def solve_steps(
    lines: Lines, n_clusters: int, *, exact: bool = False
) -> Generator[tuple[Line, Cuts], None, Solved]:
    """Cluster numbers; yield what each price that is tried pays for.

    Many numbers are counted in bins first, which costs a hundred-thousandth or so; where it
    would cost more than a thousandth, and with `exact`, they are sorted.

    Parameters
    ----------
    lines : Lines
    n_clusters : int
        Fewer entries come out where there are fewer distinct numbers.
    exact : bool
        Find the optimum of however many numbers.

    References
    ----------
    A. Aggarwal, B. Schieber and T. Tokuyama, "Finding a minimum-weight k-link path in graphs with
    the concave Monge property and applications", Discrete Comput. Geom. 12, 1994.
    """
    price = rough = None
    bins = lines.binned(n_clusters)
    if bins is not None and len(bins) > n_clusters:
        cuts = yield from _best_cuts_steps(bins, n_clusters)
        are_fine = bins.inside() <= MOST_INSIDE * cuts.cost
        if are_fine and not exact:
            return _solved(bins, cuts, None)
        price, rough = cuts.price, cuts.cost if are_fine else None
    line = lines.sorted
    if len(line) <= n_clusters:
        return Solved(*lines.distinct(), inertia=0.0, gap=0.0)
    best = yield from _best_cuts_steps(line, n_clusters, price)
    gap = rough / best.cost - 1 if rough is not None and best.cost > 0 else 0.0
    return _solved(line, best, max(gap, 0.0))


def solve(lines: Lines, n_clusters: int) -> Solved:
    """Return the best entries; see `solve_steps`."""
    return _end_of(solve_steps(lines, n_clusters))


def best_cuts(line: Line, n_runs: int) -> Cuts:
    """Return the partition of a line into `n_runs` runs that has the least squared error.

    Parameters
    ----------
    line : Line
        With more points than runs.
    n_runs : int
    """
    return _end_of(_best_cuts_steps(line, n_runs))


def _end_of(steps: Generator[object, None, T]) -> T:
    """Run steps to their end and return what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: T = end.value
            return answer


def _solved(line: Line, cuts: Cuts, gap: float | None) -> Solved:
    return Solved(line.means(cuts.bounds), line.weights(cuts.bounds), cuts.cost, gap)


def _best_cuts_steps(
    line: Line, n_runs: int, price: float | None = None
) -> Generator[tuple[Line, Cuts], None, Cuts]:
    """Yield the line and the partition of every price that is tried; return that of `n_runs`."""
    price = price or _first_price(line, n_runs)
    more: Cuts | None = None  # the solutions nearest to what is wanted, from both sides
    fewer: Cuts | None = None
    for n_passes in range(1, MOST_PASSES + 1):
        cuts = _cheapest(line, price)
        yield line, cuts
        if cuts.n_runs == n_runs:
            return cuts
        if n_passes > GUESSES and more and fewer and _is_between_none(cuts, more, fewer):
            break
        if cuts.n_runs > n_runs:
            more = cuts
        else:
            fewer = cuts
        price = _next_price(cuts, n_runs, more, fewer, by_law=n_passes < GUESSES)
    bounds = _between(line, more, fewer, n_runs)
    best = Cuts(bounds, line.cost(bounds), price)
    yield line, best
    return best


def _first_price(line: Line, n_runs: int) -> float:
    """Return the price that fewer places to cut at ask for, which takes next to no time."""
    price = 2 * line.cost(np.array([0, len(line)])) / n_runs**3
    n_places = max(_COARSE, _COARSE_PER_RUN * n_runs)
    if line.is_exact and len(line) <= _WORTH * n_places:
        return price
    coarse = line.coarse(n_places)
    if coarse is line:
        return price
    return cuts_by_law(coarse.sums, n_runs, price, np.empty(len(coarse) + 1, np.int32)) or price


def _cheapest(line: Line, price: float) -> Cuts:
    came_from = np.empty(len(line) + 1, dtype=np.int32)
    bounds = walk_back(came_from, cheapest_cuts(line.sums, price, came_from))
    return Cuts(bounds, line.cost(bounds), price)


def _next_price(
    cuts: Cuts, n_runs: int, more: Cuts | None, fewer: Cuts | None, *, by_law: bool
) -> float:
    """Return the price to try next: by the law of the price, or where both solutions cost alike."""
    if more is not None and fewer is not None and not by_law:
        return (fewer.cost - more.cost) / (more.n_runs - fewer.n_runs)
    known = [(near.price, near.n_runs) if near else (0.0, 0) for near in (more, fewer)]
    return price_by_law(n_runs, cuts.price, cuts.n_runs, *known[0], *known[1])


def _is_between_none(cuts: Cuts, more: Cuts, fewer: Cuts) -> bool:
    """Tell whether no price gives a number of runs between those of two solutions.

    So it is if the price at which both cost alike has no solution that costs less.
    """
    here = cuts.cost + cuts.price * cuts.n_runs
    there = more.cost + cuts.price * more.n_runs
    return there - here <= SAME * there or cuts.n_runs in {more.n_runs, fewer.n_runs}


def _between(line: Line, more: Cuts | None, fewer: Cuts | None, n_runs: int) -> NDArray[np.intp]:
    """Return bounds of `n_runs` runs where no price gave that many."""
    if more is not None and fewer is not None:
        return _spliced(more.bounds, fewer.bounds, n_runs)
    # Numbers so far apart that rounding hides one error behind another: any cuts will do.
    near = more or fewer
    assert near is not None
    kept = near.bounds[:-1][:n_runs]
    others = np.setdiff1d(np.arange(len(line)), kept)[: n_runs - len(kept)]
    return np.append(np.sort(np.concatenate([kept, others])), len(line))


def _spliced(more: NDArray[np.intp], fewer: NDArray[np.intp], n_runs: int) -> NDArray[np.intp]:
    """Return the first part of one solution and the last of another, `n_runs` runs together.

    Where a run of the one lies inside a run of the other, both can change over; if both cost
    alike under one price, so do what comes out and what is left of them.
    """
    ahead = n_runs - (len(fewer) - 1)
    n = len(fewer) - 1
    inside = (fewer[:-1] <= more[ahead : ahead + n]) & (
        more[ahead + 1 : ahead + n + 1] <= fewer[1:]
    )
    at = int(np.argmax(inside))
    return np.concatenate([more[: at + ahead + 1], fewer[at + 1 :]])
