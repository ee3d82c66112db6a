"""Lays codebook entries and blocks out in two dimensions, to be looked at."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import DataError, UnknownNameError
from wc_core.progress import Progress
from wc_core.words import _

MIN_POINTS = 4
"""Fewer points have no neighbourhoods to preserve: UMAP leaves them to PCA."""

N_NEIGHBORS = 15

Points = NDArray[np.float64]


def embed(points: NDArray[np.floating], method: str = "pca", seed: int = 0) -> Points:
    """Lay points out in two dimensions.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        A block or entry a row; a NaN (a masked lane) is taken as the mean of its column.
    method : {"pca", "umap"}
        `pca` keeps the two directions of greatest variance, and distances in them; `umap`
        keeps who is whose neighbour, while distances and sizes of its groups mean little.
    seed : int
        Of UMAP's random draws; PCA has none.

    Returns
    -------
    ndarray of shape (n, 2)
        Same points, same seed, same layout. Where the points lie on a line, as those of one
        dimension do, the second column is 0.

    Raises
    ------
    UnknownNameError
        If no method has the name.
    DataError
        If the points are not a table of finite numbers.

    Examples
    --------
    >>> embed(np.array([[1.0, 5.0], [3.0, 5.0]]))
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    if method not in METHODS:
        msg = _("no embedding is named {name!r}; there are {known}")
        raise UnknownNameError(msg.format(name=method, known=", ".join(METHODS)))
    table = _filled(np.asarray(points, dtype=np.float64))
    return METHODS[method](table, seed)


def embed_steps(
    points: NDArray[np.floating], method: str = "pca", seed: int = 0
) -> Iterator[Progress]:
    """Lay points out as `embed` does, as work that a job can run.

    UMAP cannot be looked into while it runs, so there is one record before and one after,
    whose result is the layout.
    """
    message = _("laying out {n} points").format(n=len(points))
    yield Progress(0, 1, message)
    yield Progress(1, 1, message, embed(points, method, seed))


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The plane in which points vary most; other points can be placed on it as well.

    Parameters
    ----------
    center : ndarray of shape (d,)
    axes : ndarray of shape (2, d)
        Orthogonal directions of unit length; zeros where the points do not vary.
    share : float
        Share of the points' variance that the plane keeps, from 0 to 1.
    """

    center: Points
    axes: Points
    share: float

    def place(self, points: NDArray[np.floating]) -> Points:
        """Return where points of shape (n, d) lie, (n, 2); a NaN counts as the centre's value."""
        centred = np.asarray(points, dtype=np.float64) - self.center
        return np.asarray(np.nan_to_num(centred, nan=0.0) @ self.axes.T)


def principal_plane(points: NDArray[np.floating]) -> Plane:
    """Return the plane of a PCA, so that several codebooks can be drawn on the same axes.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        A block a row; a NaN (a masked lane) is taken as the mean of its column.

    Raises
    ------
    DataError
        If the points are not a table of finite numbers.

    Examples
    --------
    >>> plane = principal_plane(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> plane.place(np.array([[2.0, 5.0], [6.0, 5.0]]))
    array([[0., 0.],
           [4., 0.]])
    """
    table = _filled(np.asarray(points, dtype=np.float64))
    center = table.mean(axis=0) if len(table) else np.zeros(table.shape[1])
    kept = np.zeros((2, table.shape[1]))
    if table.size == 0:
        return Plane(center, kept, 0.0)
    spread, axes = np.linalg.svd(table - center, full_matrices=False)[1:]
    first = axes[:2] * _signs(axes[:2])[:, None]
    kept[: len(first)] = np.where(_varies(spread, table)[:2, None], first, 0.0)
    energy = np.square(spread)
    return Plane(center, kept, float(energy[:2].sum() / max(energy.sum(), np.finfo(float).tiny)))


def _filled(points: Points) -> Points:
    """Return the points with every NaN replaced by the mean of its column."""
    if points.ndim != 2 or np.isinf(points).any():
        msg = _("points to lay out are rows of finite numbers, got an array of shape {shape}")
        raise DataError(msg.format(shape=points.shape))
    masked = np.isnan(points)
    if not masked.any():
        return points
    sums = np.where(masked, 0.0, points).sum(axis=0)
    means = sums / np.maximum(1, (~masked).sum(axis=0))
    return np.where(masked, means, points)


def _pca(points: Points, _seed: int) -> Points:
    layout = np.zeros((len(points), 2))
    if points.size == 0:
        return layout
    centred = points - points.mean(axis=0)
    left, spread, axes = np.linalg.svd(centred, full_matrices=False)
    kept = _varies(spread, points)[:2]
    layout[:, : len(kept)] = np.where(kept, (left * spread * _signs(axes))[:, :2], 0.0)
    return layout


def _varies(spread: Points, points: Points) -> NDArray[np.bool_]:
    """Tell directions in which points differ from those that hold rounding errors only."""
    floor = np.finfo(np.float64).eps * max(points.shape) * np.abs(points).max()
    return np.asarray(spread > floor)


def _signs(axes: Points) -> Points:
    """Make the largest loading positive: an axis and its opposite are equally good."""
    largest = np.abs(axes).argmax(axis=1)
    return np.where(axes[np.arange(len(axes)), largest] < 0, -1.0, 1.0)


def _umap(points: Points, seed: int) -> Points:
    flat = _pca(points, seed)
    if len(points) < MIN_POINTS or not flat[:, 1].any():
        return flat
    with warnings.catch_warnings():
        # Said on import where TensorFlow is missing; only ParametricUMAP would need it.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        # A seed makes UMAP run on one core, which is meant: layouts must repeat.
        warnings.filterwarnings("ignore", "n_jobs value .* overridden", UserWarning)
        from umap import UMAP

        reducer = UMAP(
            n_neighbors=min(N_NEIGHBORS, len(points) - 1),
            # The spectral start fails on few or disconnected points; PCA's never does, and
            # it keeps the groups where the other view shows them.
            init="pca",
            random_state=seed,
            n_jobs=1,
        )
        layout = reducer.fit_transform(points)
    return np.asarray(layout, dtype=np.float64)


METHODS: Mapping[str, Callable[[Points, int], Points]] = {"pca": _pca, "umap": _umap}
"""Ways to lay points out, by name."""
