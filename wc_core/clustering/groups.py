"""Many small problems at once: a codebook of its own for each row of numbers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wc_core.clustering._estimator import N_CLUSTERS
from wc_core.clustering._fit import index_dtype
from wc_core.clustering._line import FEW, Lines
from wc_core.clustering._line_fit import Numbers, numbers_of
from wc_core.clustering._line_labels import assign_by_counting, error_on_line, rounded_down
from wc_core.clustering._line_loops import add_up_sorted, cuts_by_law, run_cost, walk_back
from wc_core.clustering._scalar import solve
from wc_core.compiled import kernel
from wc_core.errors import ConfigError
from wc_core.params import check_value
from wc_core.threads import run_pieces
from wc_core.words import _

_MANY = 256  # borders of a row that are no longer counted one by one
_AT_ONCE = 1 << 15  # numbers that one thread takes at a time, in whole rows


class GroupedFit(NamedTuple):
    """A codebook for each row.

    Parameters
    ----------
    centers : ndarray of shape (n_groups, n_clusters)
        Of the type of the numbers, rising in each row. A row with fewer distinct numbers than
        `n_clusters` has each of them, and repeats the largest, to which no index points.
    indices : ndarray of shape (n_groups, n)
        In the smallest type that holds them all.
    inertia : ndarray of float64, shape (n_groups,)
        Weighted squared error of each row.
    """

    centers: NDArray[np.floating]
    indices: NDArray[np.unsignedinteger]
    inertia: NDArray[np.float64]


def grouped_kmeans(
    values: ArrayLike, n_clusters: int, sample_weight: ArrayLike | None = None
) -> GroupedFit:
    """Cluster the numbers of each row for themselves, each as `CLUSTERERS["kmeans"]` would.

    Parameters
    ----------
    values : array-like of shape (n_groups, n)
        A row may be an output channel, or part of one. NaN marks masked ones, which count for
        nothing and get the entry nearest to zero; a row of nothing else has the entry zero.
    n_clusters : int
        Entries of each codebook.
    sample_weight : array-like of shape (n_groups, n) or (n,), optional
        How much each number's squared error counts.

    Raises
    ------
    ConfigError
        If that is no matrix of finite numbers, or weights do not fit to it.

    Examples
    --------
    >>> fit = grouped_kmeans(np.array([[0.0, 0.2, 5.0], [7.0, 7.0, 7.0]]), 2)
    >>> fit.centers
    array([[0.1, 5. ],
           [7. , 7. ]])
    >>> fit.indices
    array([[0, 0, 1],
           [0, 0, 0]], dtype=uint8)
    """
    check_value("grouped_kmeans", "n_clusters", n_clusters, N_CLUSTERS)
    table = np.asarray(values)
    if table.ndim != 2:
        raise ConfigError(_("groups are the rows of a matrix"))
    dtype = table.dtype if table.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    spread = None if sample_weight is None else _spread(sample_weight, table.shape)
    numbers = numbers_of(table, spread)
    fit = GroupedFit(
        np.zeros((len(table), n_clusters), dtype),
        np.empty(table.shape, index_dtype(n_clusters)),
        np.empty(len(table)),
    )
    x = numbers.values.reshape(table.shape)
    w = None if numbers.weights is None else numbers.weights.reshape(table.shape)
    n_rows = max(1, _AT_ONCE // table.shape[1])
    starts = range(0, len(table), n_rows)
    if table.shape[1] > FEW:  # long rows one by one, each by several threads
        for row in range(len(table)):
            _fit_alone(fit, x, w, row)
    else:
        run_pieces(
            lambda piece: _fit_rows(fit, x, w, slice(starts[piece], starts[piece] + n_rows)),
            len(starts),
        )
    fit.inertia[:] *= numbers.unit
    return fit


def _spread(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.floating]:
    try:
        return np.broadcast_to(np.asarray(weights), shape)
    except ValueError as error:
        msg = _("each weight needs one finite sample weight, zero or more")
        raise ConfigError(msg) from error


def _fit_rows(
    fit: GroupedFit, x: NDArray[np.floating], w: NDArray[np.float64] | None, rows: slice
) -> None:
    """Fit some rows; those for which no price is found at once, one by one."""
    x, w = x[rows], None if w is None else w[rows]
    if w is None:
        line, counts = np.sort(x, axis=1), None
    else:
        seen = np.where(w > 0, x, x.dtype.type(np.nan))  # NaN is sorted to the end
        order = np.argsort(seen, axis=1, kind="stable")
        line, counts = (np.take_along_axis(table, order, axis=1) for table in (seen, w))
    n_clusters = fit.centers.shape[1]
    exact = np.zeros((len(x), n_clusters))
    n_entries = cut_rows(line, counts, exact)
    for row in np.flatnonzero(n_entries < 0):
        used = slice(None) if w is None else w[row] > 0
        lines = Lines(x[row, used], None if w is None else w[row, used])
        exact[row] = solve(lines, n_clusters).centers
        n_entries[row] = n_clusters
    fit.centers[rows] = exact
    entries = fit.centers[rows].astype(np.float64)
    borders = rounded_down((entries[:, 1:] + entries[:, :-1]) / 2, x.dtype)
    borders[np.arange(1, n_clusters) >= n_entries[:, None]] = np.inf
    label_rows(x, w, entries, borders, fit.indices[rows], fit.inertia[rows])


def _fit_alone(
    fit: GroupedFit, x: NDArray[np.floating], w: NDArray[np.float64] | None, row: int
) -> None:
    numbers = Numbers.of(x[row], None if w is None else w[row])
    entries = solve(numbers.lines(), fit.centers.shape[1]).centers.astype(fit.centers.dtype)
    fit.centers[row] = entries[-1]
    fit.centers[row, : len(entries)] = entries
    fit.indices[row], fit.inertia[row] = numbers.labelled(entries)


@kernel
def cut_rows(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    centers: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Find the best entries of each row.

    Parameters
    ----------
    values : ndarray of shape (n_groups, n)
        Rising, with NaN at the end.
    weights : ndarray of shape (n_groups, n), optional
        Positive where there is a number; 1 each if None.
    centers : ndarray of shape (n_groups, n_entries)
        Gets the entries; holds zeros.

    Returns
    -------
    ndarray of shape (n_groups,)
        How many distinct entries there are; -1 where a few prices did not find them.
    """
    wanted = centers.shape[1]
    n_entries = np.zeros(len(values), np.int64)
    sums = np.empty((values.shape[1] + 1, 3))
    share = 2.0 / wanted**3  # price over squared error: rows are alike
    for row in range(len(values)):
        n = count_numbers(values[row])
        if n == 0:
            n_entries[row] = 1
            continue
        x = values[row, :n]
        origin = n // 2
        while origin > 0 and x[origin - 1] == x[origin]:
            origin -= 1
        start, stop = add_up_sorted(x, None if weights is None else weights[row], origin, sums)
        line = sums[start:stop]
        if len(line) - 1 <= wanted:
            n_entries[row] = tell_distinct(x, centers[row])
            continue
        spread = run_cost(line, 0, len(line) - 1)
        came_from = np.empty(len(line), np.int32)
        price = cuts_by_law(line, wanted, share * spread, came_from)
        if price == 0.0:
            n_entries[row] = -1
            continue
        share, n_entries[row] = price / spread, wanted
        bounds = walk_back(came_from, wanted)
        for j in range(wanted):
            first, last = line[bounds[j]], line[bounds[j + 1]]
            centers[row, j] = x[origin] + (last[1] - first[1]) / (last[0] - first[0])
    return n_entries


