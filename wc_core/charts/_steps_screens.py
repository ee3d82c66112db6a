"""A trace as a series of pictures: what is seen in each, and which colours stay whose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wc_core.charts._steps_view import View, projection, view_of
from wc_core.trace import Frame, Trace
from wc_core.words import _, mark

# Where an algorithm looks at points instead of where they lie, by the name in its detail.
INSIDE = {"embedding": mark("the embedding"), "latent": mark("the latent space")}


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """One picture.

    Parameters
    ----------
    name : str
        What the slider calls it; not always a name of its own.
    title : str
    frame : Frame
    before : Frame, optional
        The one that is shown before it, of the same view.
    view : View
    places : ndarray of shape (n_shown, 2)
        Where the points are drawn.
    kinds : ndarray of shape (n_labels,)
        Which colour and mark each label has.
    is_inside : bool
        Whether this is the space that the algorithm works in, and not that of the blocks.
    """

    name: str
    title: str
    frame: Frame
    before: Frame | None
    view: View
    places: NDArray[np.float64]
    kinds: NDArray[np.intp]
    is_inside: bool = False

    @property
    def centers(self) -> NDArray[np.float64]:
        """Where centroids are drawn; inside, the middle of the shown points of each cluster."""
        if not self.is_inside:
            centers = self.frame.centers
            return np.empty((0, 2)) if centers is None else self.view.places(centers)
        labels = self.frame.labels
        if labels is None:
            return np.empty((0, 2))
        middles = np.full((len(self.kinds), 2), np.nan)
        for label in np.unique(labels[labels >= 0]):
            middles[label] = self.places[labels == label].mean(axis=0)
        return middles

    @property
    def point_kinds(self) -> NDArray[np.intp]:
        """Colour and mark of each point; -1 for those of no cluster."""
        labels = self.frame.labels
        if labels is None:
            return np.full(len(self.places), -1)
        kinds: NDArray[np.intp] = np.append(self.kinds, -1)[labels]  # -1 finds -1
        return kinds


def screens_of(trace: Trace) -> list[Screen]:
    """Return the pictures of a trace, one a frame.

    If the algorithm works in a space of its own, that is what the frames show, between the
    blocks before and the same blocks after.
    """
    outside = _outside_screens(trace)
    space = next((name for name in INSIDE if name in trace.frames[0].detail), None)
    if space is None or outside[0].view.is_line:
        return outside
    inside = _inside_screens(trace, space, outside)
    last = outside[len(inside) - 1]
    nothing = Frame(trace.frames[0].step)
    return [
        replace(outside[0], name=_("before"), title=_("Before: the blocks"), frame=nothing),
        *inside,
        replace(last, name=_("after"), title=_("After: among the blocks"), before=None),
        *outside[len(inside) :],
    ]


def _outside_screens(trace: Trace) -> list[Screen]:
    """Show every frame among the blocks."""
    view, places = view_of(trace)
    kinds, before = _steady_kinds(trace.frames), (None, *trace.frames)
    return [
        Screen(str(frame.step), _title(trace, frame), frame, past, view, places, kind)
        for frame, past, kind in zip(trace.frames, before, kinds, strict=False)
    ]


def _inside_screens(trace: Trace, name: str, outside: Sequence[Screen]) -> list[Screen]:
    """Show those frames that tell of the algorithm's own space in that space."""
    spaces = [frame.detail[name] for frame in trace.frames if name in frame.detail]
    spaces = [np.pad(s, ((0, 0), (0, max(0, 2 - s.shape[1])))) for s in spaces]
    axis = _("axis of {space}").format(space=_(INSIDE[name]))
    view = projection(np.concatenate(spaces), (), axis)
    return [
        replace(
            screen,
            title=_("{title}, in {space}").format(title=screen.title, space=_(INSIDE[name])),
            before=None,
            view=view,
            places=view.places(space),
            is_inside=True,
        )
        for screen, space in zip(outside, spaces, strict=False)
    ]


def _title(trace: Trace, frame: Frame) -> str:
    last = trace.frames[-1].step
    if not frame.step:
        return _("Start of {n} iterations").format(n=last)
    return _("Iteration {n} of {last}").format(n=frame.step, last=last)


def _steady_kinds(frames: Sequence[Frame]) -> list[NDArray[np.intp]]:
    """Give each label of each frame a kind, so that a cluster keeps it when labels shift."""
    kinds: list[NDArray[np.intp]] = []
    before: Frame | None = None
    for frame in frames:
        n = _n_labels(frame)
        if before is None or n == _n_labels(before) or not _n_labels(before):
            own = kinds[-1] if before is not None and n == len(kinds[-1]) else np.arange(n)
        else:
            own = _inherited(before, kinds[-1], frame, n)
        kinds.append(own)
        before = frame
    return kinds


def _n_labels(frame: Frame) -> int:
    n = 0 if frame.centers is None else len(frame.centers)
    return n if frame.labels is None else max(n, int(frame.labels.max(initial=-1)) + 1)


def _inherited(before: Frame, kinds: NDArray[np.intp], frame: Frame, n: int) -> NDArray[np.intp]:
    """Let each cluster take over the kind of the one that it shares most points with."""
    if before.labels is None or frame.labels is None:
        return np.arange(n)
    shared = np.zeros((n, len(kinds)), dtype=np.intp)
    both = (frame.labels >= 0) & (before.labels >= 0)
    np.add.at(shared, (frame.labels[both], before.labels[both]), 1)
    own = np.full(n, -1, dtype=np.intp)
    for pair in np.argsort(-shared, axis=None, kind="stable")[: int((shared > 0).sum())]:
        new, old = divmod(int(pair), len(kinds))
        if own[new] < 0 and kinds[old] not in own:
            own[new] = kinds[old]
    free = np.setdiff1d(np.arange(2 * (n + len(kinds))), own)
    own[own < 0] = free[: int((own < 0).sum())]
    return own
