"""What only some algorithms have to show, by the names under which their detail tells it.

No algorithm is named here: whichever tells of `covariances` gets ellipses.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wc_core.charts._format import BEHIND
from wc_core.charts._steps_layers import (
    MAX_CENTERS,
    MAX_NUMBERED,
    OUTLINE,
    Data,
    Layer,
    line_style,
    path,
)
from wc_core.charts._steps_screens import Screen
from wc_core.charts._steps_view import View
from wc_core.words import _

CORNERS = 10, 40  # of an ellipse, and of all that are drawn at once:
MAX_CORNERS = 640
REACH = 2.0  # standard deviations from the middle to its edge
_FAR = 3.5  # standard deviations from the middle to where a bell ends
MAX_PLANES = 16  # drawn; more would cover the points
RING, HALO = 18.0, 34.0  # pixels of a ring around what is rare, and how many more if all is there
NOTHING: Data = {"x": [], "y": []}


def overlays_of(screens: Sequence[Screen]) -> list[Layer]:
    """Return the layers for whatever the trace tells in its details."""
    told = {name for screen in screens for name in screen.frame.detail}
    is_line = screens[0].view.is_line
    return [make(is_line) for name, make in OVERLAYS.items() if name in told]


def _net(is_line: bool) -> Layer:
    def draw(screen: Screen) -> Data:
        edges = screen.frame.detail.get("edges")
        return NOTHING if edges is None else path(screen.centers[edges], screen.view)

    says = _("Lines between centroids are the net: what it joins are neighbours on the map.")
    return Layer(line_style(_("Net"), 2, OUTLINE), draw, says)


def _ellipses(is_line: bool) -> Layer:
    def draw(screen: Screen) -> Data:
        detail = screen.frame.detail
        if screen.is_inside or "covariances" not in detail:
            return NOTHING
        spreads = screen.view.spreads(detail["covariances"])
        outlines = _bells if is_line else _outlines
        return path(outlines(screen, spreads), screen.view)

    if is_line:
        says = _("Curves are the Gaussians, as high as the share of points that each explains.")
        return Layer(line_style(_("Gaussians"), 2, OUTLINE), draw, says)
    says = _("Ellipses are the Gaussians, out to two standard deviations.")
    return Layer(line_style(_("Ellipses"), 2, OUTLINE), draw, says)


def _outlines(screen: Screen, spreads: NDArray[np.float64]) -> NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, _corners(len(spreads)))
    circle = REACH * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    values, directions = np.linalg.eigh(spreads)
    stretched = directions * np.sqrt(np.maximum(values, 0))[:, None, :]
    outlines: NDArray[np.float64] = screen.centers[:, None, :] + circle @ stretched.swapaxes(1, 2)
    return outlines


def _bells(screen: Screen, spreads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw densities, the highest of them up to the top."""
    low, high = screen.view.x_range
    deviations = np.sqrt(np.maximum(spreads[:, 0, 0], 1e-6 * (high - low) ** 2))[:, None]
    shares = np.asarray(screen.frame.detail.get("weights", np.ones(len(spreads))))[:, None]
    z = np.linspace(-_FAR, _FAR, _corners(len(spreads)) + 1)
    heights = np.exp(-0.5 * np.square(z)) * shares / deviations
    heights *= screen.view.y_range[1] / heights.max()
    return np.stack([screen.centers[:, :1] + z * deviations, heights], axis=2)


