"""Entropy-constrained clustering of numbers on a line.

With its price every entry is the cheapest on one stretch of the line, and the stretches are told
from neighbours alone: between entries c_i < c_j of r_i and r_j bits the border lies at
(c_i + c_j) / 2 + price (r_j - r_i) / (2 (c_j - c_i)). Numbers are points of a `Line`, so that a
step costs a search for each border, however many numbers there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._line import Line
from wc_core.clustering._rate_loops import lower_envelope
from wc_core.clustering._scalar import best_cuts
from wc_core.clustering._tariff import Tariff, error_at

MOST_CELLS = 8  # times as many as entries: a finer grid is not thinned out but given up


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Numbers parted into runs, each with an entry at its mean.

    Parameters
    ----------
    bounds : ndarray of shape (n_entries + 1,)
        Between which points runs begin and end.
    counts : ndarray of int64, shape (n_entries,)
        Numbers of each.
    lengths : ndarray of shape (n_entries,)
        Bits of an index of each.
    error : float
        Squared error.
    bits : float
        Of all indices, the table and the codebook.
    """

    bounds: NDArray[np.intp]
    counts: NDArray[np.int64]
    lengths: NDArray[np.float64]
    error: float
    bits: float

    def __len__(self) -> int:
        return len(self.counts)

    def cost(self, price: float) -> float:
        """Return what error and bits cost together."""
        return self.error + price * self.bits


class PricedLine:
    """A line whose entries are paid for.

    Parameters
    ----------
    line : Line
        Of numbers that all count 1.
    n_clusters : int
        Entries at most.
    tariff : Tariff
    """

    def __init__(self, line: Line, n_clusters: int, tariff: Tariff) -> None:
        self.line = line
        self._n_clusters = n_clusters
        self._tariff = tariff
        runs = line.sums[1:] - line.sums[:-1]
        self._places = runs[:, 1] / runs[:, 0]  # from the middle of the line

    @cached_property
    def best(self) -> Runs:
        """The runs of least error, whatever they cost."""
        n = len(self.line)
        if n <= self._n_clusters:
            return self.runs(np.arange(n + 1))
        return self.runs(best_cuts(self.line, self._n_clusters).bounds)

    def runs(self, bounds: NDArray[np.intp]) -> Runs:
        """Price a partition."""
        counts = np.rint(self.line.weights(bounds)).astype(np.int64)
        lengths = self._tariff.lengths(counts)
        bits = self._tariff.bits(counts, lengths)
        return Runs(bounds, counts, lengths, self.line.cost(bounds), bits)

    def borders(self, runs: Runs) -> NDArray[np.float64]:
        """Return places that part the runs, shape (n_entries - 1,)."""
        inner = runs.bounds[1:-1]
        places: NDArray[np.float64] = (self._places[inner - 1] + self._places[inner]) / 2
        return places + self.line.middle

    def settle_steps(self, price: float, max_iter: int, tol: float) -> Iterator[Runs]:
        """Yield ever cheaper runs, from a grid of the step that the price asks for.

        Entries that nobody chooses die at once; those that do not pay for their place in table
        and codebook, and those beyond `n_clusters`, when the others have settled.
        """
        runs = self._start(price)
        yield runs
        for _iteration in range(max_iter):
            moved = self._moved(runs, price)
            is_settled = runs.cost(price) - moved.cost(price) <= tol * runs.cost(price)
            if moved.cost(price) < runs.cost(price) or len(moved) < len(runs):
                runs = moved
                yield runs
            if is_settled:
                thinned = self._thinned(runs, price)
                if thinned is runs:
                    return
                runs = thinned
                yield runs

    def _start(self, price: float) -> Runs:
        """Return the cells of a uniform grid that hold something; too many of them: `best`."""
        step = np.sqrt(12 * error_at(price, 1))
        if step > 0:
            cells = np.rint((self._places + self.line.middle) / step)
            inner = np.flatnonzero(cells[1:] != cells[:-1]) + 1
            if len(inner) < MOST_CELLS * self._n_clusters:
                runs = self.runs(np.concatenate([[0], inner, [len(self.line)]]))
                while len(runs) > self._n_clusters:
                    runs = self._thinned(runs, price)
                return runs
        return self.best

    def _moved(self, runs: Runs, price: float) -> Runs:
        """Give every number to its cheapest entry."""
        centers = self.line.means(runs.bounds) - self.line.middle
        kept, borders = np.empty(len(runs), np.intp), np.empty(len(runs))
        n = lower_envelope(centers, price * runs.lengths, kept, borders)
        inner = np.searchsorted(self._places, borders[1:n], side="right")
        return self.runs(np.unique(np.concatenate([[0], inner, [len(self.line)]])))

    def _thinned(self, runs: Runs, price: float) -> Runs:
        """Leave entries out that cost more than they save, no two neighbours at a time."""
        n_over = len(runs) - self._n_clusters
        if len(runs) < 2:
            return runs
        split, loss = self._losses(runs, price)
        fixed = self._tariff.fixed_bits(runs.counts) / len(runs)
        is_least = np.r_[True, loss[1:] < loss[:-1]] & np.r_[loss[:-1] <= loss[1:], True]
        gone = is_least & (loss < price * fixed)
        if n_over > 0:
            order = np.flatnonzero(is_least)
            gone[order[np.argsort(loss[order], kind="stable")][:n_over]] = True
        if not gone.any():
            return runs
        # An entry leaves its run to its neighbours: both its bounds become one.
        left = np.concatenate([[True], ~gone])
        bounds = runs.bounds.copy()
        bounds[:-1][gone] = split[gone]
        return self.runs(np.unique(bounds[left]))

    def _losses(self, runs: Runs, price: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return for every entry where its neighbours would part its run, and what that costs.

        Bits are those of an ideal coder, which knows at once how often every entry is used.
        """
        centers = self.line.means(runs.bounds) - self.line.middle
        start, stop = runs.bounds[:-1], runs.bounds[1:]
        split = np.where(np.arange(len(runs)) == 0, start, stop)
        if len(runs) > 2:
            low, high = centers[:-2], centers[2:]
            dearer = price * (runs.lengths[2:] - runs.lengths[:-2])
            border = (low + high) / 2 + dearer / (2 * (high - low))
            place = np.searchsorted(self._places, border, side="right")
            split[1:-1] = np.clip(place, start[1:-1], stop[1:-1])
        before = np.concatenate([start[:1], start[:-1]])
        after = np.concatenate([stop[1:], stop[-1:]])
        alone = self._costs(start, stop, price)
        both = np.concatenate([[0.0], alone, [0.0]])
        loss = self._costs(before, split, price) + self._costs(split, after, price)
        return split, loss - both[:-2] - both[1:-1] - both[2:]

    def _costs(
        self, start: NDArray[np.intp], stop: NDArray[np.intp], price: float
    ) -> NDArray[np.float64]:
        """Return error and priced ideal bits of runs; nothing for empty ones."""
        w, x, xx = (self.line.sums[stop] - self.line.sums[start]).T
        share = np.where(w > 0, w / (self.line.sums[-1, 0] - self.line.sums[0, 0]), 1.0)
        error = np.maximum(xx - x * x / np.where(w > 0, w, 1.0), 0.0)
        costs: NDArray[np.float64] = error - price * w * np.log2(share)
        return costs
