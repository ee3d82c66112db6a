"""The curve below the picture: how the error, or whatever is sought, goes from step to step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.trace import Frame, Trace
from wc_core.words import _


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line, and where on it each frame stands.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
    at : ndarray of shape (n_frames, 2)
        NaN where a frame has no value.
    titles : tuple of two str
    cut : float, optional
        Where along x the algorithm stopped although the curve goes on.
    says : str
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    at: NDArray[np.float64]
    titles: tuple[str, str]
    cut: float | None = None
    says: str = ""


def curve_of(trace: Trace) -> Curve | None:
    """Return the curve that fits what the trace tells; None if nothing changes."""
    if "heights" in trace.frames[0].detail:
        return _merges(trace.frames)
    for value, title in _measures():
        y = np.array([value(frame) for frame in trace.frames], dtype=np.float64)
        if len(np.unique(y[np.isfinite(y)])) > 1:
            x = np.array([frame.step for frame in trace.frames], dtype=np.float64)
            titles = _("Iteration"), title
            says = _("Below: {what}, and a mark where you are.").format(what=title.lower())
            return Curve(x, y, np.stack([x, y], axis=1), titles, says=says)
    return None


def _measures() -> Sequence[tuple[Callable[[Frame], float], str]]:
    """Return what a curve may show, what says most first."""
    return (
        (lambda frame: np.nan if frame.inertia is None else frame.inertia, _("Inertia")),
        (lambda frame: frame.detail.get("objective", np.nan), _("Objective (nats per block)")),
        (lambda frame: frame.detail.get("n_found", np.nan), _("Clusters found")),
        (_reached, _("Points reached (%)")),
    )


def _reached(frame: Frame) -> float:
    """Return the share of points that are in a cluster; it tells something only while it grows."""
    return np.nan if frame.labels is None else 100 * float(np.mean(frame.labels >= 0))


def _merges(frames: Sequence[Frame]) -> Curve:
    """Show how far apart clusters were that merged, those that did not merge any more included."""
    heights = np.asarray(frames[0].detail["heights"], dtype=np.float64)
    left = np.arange(len(heights), 0, -1, dtype=np.float64)  # clusters after each merge
    at = [
        (frame.detail["n_clusters"], frame.detail["height"])
        if "height" in frame.detail
        else (np.nan, np.nan)
        for frame in frames
    ]
    return Curve(
        left,
        heights,
        np.array(at, dtype=np.float64),
        (_("Clusters left"), _("Distance of the two that merged")),
        cut=float(np.nanmin([left for left, _height in at])),
        says=_(
            "Below: the tree of merges from its leaves to its root, by how far apart the two were. "
            "The dashed line is the cut; what lies beyond it is not merged."
        ),
    )