def _corners(n_outlines: int) -> int:
    """Return how many corners each of some outlines gets: many outlines are small ones."""
    return int(np.clip(MAX_CORNERS // max(1, n_outlines), *CORNERS))


def _planes(is_line: bool) -> Layer:
    def draw(screen: Screen) -> Data:
        detail = screen.frame.detail
        if screen.is_inside or "planes" not in detail:
            return NOTHING
        drawn = zip(detail["planes"][:MAX_PLANES], detail["offsets"][:MAX_PLANES], strict=True)
        cuts = [cut(screen.view, normal, float(offset)) for normal, offset in drawn]
        found = [line for line in cuts if line is not None]
        return path(np.stack(found), screen.view) if found else NOTHING

    says = _("Dashed lines are the hyperplanes of the hash, where they cut this picture.")
    return Layer(line_style(_("Hyperplanes"), 1.5, OUTLINE, "dash"), draw, says)


def cut(view: View, normal: NDArray[np.floating], offset: float) -> NDArray[np.float64] | None:
    """Return where the hyperplane `normal @ x = offset` crosses the picture, (2, 2), if it does."""
    slope = view.axes @ normal
    rest = offset - float(normal @ view.origin)
    (left, right), (low, high) = view.x_range, view.y_range
    ends = []
    for along, across, span, edges in ((1, 0, (low, high), (left, right)),
                                       (0, 1, (left, right), (low, high))):  # fmt: skip
        for edge in edges:
            if abs(slope[along]) > 1e-12:
                place = (rest - slope[across] * edge) / slope[along]
                if span[0] <= place <= span[1]:
                    ends.append((edge, place) if along == 1 else (place, edge))
    if len(ends) < 2:
        return None
    corners = np.array(ends)
    far = np.linalg.norm(corners - corners[0], axis=1).argmax()
    line: NDArray[np.float64] = corners[[0, far]]
    return line if far else None


def _ring(name: str, says: str, pick: Callable[[Screen], NDArray[np.float64]], size: int) -> Layer:
    def draw(screen: Screen) -> Data:
        places = pick(screen)
        return {"x": places[:, 0].tolist(), "y": places[:, 1].tolist()}

    style = {
        "mode": "markers",
        "name": name,
        "hoverinfo": "skip",
        "zorder": BEHIND,
        "marker": {"symbol": "circle-open", "size": size, "color": OUTLINE, "line": {"width": 2}},
    }
    return Layer(style, draw, says)


def _reseeded(is_line: bool) -> Layer:
    def pick(screen: Screen) -> NDArray[np.float64]:
        moved = screen.frame.detail.get("reseeded", ())
        return screen.centers[np.asarray(moved, dtype=int)] if len(moved) else np.empty((0, 2))

    says = _("A ring marks a centroid that lost all its points and started anew.")
    return _ring(_("Started anew"), says, pick, 26)


def _split(is_line: bool) -> Layer:
    def pick(screen: Screen) -> NDArray[np.float64]:
        label = screen.frame.detail.get("split")
        return np.empty((0, 2)) if label is None else screen.centers[[label, -1]]

    return _ring(_("Just split"), _("Rings mark the two halves of the last split."), pick, 26)


def _batch(is_line: bool) -> Layer:
    def pick(screen: Screen) -> NDArray[np.float64]:
        taken = screen.frame.detail.get("batch")
        if taken is None or taken.all():
            return np.empty((0, 2))
        places: NDArray[np.float64] = screen.places[taken]
        return places

    says = _("Rings mark the points of the batch that was just looked at.")
    return _ring(_("Batch"), says, pick, 12)


def _peaks(is_line: bool) -> Layer:
    def draw(screen: Screen) -> Data:
        peaks = screen.frame.detail.get("peaks")
        if peaks is None:
            return NOTHING
        places = screen.view.places(peaks)
        names = [str(label) for label in range(len(places))]
        return {"x": places[:, 0].tolist(), "y": places[:, 1].tolist(), "text": names}

    style = {
        "mode": "markers+text",
        "name": _("Peaks"),
        "hoverinfo": "skip",
        "textposition": "top center",
        "marker": {"symbol": "star-open", "size": 16, "color": OUTLINE, "line": {"width": 2}},
    }
    return Layer(style, draw, _("Open stars are the density peaks that clusters grow from."))


def _rates(is_line: bool) -> Layer:
    def draw(screen: Screen) -> Data:
        rates = screen.frame.detail.get("rates")
        places = screen.centers
        if rates is None or screen.is_inside or not 0 < len(places) <= MAX_CENTERS:
            return {**NOTHING, "marker_size": [], "text": []}
        few = len(rates) <= MAX_NUMBERED
        return {
            "x": places[:, 0].tolist(),
            "y": places[:, 1].tolist(),
            "marker_size": (RING + HALO * np.exp2(-rates / 2)).round(1).tolist(),
            "text": [f"{rate:.1f}" if few else "" for rate in rates],
        }

    style = {
        "mode": "markers+text",
        "name": _("Bits of an index"),
        "hoverinfo": "skip",
        "zorder": BEHIND,
        "textposition": "bottom center",
        "marker": {"symbol": "circle-open", "color": OUTLINE, "line": {"width": 2}},
    }
    says = _(
        "The ring of a centroid is the larger, the fewer bits its index takes; if they are few, "
        "the bits stand below it. Points go where error and bits together cost least."
    )
    return Layer(style, draw, says)


OVERLAYS: Mapping[str, Callable[[bool], Layer]] = {
    "covariances": _ellipses,
    "edges": _net,
    "planes": _planes,
    "peaks": _peaks,
    "rates": _rates,
    "reseeded": _reseeded,
    "split": _split,
    "batch": _batch,
}
