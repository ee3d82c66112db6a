"""k-means of numbers on a line, solved: the best cuts of the sorted numbers into k runs.

On a line every cluster is a run. With a price for each run the best cuts are found in one pass,
and the price decides how many there are; where it gives k runs, these are the best k runs there
are, since any better ones would also be cheaper with their price (Lagrangian duality). The
price goes about with k^-3, as the error goes with k^-2, so that a few passes find it.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._fit import Iteration
from wc_core.clustering._line import Line
from wc_core.clustering._line_loops import assign_on_line, cheapest_cuts, walk_back
from wc_core.progress import Progress
from wc_core.words import _

GUESSES = 12  # passes by the law k^-3; after them each pass halves what is left or ends the search
MOST_PASSES = 60
SAME = 1e-12  # share of the error below which two solutions cost the same


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


def scalar_kmeans_steps(
    blocks: MaskedBlocks, n_clusters: int, *, exact: bool = False
) -> Generator[Progress, None, tuple[NDArray[np.float64], tuple[str, ...]]]:
    """Cluster numbers, more than `n_clusters` of which are distinct.

    Many numbers are counted in bins first, which costs a millionth or so; with `exact`
    they are sorted, and the notes say what the bins would have cost.

    Records carry an `Iteration` a pass, with the entries that a price pays for, as many as these
    may be: `detail["price"]` and `detail["n_found"]`.

    Returns
    -------
    entries : ndarray of shape (n_clusters, 1)
        In rising order.
    notes : tuple of str

    References
    ----------
    A. Aggarwal, B. Schieber and T. Tokuyama, "Finding a minimum-weight k-link path in graphs with
    the concave Monge property and applications", Discrete Comput. Geom. 12, 1994.
    """
    values, weights = blocks.values[:, 0], blocks.weights
    yield Progress(0, 1, _("sorting the weights"))
    line = Line.of(values, weights, n_clusters, exact=exact)
    for step, cuts in enumerate(_best_cuts_steps(line, n_clusters), start=1):
        yield Progress(step, step + 1, result=_iteration(step, blocks, line, cuts))
    notes = _gap_of_bins(values, weights, n_clusters, cuts) if exact else ()
    return line.means(cuts.bounds)[:, None], notes


def best_cuts(line: Line, n_runs: int) -> Cuts:
    """Return the partition of a line into `n_runs` runs that has the least squared error.

    Parameters
    ----------
    line : Line
        With more points than runs.
    n_runs : int
    """
    *_before, best = _best_cuts_steps(line, n_runs)
    return best


def nearest_on_line(
    values: NDArray[np.floating], centers: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return the index of the nearest of the sorted centers to each value; ties go down."""
    exact = centers.astype(np.float64)
    labels = np.empty(len(values), dtype=np.int64)
    assign_on_line(np.ascontiguousarray(values), (exact[1:] + exact[:-1]) / 2, labels)
    return labels


def _best_cuts_steps(line: Line, n_runs: int) -> Generator[Cuts, None, None]:
    """Yield the partition of every price that is tried; the last one has `n_runs` runs."""
    price = 2 * line.cost(np.array([0, len(line)])) / n_runs**3
    more: Cuts | None = None  # the solutions nearest to what is wanted, from both sides
    fewer: Cuts | None = None
    for n_passes in range(1, MOST_PASSES + 1):
        cuts = _cheapest(line, price)
        yield cuts
        if cuts.n_runs == n_runs:
            return
        if n_passes > GUESSES and more and fewer and _is_between_none(cuts, more, fewer):
            break
        if cuts.n_runs > n_runs:
            more = cuts
        else:
            fewer = cuts
        price = _next_price(cuts, n_runs, more, fewer, by_law=n_passes < GUESSES)
    bounds = _between(line, more, fewer, n_runs)
    yield Cuts(bounds, line.cost(bounds), price)


def _cheapest(line: Line, price: float) -> Cuts:
    came_from = np.empty(len(line) + 1, dtype=np.int32)
    n_runs = cheapest_cuts(line.weight, line.first, line.second, price, came_from)
    bounds = walk_back(came_from, n_runs)
    return Cuts(bounds, line.cost(bounds), price)


def _next_price(
    cuts: Cuts, n_runs: int, more: Cuts | None, fewer: Cuts | None, *, by_law: bool
) -> float:
    """Return the price to try next: by the law of the price, or where both solutions cost alike."""
    law = cuts.price * (cuts.n_runs / n_runs) ** 3
    if more is None or fewer is None:
        return law
    if by_law and more.price < law < fewer.price:
        return law
    if by_law:
        return float(np.sqrt(more.price * fewer.price))
    return (fewer.cost - more.cost) / (more.n_runs - fewer.n_runs)


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


def _iteration(step: int, blocks: MaskedBlocks, line: Line, cuts: Cuts) -> Iteration:
    """Tell no labels: those of a million numbers would cost more than the pass."""
    note = _("a price of {price:.3g} for each entry pays for {n}")
    return Iteration(
        step,
        blocks.values,
        blocks.weights,
        centers=line.means(cuts.bounds)[:, None],
        inertia=cuts.cost,
        note=note.format(price=cuts.price, n=cuts.n_runs),
        detail={"price": cuts.price, "n_found": cuts.n_runs},
    )


def _gap_of_bins(
    values: NDArray[np.floating], weights: NDArray[np.float64], n_clusters: int, best: Cuts
) -> tuple[str, ...]:
    """Say how far above the optimum one comes without sorting."""
    line = Line.of(values, weights, n_clusters)
    if line.is_exact or best.cost <= 0:
        return (_("the optimum; without exact it would be the same"),)
    gap = best_cuts(line, n_clusters).cost / best.cost - 1
    msg = _("the optimum; without exact the error would lie {gap} above it (the optimality gap)")
    return (msg.format(gap=f"{100 * max(gap, 0.0):.2g} %"),)
