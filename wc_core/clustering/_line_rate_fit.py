"""An entropy-constrained fit of single weights, from raw numbers to labels."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import few_distinct
from wc_core.clustering._fit import FitReport, Iteration
from wc_core.clustering._line import Line, Lines
from wc_core.clustering._line_fit import LineFit, Numbers
from wc_core.clustering._line_labels import labels_on_line
from wc_core.clustering._line_rate import PricedLine, Runs
from wc_core.clustering._rate_fit import (
    Aim,
    Blocks,
    Priced,
    detail_of,
    hunted_steps,
    notes_of,
    settled_steps,
    told_of,
)
from wc_core.clustering._scalar import MOST_INSIDE
from wc_core.clustering._tariff import Tariff, price_at
from wc_core.progress import Progress, relay
from wc_core.words import _

FINE = 256, 512  # entries for which bins are counted at least, and at most
TOLD = 1 << 14  # numbers up to which an iteration tells labels


@dataclass(frozen=True, slots=True, eq=False)
class LineRate:
    """Numbers that all count alike, or not at all.

    Parameters
    ----------
    values : ndarray of shape (n,)
        All numbers; masked ones hold 0.
    used : ndarray of bool, shape (n,), or None
        Which of them count; None for all.
    unit : float
        What each of those counts.
    """

    values: NDArray[np.floating]
    used: NDArray[np.bool_] | None
    unit: float

    @classmethod
    def of(
        cls, values: NDArray[np.floating], weights: NDArray[np.float64] | None
    ) -> "LineRate | None":
        """Read NaN as masked; None if some numbers count more than others, or none does."""
        numbers = Numbers.of(values, weights)
        if numbers.weights is None:
            return cls(numbers.values, None, numbers.unit) if numbers.unit > 0 else None
        used = numbers.weights > 0
        counting = numbers.weights[used]
        if not len(counting) or (counting != counting[0]).any():
            return None
        return cls(numbers.values, used, float(counting[0]))

    @property
    def counting(self) -> NDArray[np.floating]:
        """Numbers that count."""
        return self.values if self.used is None else self.values[self.used]

    def has_few(self, n_clusters: int) -> bool:
        """Tell whether every distinct number may have an entry of its own."""
        return few_distinct(self.counting[:, None], n_clusters) is not None


def fit_line_rate_steps(
    numbers: LineRate, aim: Aim, n_clusters: int, tariff: Tariff, max_iter: int, tol: float
) -> Generator[Progress, None, LineFit]:
    """Cluster numbers at the price that an aim asks for, and label them all.

    Many numbers are counted in bins; where these are too coarse for what comes out, numbers are
    sorted.
    """
    yield Progress(0, 1, _("sorting the weights"))
    lines = Lines(numbers.counting)
    low, high = FINE
    bins = lines.binned(max(low, n_clusters)) if n_clusters <= high else None
    teller = _Teller(lines, numbers.unit)
    solver = _Solver(bins or lines.sorted, n_clusters, tariff, max_iter, tol)
    found = yield from _found_steps(solver, aim, teller)
    if bins is not None and bins.inside() > MOST_INSIDE * found.coded.error:
        solver = _Solver(lines.sorted, n_clusters, tariff, max_iter, tol)
        found = yield from _found_steps(solver, aim, teller)
    return _labelled(numbers, solver, found, aim, teller.n_steps)


class _Solver:
    """Solves for a line at any price."""

    def __init__(
        self, line: Line, n_clusters: int, tariff: Tariff, max_iter: int, tol: float
    ) -> None:
        self.priced = PricedLine(line, n_clusters, tariff)
        self.n_clusters = n_clusters
        self.sizes = _sizes(line)
        self._max_iter, self._tol = max_iter, tol

    def solve_steps(self, price: float) -> Iterator[Runs]:
        """Yield ever cheaper runs."""
        return self.priced.settle_steps(price, self._max_iter, self._tol)


def _sizes(line: Line) -> Blocks:
    """Return what there is to code."""
    n, x, xx = line.sums[-1] - line.sums[0]
    energy = xx + 2 * line.middle * x + n * line.middle**2
    return Blocks(round(n), 1, float(max(energy, 0.0)), line.cost(np.array([0, len(line)])))


def _found_steps(
    solver: _Solver, aim: Aim, teller: "_Teller"
) -> Generator[Progress, None, Priced[Runs]]:
    """Look for the price and solve for it, in units of one number's squared error."""
    if aim.bits or aim.sqnr_db:
        return (yield from relay(hunted_steps(solver, solver.sizes, aim), teller.of(solver)))
    price = aim.lagrangian / teller.unit
    if not price:
        price = price_at(solver.priced.best.error / solver.sizes.n, 1)
    return (yield from relay(settled_steps(solver, price), teller.of(solver)))


def _labelled(
    numbers: LineRate, solver: _Solver, found: Priced[Runs], aim: Aim, n_steps: int
) -> LineFit:
    """Label all numbers by the borders between runs."""
    centers = solver.priced.line.means(found.coded.bounds).astype(numbers.values.dtype)
    weights = None if numbers.used is None else numbers.used.astype(np.float64)
    borders = solver.priced.borders(found.coded)
    indices, error = labels_on_line(numbers.values, weights, centers, borders)
    told = replace(found, price=found.price * numbers.unit)
    notes = notes_of(told, solver.sizes, aim, solver.n_clusters)
    report = FitReport(len(indices), solver.sizes.n, max(1, n_steps), notes)
    return LineFit(centers, indices, numbers.unit * error, report)


class _Teller:
    """Makes iterations of the states of a fit."""

    def __init__(self, lines: Lines, unit: float) -> None:
        self._points = lines.values[:, None]
        self._weights = np.broadcast_to(unit, len(lines.values))
        self.unit = unit
        self.n_steps = 0

    def of(self, solver: _Solver) -> Callable[[tuple[Priced[Runs], bool]], Progress]:
        """Return what makes a record of a state."""

        def told(state: tuple[Priced[Runs], bool]) -> Progress:
            found, is_shown = state
            self.n_steps += is_shown
            done = self.n_steps / (self.n_steps + 5)
            return Progress(done, 1, result=self._iteration(solver, found) if is_shown else None)

        return told

    def _iteration(self, solver: _Solver, found: Priced[Runs]) -> Iteration:
        runs, n = found.coded, solver.sizes.n
        told = replace(found, price=found.price * self.unit)
        labels = None
        if len(self._points) <= TOLD:
            labels = np.searchsorted(solver.priced.borders(runs), self._points[:, 0])
        return Iteration(
            self.n_steps,
            self._points,
            self._weights,
            labels,
            solver.priced.line.means(runs.bounds)[:, None],
            runs.error * self.unit,
            told_of(told, n),
            detail_of(runs.lengths, told.price, runs.bits / n),
        )
