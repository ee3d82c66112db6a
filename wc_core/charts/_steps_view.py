"""Where the points of a trace are drawn: on a line, on their own plane, or on a projection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.trace import Trace
from wc_core.words import _

ROOM = 0.06  # of the range, left free around what is drawn
MAX_BINS = 60  # columns of dots that numbers are stacked in

_Numbers = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An affine map to the plane that is drawn, the same in all frames.

    Parameters
    ----------
    origin : ndarray of shape (block_size,)
    axes : ndarray of shape (2, block_size)
        Of length 1 and at right angles; the second is 0 for numbers on a line.
    x_range, y_range : tuple of float
    titles : tuple of two str
        What the axes show.
    floor : float
        Where centroids lie along the second axis, for numbers on a line.
    """

    origin: _Numbers
    axes: _Numbers
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    titles: tuple[str, str]
    floor: float = 0.0

    @property
    def is_line(self) -> bool:
        """Whether blocks are single numbers."""
        return len(self.origin) == 1

    def places(self, blocks: _Numbers) -> NDArray[np.float64]:
        """Return where blocks are drawn, (n_blocks, 2)."""
        placed = (blocks - self.origin) @ self.axes.T
        placed[:, 1] += self.floor
        return np.asarray(placed, dtype=np.float64)

    def spreads(self, covariances: _Numbers) -> NDArray[np.float64]:
        """Return covariances as they are seen here, (k, 2, 2)."""
        return np.asarray(self.axes @ covariances @ self.axes.T, dtype=np.float64)


def view_of(trace: Trace) -> tuple[View, NDArray[np.float64]]:
    """Return the view of a trace's blocks, and where its points lie in it, (n_shown, 2)."""
    width = trace.points.shape[1]
    if width == 1:
        return _line(trace)
    centers = [frame.centers for frame in trace.frames if frame.centers is not None]
    if width == 2:
        titles = _("First weight of a block"), _("Second weight of a block")
        view = _fitted(np.zeros(2), np.eye(2), titles, [trace.points, *centers])
    else:
        view = projection(trace.points, centers, _("principal component of the blocks"))
    return view, view.places(trace.points)


def projection(points: _Numbers, others: Sequence[_Numbers], what: str) -> View:
    """Return the view along the two greatest variances of points.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        With d of 2 or more.
    others : sequence of ndarray of shape (m, d)
        What else has to be in the picture.
    what : str
        What an axis is, after its number.
    """
    exact = points.astype(np.float64)
    origin = exact.mean(axis=0)
    _left, sizes, axes = np.linalg.svd(exact - origin, full_matrices=False)
    axes = np.vstack([axes, np.zeros((2, axes.shape[1]))])[:2]
    shares = np.append(np.square(sizes), [0.0, 0.0])[:2] / max(float(sizes @ sizes), 1e-300)
    largest = np.abs(axes).argmax(axis=1)  # a direction has no sign of its own
    axes = axes * np.where(axes[[0, 1], largest] < 0, -1.0, 1.0)[:, None]
    first, second = (
        _("{n}. {what} ({share} % of the variance)").format(
            n=n, what=what, share=f"{100 * share:.0f}"
        )
        for n, share in enumerate(shares, start=1)
    )
    return _fitted(origin, axes, (first, second), [points, *others])


def _fitted(
    origin: _Numbers, axes: _Numbers, titles: tuple[str, str], drawn: Sequence[_Numbers]
) -> View:
    """Choose the ranges so that everything fits."""
    places = (np.concatenate(drawn).astype(np.float64) - origin) @ axes.T
    x_range, y_range = (_roomy(places[:, axis]) for axis in (0, 1))
    return View(origin, axes, x_range, y_range, titles)


def _roomy(values: _Numbers) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = ROOM * (high - low) or max(abs(high), 1.0) / 2
    return low - room, high + room


def _line(trace: Trace) -> tuple[View, NDArray[np.float64]]:
    """Stack numbers that are nearly alike: columns of dots are a histogram made of points."""
    values = trace.points[:, 0].astype(np.float64)
    low, high = _roomy(values)
    n_bins = int(np.clip(2 * np.sqrt(len(values)), 8, MAX_BINS))
    column = ((values - low) / (high - low) * n_bins).astype(int)
    heights = np.empty(len(values))
    order = np.lexsort((values, column))
    starts = np.flatnonzero(np.r_[True, np.diff(column[order]) != 0])
    sizes = np.diff(np.r_[starts, len(values)])
    heights[order] = np.arange(len(values)) - np.repeat(starts, sizes) + 1
    top = float(heights.max())
    view = View(
        np.zeros(1),
        np.array([[1.0], [0.0]]),
        (low, high),
        (-0.16 * top, 1.06 * top),
        (_("Weight value"), _("Points near this value")),
        floor=-0.08 * top,
    )
    middles = low + (column + 0.5) * (high - low) / n_bins
    return view, np.stack([middles, heights], axis=1)
