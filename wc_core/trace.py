"""An algorithm's own iterations, recorded so that one can look at them back and forth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering import Clusterer, FitReport, Iteration, make_clusterer
from wc_core.errors import ConfigError
from wc_core.params import IntRange, check_value
from wc_core.progress import Progress
from wc_core.recipe import LayerPlan
from wc_core.words import _

MAX_SHOWN = 300
MAX_FRAMES = 60

# What `Iteration.detail` tells of each point, under the names that estimators document.
_BY_POINT = frozenset({"density", "delta", "embedding", "latent"})
_POINTS = frozenset({"batch"})  # rows of points
_MOST_NUMBERS = 1 << 17  # in what a frame keeps of one detail: a megabyte


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where the algorithm stood after one iteration; nothing in it changes any more.

    Parameters
    ----------
    step : int
        Iterations done, those of polish counted on.
    labels : ndarray of shape (n_shown,), optional
        Cluster of each shown point; -1 for noise and for points not reached yet. Of single
        weights it is the nearest centroid, where the algorithm does not keep labels.
    centers : ndarray of shape (n_entries, block_size), optional
        Centroids, in the space of blocks.
    inertia : float, optional
        Squared error over all points that goes with the labels.
    note : str
        What happened, for people.
    detail : mapping
        What this algorithm alone has to show, as its docstring says; what it tells of each
        point is told of the shown ones, and `batch` becomes a mask of them. What takes more
        than a megabyte is left out.
    """

    step: int
    labels: NDArray[np.integer] | None = None
    centers: NDArray[np.floating] | None = None
    inertia: float | None = None
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """An algorithm at work on one set of blocks.

    Parameters
    ----------
    plan : LayerPlan
        What was asked for.
    points : ndarray of shape (n_shown, block_size)
        The points that are shown: those that the algorithm works on, or a sample of them.
    weights : ndarray of shape (n_shown,)
        How much each of them counts.
    n_points : int
        Points that the algorithm works on: blocks, or fewer micro-clusters of them.
    n_blocks : int
    frames : tuple of Frame
        In order; the first and the last iteration are always among them.
    n_iterations : int
        Iterations that there were; more than frames if these are thinned.
    centers : ndarray of shape (n_entries, block_size), optional
        The entries that came out; None while the algorithm is at work.
    inertia : float, optional
        Their squared error over all blocks.
    report : FitReport, optional
    """

    plan: LayerPlan
    points: NDArray[np.floating]
    weights: NDArray[np.floating]
    n_points: int
    n_blocks: int
    frames: tuple[Frame, ...]
    n_iterations: int
    centers: NDArray[np.floating] | None = None
    inertia: float | None = None
    report: FitReport | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether only some of the points are shown; the algorithm works on all of them."""
        return len(self.points) < self.n_points

    @property
    def is_thinned(self) -> bool:
        """Whether only some of the iterations are kept."""
        return len(self.frames) < self.n_iterations


def trace_steps(
    values: NDArray[np.floating],
    weights: NDArray[np.floating] | None,
    plan: LayerPlan,
    seed: int = 0,
    *,
    n_shown: int = MAX_SHOWN,
    max_frames: int = MAX_FRAMES,
) -> Iterator[Progress]:
    """Cluster blocks and record every iteration; each record's result is the `Trace` so far.

    Parameters
    ----------
    values : ndarray of shape (n_blocks, block_size)
        NaN marks masked lanes.
    weights : ndarray of shape (n_blocks,), optional
        How much each block's error counts; None if all count alike.
    plan : LayerPlan
        The algorithm and its parameters.
    seed : int
        Of the algorithm, and of the sample that is shown.
    n_shown : int
        Points that frames tell of, at most.
    max_frames : int
        Frames that are kept, at most.

    Raises
    ------
    UnknownNameError, ConfigError
        If the plan asks for something impossible, or there are no blocks.

    Examples
    --------
    >>> from wc_core.progress import last_result
    >>> blocks = np.array([[0.0, 0.0], [0.0, 1.0], [5.0, 0.0], [5.0, 1.0]])
    >>> trace = last_result(trace_steps(blocks, None, LayerPlan(n_clusters=2)))
    >>> [frame.step for frame in trace.frames]
    [0, 1, 2]
    >>> trace.frames[-1].centers
    array([[0. , 0.5],
           [5. , 0.5]])
    """
    if not len(values):
        raise ConfigError(_("there are no blocks to cluster: everything is pruned"))
    check_value("trace", "n_shown", n_shown, IntRange(1, 10_000))
    check_value("trace", "max_frames", max_frames, IntRange(2, 10_000))
    clusterer = make_clusterer(plan, seed)
    recorder = _Recorder(values, weights, plan, seed, n_shown, max_frames)
    for record in clusterer.fit_steps(values, weights):
        if record.result is not None:
            recorder.take(record.result, record.message)
        yield replace(record, result=recorder.trace())
    yield Progress(1, 1, result=recorder.finished(clusterer))


class _Recorder:
    """Copies what is to be kept of iterations before the fit overwrites it."""

    def __init__(
        self,
        values: NDArray[np.floating],
        weights: NDArray[np.floating] | None,
        plan: LayerPlan,
        seed: int,
        n_shown: int,
        max_frames: int,
    ) -> None:
        self._values = values
        self._weights = np.ones(len(values)) if weights is None else weights
        self._plan = plan
        self._rng = np.random.default_rng(seed)
        self._n_shown = n_shown
        self._max_frames = max_frames
        self._frames: list[Frame] = []
        self._last: Frame | None = None
        self._stride = 1
        self._n_taken = 0
        self._done = 0
        self._n_points = 0
        self._rows = np.empty(0, dtype=np.intp)
        self._trace: Trace | None = None

    def take(self, iteration: Iteration, message: str) -> None:
        """Keep an iteration, and fewer of the earlier ones if they become many."""
        if self._trace is None:
            self._begin(iteration.points, iteration.weights)
        if self._last is not None and self._done + iteration.step < self._last.step:
            self._done = self._last.step  # polish counts its own steps
        self._last = self._frame(iteration, message)
        if self._n_taken % self._stride == 0:
            self._frames.append(self._last)
        self._n_taken += 1
        if len(self._frames) > 2 * self._max_frames:
            del self._frames[1::2]
            self._stride *= 2

    def trace(self) -> Trace | None:
        """Return what is recorded so far; None before the first iteration."""
        if self._trace is None:
            return None
        return replace(self._trace, frames=self._thinned(), n_iterations=self._n_taken)

    def finished(self, clusterer: Clusterer) -> Trace:
        """Return the trace with what came out."""
        if self._trace is None:  # each distinct block is an entry: there was nothing to iterate
            self._begin(np.nan_to_num(self._values), self._weights)
            labels, centers = clusterer.labels_[self._rows], clusterer.cluster_centers_
            note = " ".join(clusterer.report_.notes)
            self._last = Frame(0, labels, centers.copy(), clusterer.inertia_, note)
            self._frames, self._n_taken = [self._last], 1
        trace = self.trace()
        assert trace is not None
        return replace(
            trace,
            centers=clusterer.cluster_centers_,
            inertia=clusterer.inertia_,
            report=clusterer.report_,
        )

    def _begin(self, points: NDArray[np.floating], weights: NDArray[np.floating]) -> None:
        self._n_points = len(points)
        candidates = self._candidates()
        n_shown = min(self._n_shown, len(candidates))
        self._rows = np.sort(self._rng.choice(candidates, n_shown, replace=False))
        self._trace = Trace(
            self._plan,
            points[self._rows],
            weights[self._rows],
            self._n_points,
            len(self._values),
            (),
            0,
        )

    def _candidates(self) -> NDArray[np.intp]:
        """Return the points that may be shown: no blocks with masked lanes, if there are others."""
        used = np.flatnonzero(self._weights > 0)
        used = used if len(used) else np.arange(len(self._values))
        if len(used) == self._n_points:
            whole = np.flatnonzero(~np.isnan(self._values[used]).any(axis=1))
            if len(whole):
                return whole
        return np.arange(self._n_points)

    def _frame(self, iteration: Iteration, message: str) -> Frame:
        # Polish sees blocks where the algorithm saw micro-clusters: other points, other labels.
        same_points = len(iteration.points) == self._n_points
        return Frame(
            self._done + iteration.step,
            self._labels(iteration) if same_points else None,
            None if iteration.centers is None else iteration.centers.copy(),
            iteration.inertia,
            iteration.note or message,
            {
                name: self._shown(name, value)
                for name, value in iteration.detail.items()
                if (same_points or name not in _BY_POINT | _POINTS) and _is_small(name, value)
            },
        )

    def _labels(self, iteration: Iteration) -> NDArray[np.integer] | None:
        if iteration.labels is not None:
            labels: NDArray[np.integer] = iteration.labels[self._rows]
            return labels
        if iteration.centers is None or iteration.centers.shape[1] > 1:
            return None
        # For single weights the engine leaves labels out, which would cost more than the step.
        values: NDArray[np.floating] = iteration.points[self._rows]
        return np.asarray(np.abs(values - iteration.centers[:, 0]).argmin(axis=1))

    def _shown(self, name: str, value: Any) -> Any:
        if name in _BY_POINT:
            return value[self._rows]
        if name in _POINTS:
            return np.isin(self._rows, value)
        return value.copy() if isinstance(value, np.ndarray) else value

    def _thinned(self) -> tuple[Frame, ...]:
        assert self._last is not None
        frames = self._frames if self._frames[-1] is self._last else [*self._frames, self._last]
        n = min(len(frames), self._max_frames)
        return tuple(frames[i] for i in np.linspace(0, len(frames) - 1, n).round().astype(int))


def _is_small(name: str, value: Any) -> bool:
    """Tell whether a detail may be kept in every frame."""
    return name in _BY_POINT | _POINTS or np.size(value) <= _MOST_NUMBERS
