"""Numbers on a line, ready to be cut into runs: sorted, or counted in bins."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._line_loops import add_up_bins, add_up_sorted, count_cells
from wc_core.threads import run_pieces

FEW = 1 << 16  # numbers up to which sorting costs next to nothing
BINS_PER_RUN = 128  # then their borders cost a hundred-thousandth or so
FEWEST_BINS, MOST_BINS = 1 << 11, 1 << 16
FAR = 64.0  # typical deviations from the middle beyond which every number is a point of its own
MOST_FAR = 1 << 14  # of them in a piece
_LOOK = 1 << 11  # numbers that are looked at for the middle and the typical deviation
_RARE = 0.005  # share of them, at either end, that do not say what is typical
_WIDE = 2.0  # typical deviations within which bins are about equally wide
_PIECE = 1 << 18  # numbers that one thread takes at a time
_MOST_PIECES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Points in rising order as running sums, from which the error of every run follows.

    A point is a number, or all numbers of one bin: a cut never goes through a bin.

    Parameters
    ----------
    sums : ndarray of float64, shape (n_points + 1, 3)
        Sums of w, w x and w x^2 from the middle to each place between points, negative below it.
        Both x and the sums count from the middle, so that squares keep their digits and an
        outlier takes none from the points nearer in.
    middle : float
    is_exact : bool
        Whether every distinct number is a point.
    """

    sums: NDArray[np.float64]
    middle: float
    is_exact: bool

    def __len__(self) -> int:
        return len(self.sums) - 1

    @classmethod
    def of_sorted(cls, values: NDArray[np.floating], weights: NDArray[np.float64] | None) -> "Line":
        """Sort the numbers, so that all cuts are possible."""
        if weights is None:
            x, w = np.sort(values), None
        else:
            order = np.argsort(values, kind="stable")
            x, w = values[order], weights[order]
        origin = int(np.searchsorted(x, x[len(x) // 2]))
        sums = np.empty((len(x) + 1, 3))
        start, stop = add_up_sorted(x, w, origin, sums)
        return cls(sums[start:stop], float(x[origin]), is_exact=True)

    def coarse(self, n_places: int) -> "Line":
        """Return the line with about so many places left to cut at; few lie at the ends: all."""
        n, n_ends = len(self), n_places // 8
        step = -(-n // n_places)
        if step < 2:
            return self
        inside = np.arange(n_ends, n - n_ends, step)
        kept = np.concatenate([np.arange(n_ends), inside, np.arange(n - n_ends, n + 1)])
        return Line(self.sums[kept], self.middle, is_exact=False)

    def cost(self, bounds: NDArray[np.intp]) -> float:
        """Return the squared error of all runs between neighbouring bounds around their means."""
        return _cost(self.sums[bounds])

    def inside(self) -> float:
        """Return the squared error that no cut can avoid: that inside of points."""
        return 0.0 if self.is_exact else _cost(self.sums)

    def weights(self, bounds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the weight of each run between neighbouring bounds."""
        sums = self.sums[bounds, 0]
        weights: NDArray[np.float64] = sums[1:] - sums[:-1]
        return weights

    def means(self, bounds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the mean of each run between neighbouring bounds, in rising order."""
        sums = self.sums[bounds]
        runs = sums[1:] - sums[:-1]
        means: NDArray[np.float64] = runs[:, 1] / runs[:, 0] + self.middle
        return means


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Numbers counted in bins that grow wider with the distance from the middle.

    Parameters
    ----------
    inside : ndarray of shape (n_bins, 3)
        Sums of w, w x and w x^2 in each bin, x from the middle.
    outside : ndarray of shape (n_far, 3)
        The same of each number that is too far out, in rising order.
    n_below : int
        How many of those are below the bins.
    middle : float
    """

    inside: NDArray[np.float64]
    outside: NDArray[np.float64]
    n_below: int
    middle: float

    @classmethod
    def of(
        cls, values: NDArray[np.floating], weights: NDArray[np.float64] | None, n_bins: int
    ) -> "Bins | None":
        """Count; None where bins would not tell numbers apart."""
        middle, unit = _typical(values)
        if not unit > 0:
            return None
        kind, half = values.dtype.type, n_bins // 2
        scale = kind(min(1 / (_WIDE * unit), float(np.finfo(kind).max)))
        border = int(half / (1 + FAR / _WIDE))
        pieces = pieces_of(len(values))

        def count(piece: int) -> tuple[NDArray[np.float64], NDArray[np.intp] | None]:
            rows, sums, far = pieces[piece], np.zeros((n_bins, 3)), np.empty(MOST_FAR, np.intp)
            part = None if weights is None else weights[rows]
            n_far = count_cells(
                values[rows], part, kind(middle), scale, kind(half), border, sums, far
            )
            return sums, None if n_far > MOST_FAR else far[:n_far] + rows.start

        counted = run_pieces(count, len(pieces))
        inside = counted[0][0]
        for sums, _far in counted[1:]:
            inside += sums
        lists = [rows for _sums, rows in counted if rows is not None]
        if len(lists) < len(counted):
            return None
        far = np.concatenate(lists)
        order = far[np.argsort(values[far], kind="stable")] if len(far) else far
        x = values[order].astype(np.float64) - middle
        w = np.ones(len(x)) if weights is None else weights[order]
        outside = np.stack([w, w * x, w * x * x], axis=1)
        return cls(inside, outside, int(np.searchsorted(x, 0.0)), middle)

    def halved(self) -> "Bins":
        """Return half as many bins, of two each."""
        return replace(self, inside=self.inside[::2] + self.inside[1::2])

    def line(self) -> Line:
        """Return bins that hold something, and the numbers beyond them, as points."""
        sums = np.empty((len(self.inside) + len(self.outside) + 1, 3))
        start, stop = add_up_bins(self.inside, self.outside, self.n_below, sums)
        return Line(sums[start:stop], self.middle, is_exact=False)


class Lines:
    """Numbers as lines, each made when it is first asked for.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite, at least one.
    weights : ndarray of shape (n,), optional
        Positive; 1 each if None.
    """

    def __init__(
        self, values: NDArray[np.floating], weights: NDArray[np.float64] | None = None
    ) -> None:
        self.values = np.ascontiguousarray(values)
        self.weights = weights
        self._bins: Bins | None = None
        self._n_counted = 0

    @cached_property
    def sorted(self) -> Line:
        """Every distinct number as a point."""
        return Line.of_sorted(self.values, self.weights)

    def distinct(self) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
        """Return the distinct numbers, and the weight of each."""
        numbers, kind = np.unique(self.values, return_inverse=True)
        return numbers, np.bincount(kind, self.weights).astype(np.float64)

    def binned(self, n_clusters: int) -> Line | None:
        """Return as many bins as so many runs need; None where numbers are better sorted."""
        n_bins = max(FEWEST_BINS, 1 << (BINS_PER_RUN * n_clusters - 1).bit_length())
        if len(self.values) <= FEW or n_bins > MOST_BINS:
            return None
        if self._n_counted < n_bins:
            self._bins, self._n_counted = Bins.of(self.values, self.weights, n_bins), n_bins
        bins = self._bins
        if bins is None:
            return None
        while len(bins.inside) > n_bins:
            bins = bins.halved()
        return bins.line()


def _cost(sums: NDArray[np.float64]) -> float:
    w, x, xx = (sums[1:] - sums[:-1]).T
    return float(np.maximum(xx - x * x / w, 0.0).sum())


def _typical(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the middle of some of the numbers and the mean deviation of the ordinary ones."""
    look = np.sort(values[:: -(-len(values) // _LOOK)]).astype(np.float64)
    middle = look[len(look) // 2]
    deviations, rare = np.abs(look - middle), int(_RARE * len(look))
    unit = float(deviations[rare : len(look) - rare].mean())
    return float(middle), unit or float(deviations.mean())


def pieces_of(n: int) -> list[slice]:
    """Cut rows into pieces for several threads: the same ones however many there are."""
    n_pieces = min(_MOST_PIECES, -(-n // _PIECE))
    size = -(-n // max(1, n_pieces))
    return [slice(start, min(n, start + size)) for start in range(0, n, max(1, size))]
