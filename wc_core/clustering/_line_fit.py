"""A fit of single weights, from raw numbers to labels: masks, idle weights, notes."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wc_core.clustering._fit import FitReport, Iteration, clamping
from wc_core.clustering._line import Line, Lines
from wc_core.clustering._line_labels import labels_on_line, nearest_on_line
from wc_core.clustering._room import with_room_for_squares
from wc_core.clustering._scalar import Cuts, solve_steps
from wc_core.errors import ConfigError
from wc_core.progress import Progress, relay
from wc_core.words import _


@dataclass(frozen=True, slots=True, eq=False)
class LineFit:
    """What came out.

    Parameters
    ----------
    centers : ndarray of shape (n_entries,)
        Of the type of the numbers, in rising order.
    indices : ndarray of shape (n,)
        The nearest of them to each number, in the smallest type that holds them all.
    inertia : float
        Weighted squared error.
    report : FitReport
    """

    centers: NDArray[np.floating]
    indices: NDArray[np.unsignedinteger]
    inertia: float
    report: FitReport


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Numbers that may be masked, or count for nothing.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Masked ones hold 0.
    weights : ndarray of shape (n,), optional
        Masked ones count 0; None if all count alike.
    unit : float
        What each counts if all count alike.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.float64] | None
    unit: float = 1.0

    @classmethod
    def of(
        cls, values: NDArray[np.floating], weights: NDArray[np.floating] | None = None
    ) -> "Numbers":
        """Read NaN as masked, and see whether weights matter."""
        values, has_nan = with_room_for_squares(np.ascontiguousarray(values))
        unit = 1.0
        if weights is not None and len(weights) and (weights == weights[0]).all():
            unit, weights = float(weights[0]), None
        if not has_nan:
            exact = None if weights is None else weights.astype(np.float64, copy=False)
            return cls(values, exact, unit)
        masked = np.isnan(values)
        seen = np.where(masked, 0.0, unit if weights is None else weights)
        return cls(np.where(masked, values.dtype.type(0), values), seen)

    def lines(self) -> Lines:
        """Return those that count as lines; one zero if none does."""
        if self.weights is None:
            return Lines(self.values)
        used = self.weights > 0
        if used.all():
            return Lines(self.values, self.weights)
        if not used.any():
            return Lines(np.zeros(1, self.values.dtype))
        return Lines(self.values[used], self.weights[used])

    def indices(self, centers: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
        """Return the nearest of the sorted centers to each number."""
        return nearest_on_line(self.values, centers)

    def labelled(self, centers: NDArray[np.floating]) -> tuple[NDArray[np.unsignedinteger], float]:
        """Return the nearest of the sorted centers to each number, and the squared error."""
        indices, error = labels_on_line(self.values, self.weights, centers)
        return indices, self.unit * error


def numbers_of(values: ArrayLike, weights: ArrayLike | None = None) -> Numbers:
    """Check and flatten what somebody calls numbers.

    Raises
    ------
    ConfigError
        If there are no numbers, or infinite ones, or weights that do not fit to them.
    """
    x = np.ravel(values)
    x = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
    if not x.size:
        raise ConfigError(_("there are no weights to cluster"))
    if not np.isfinite(x.sum()) and np.isinf(x).any():
        raise ConfigError(_("infinite weights cannot be clustered"))
    if weights is None:
        return Numbers.of(x)
    w = np.ravel(weights).astype(np.float64, copy=False)
    if len(w) != len(x) or not (w >= 0).all() or not np.isfinite(w).all():
        raise ConfigError(_("each weight needs one finite sample weight, zero or more"))
    return Numbers.of(x, w)


def fit_line_steps(
    numbers: Numbers, n_clusters: int, dtype: np.dtype, *, exact: bool = False
) -> Generator[Progress, None, LineFit]:
    """Cluster numbers and label them; each price that is tried is an `Iteration`.

    Its `detail` has the price and `n_found`, how many entries it pays for. It tells no labels:
    those of a million numbers would cost more than the pass.

    Parameters
    ----------
    numbers : Numbers
    n_clusters : int
    dtype : dtype
        What entries are rounded to.
    exact : bool
        As in `solve_steps`.
    """
    yield Progress(0, 1, _("sorting the weights"))
    lines, step = numbers.lines(), 0

    def told(tried: tuple[Line, Cuts]) -> Progress:
        nonlocal step
        step += 1
        return Progress(step, step + 1, result=_iteration(step, lines, *tried))

    solved = yield from relay(solve_steps(lines, n_clusters, exact=exact), told)
    centers = solved.centers.astype(dtype)
    indices, inertia = numbers.labelled(centers)
    notes = clamping(len(centers), n_clusters)
    if exact and not notes:
        notes = (_optimality(solved.gap or 0.0),)
    report = FitReport(len(indices), len(lines.values), max(1, step), notes)
    return LineFit(centers, indices, inertia, report)


def _iteration(step: int, lines: Lines, line: Line, cuts: Cuts) -> Iteration:
    points, weights = lines.values[:, None], lines.weights
    note = _("a price of {price:.3g} for each entry pays for {n}")
    return Iteration(
        step,
        points,
        np.broadcast_to(1.0, len(points)) if weights is None else weights,
        centers=line.means(cuts.bounds)[:, None],
        inertia=cuts.cost,
        note=note.format(price=cuts.price, n=cuts.n_runs),
        detail={"price": cuts.price, "n_found": cuts.n_runs},
    )


def _optimality(gap: float) -> str:
    """Say how far above the optimum one comes without sorting."""
    if gap <= 0:
        return _("the optimum; without exact it would be the same")
    msg = _("the optimum; without exact the error would lie {gap} above it (the optimality gap)")
    return msg.format(gap=f"{100 * gap:.2g} %")