@kernel
def count_numbers(values: NDArray[np.floating]) -> int:
    """Return how many numbers there are before the NaN at the end."""
    n = len(values)
    while n > 0 and np.isnan(values[n - 1]):
        n -= 1
    return n


@kernel
def tell_distinct(values: NDArray[np.floating], entries: NDArray[np.float64]) -> int:
    """Make the distinct of some rising numbers entries, the last one as often as there is room."""
    n = 0
    for i in range(len(values)):
        if i == 0 or values[i] != values[i - 1]:
            entries[n:] = values[i]
            n += 1
    return n


@kernel
def label_rows(
    values: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    centers: NDArray[np.float64],
    borders: NDArray[np.floating],
    labels: NDArray[np.unsignedinteger],
    errors: NDArray[np.float64],
) -> None:
    """Count the borders below each number of each row, and add up the rows' squared errors.

    Parameters
    ----------
    values : ndarray of shape (n_groups, n)
    weights : ndarray of shape (n_groups, n), optional
        1 each if None.
    centers : ndarray of shape (n_groups, n_entries)
    borders : ndarray of shape (n_groups, n_entries - 1)
        Of the type of the values, rising.
    labels : ndarray of shape (n_groups, n)
    errors : ndarray of shape (n_groups,)
    """
    for row in range(len(values)):
        x, told = values[row], labels[row]
        if borders.shape[1] < _MANY:
            assign_by_counting(x, borders[row], told)
        else:
            for i in range(len(x)):
                told[i] = np.searchsorted(borders[row], x[i])
        errors[row] = error_on_line(
            x, None if weights is None else weights[row], centers[row], told
        )
