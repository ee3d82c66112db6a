"""What is drawn in every picture of a trace: points, centroids, and lines between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.charts._format import BEHIND, FAINT
from wc_core.charts._rows import columns
from wc_core.charts._steps_screens import Screen
from wc_core.charts._steps_view import View
from wc_core.trace import Trace
from wc_core.words import _

# Okabe and Ito's colours that stand out on light and on dark pages; the last is for no cluster.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
N_KINDS = len(COLORS) - 1
MARKS = (0, 1, 2, 5, 4, 17, 3)  # plotly's circle, square, diamond, triangle, x, star and cross
NO_CLUSTER = 100  # an open circle
OUTLINE = "rgba(128,128,128,1)"
MAX_NUMBERED = 12  # centroids; more numbers than that would cover each other
MAX_CENTERS = 128  # more clusters than that are seen by their points alone
LARGE = 15.0  # pixels of a centroid, if they are few
DIGITS = 3  # of what is drawn beside the centroids: finer than a pixel

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """Marks or lines of one kind, which change from picture to picture.

    Parameters
    ----------
    style : mapping
        What a plotly scatter of it always has.
    draw : callable
        What it has in one picture.
    says : str
        What one sees, for people.
    """

    style: Data
    draw: Callable[[Screen], Data]
    says: str = ""


def common_layers(trace: Trace, screens: Sequence[Screen]) -> list[Layer]:
    """Return the layers that every algorithm has, from the back to the front."""
    moves = any(screen.is_inside for screen in screens)
    layers = [_points(trace, moves)]
    if screens[0].view.is_line:
        layers.append(Layer(line_style(_("Stems"), 1.5), _stems))
    else:
        layers.insert(0, _ties())
    layers.append(Layer(line_style(_("Way of a centroid"), 2.5, OUTLINE), _tails))
    return [*layers, _centroids()]


def path(lines: NDArray[np.float64], view: View) -> Data:
    """Return many lines as one path that lifts the pen between them.

    Parameters
    ----------
    lines : ndarray of shape (n_lines, n_corners, 2)
    """
    broken = np.concatenate([lines, np.full((len(lines), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    return {
        "x": short(broken[:, 0], view.x_range),
        "y": short(broken[:, 1], view.y_range),
    }


def short(values: NDArray[np.floating], span: tuple[float, float]) -> list[float | None]:
    """Return numbers with no more digits than a picture of this range shows."""
    decimals = DIGITS - int(np.floor(np.log10(max(span[1] - span[0], 1e-300))))
    rounded = np.round(values.astype(np.float64), decimals).tolist()
    return [None if value != value else value for value in rounded]


def line_style(name: str, width: float, color: str = FAINT, dash: str = "solid") -> Data:
    """Return the style of lines that tell nothing when hovered over."""
    return {
        "mode": "lines",
        "name": name,
        "hoverinfo": "skip",
        "line": {"width": width, "color": color, "dash": dash},
    }


def kind_marks(kinds: NDArray[np.intp]) -> Data:
    """Return colour and symbol of marks, so that neither is the only channel."""
    none = kinds < 0
    return {
        "marker_color": np.where(none, N_KINDS, kinds % N_KINDS).tolist(),
        "marker_symbol": np.where(none, NO_CLUSTER, np.take(MARKS, kinds % len(MARKS))).tolist(),
    }


def kind_scale() -> Data:
    """Return the colour scale that `kind_marks` counts on."""
    n = len(COLORS)
    stops = [[(i + side) / n, color] for i, color in enumerate(COLORS) for side in (0, 1)]
    return {"colorscale": stops, "cmin": -0.5, "cmax": n - 0.5, "showscale": False}


def _points(trace: Trace, moves: bool) -> Layer:
    shares = trace.weights / max(float(trace.weights.mean()), 1e-300)
    style = {
        "mode": "markers",
        "name": _("Points"),
        "marker": {
            **kind_scale(),
            "size": np.clip(6.5 * np.sqrt(shares), 4, 11).round(1).tolist(),
            "opacity": 0.8,
            "line": {"width": 0},
        },
        "hovertemplate": _("cluster %{customdata}") + "<extra></extra>",
        "meta": columns(series=_("Series"), x=_("Axis 1"), y=_("Axis 2"), customdata=_("Cluster")),
    }

    def draw(screen: Screen) -> Data:
        labels = screen.frame.labels
        named = ["–"] * len(screen.places) if labels is None else [str(n) for n in labels]
        return {
            "x": short(screen.places[:, 0], screen.view.x_range),
            "y": short(screen.places[:, 1], screen.view.y_range),
            "customdata": ["–" if name == "-1" else name for name in named],
            **kind_marks(screen.point_kinds),
        }

    says = _("Small marks are points; those of one cluster share a colour and a shape.")
    if moves:
        says += " " + _("They move to where the algorithm looks at them, and back at the end.")
    return Layer(style, draw, says)


def _ties() -> Layer:
    def draw(screen: Screen) -> Data:
        labels, centers = screen.frame.labels, screen.centers
        if labels is None or not 0 < len(centers) <= MAX_CENTERS:
            return {"x": [], "y": []}
        tied = np.flatnonzero((labels >= 0) & (labels < len(centers)))
        return path(np.stack([screen.places[tied], centers[labels[tied]]], axis=1), screen.view)

    style = line_style(_("Assignment"), 0.7) | {"zorder": BEHIND}
    return Layer(style, draw, _("A thin line ties each point to the centroid of its cluster."))


def _stems(screen: Screen) -> Data:
    centers = screen.centers
    top = np.stack([centers[:, 0], np.full(len(centers), screen.view.y_range[1])], axis=1)
    return path(np.stack([centers, top], axis=1), screen.view)


def _tails(screen: Screen) -> Data:
    """Draw where each centroid came from."""
    now, before = screen.frame.centers, screen.before
    past = None if before is None else before.centers
    if now is None or past is None or len(now) != len(past) or len(now) > MAX_CENTERS:
        return {"x": [], "y": []}
    return path(np.stack([screen.view.places(past), screen.view.places(now)], axis=1), screen.view)


def _centroids() -> Layer:
    style = {
        "mode": "markers+text",
        "name": _("Centroids"),
        "textposition": "top center",
        "textfont": {"size": 14},
        "marker": {**kind_scale(), "line": {"width": 2, "color": OUTLINE}},
        "hovertemplate": _("centroid of cluster %{customdata}") + "<extra></extra>",
        "meta": columns(series=_("Series"), x=_("Axis 1"), y=_("Axis 2"), customdata=_("Cluster")),
    }
    says = _("Large marks are centroids; a tail shows where each came from.")
    return Layer(style, draw_centroids, says)


def draw_centroids(screen: Screen) -> Data:
    """Draw centroids where exactly they are."""
    centers = screen.centers
    centers = centers if len(centers) <= MAX_CENTERS else centers[:0]
    names = [str(label) for label in range(len(centers))]
    return {
        "x": [None if x != x else x for x in centers[:, 0].tolist()],
        "y": [None if y != y else y for y in centers[:, 1].tolist()],
        "text": names if len(names) <= MAX_NUMBERED else [""] * len(names),
        "marker_size": float(np.clip(LARGE * (MAX_NUMBERED / max(1, len(names))) ** 0.5, 7, LARGE)),
        "customdata": names,
        **kind_marks(screen.kinds[: len(centers)]),
    }
