"""An algorithm at work: its own iterations as pictures that play, forward and back."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from wc_core.charts._figure import empty_figure, escape, new_figure
from wc_core.charts._rows import columns
from wc_core.charts._steps_controls import AXIS_TITLE, BUTTONS, SLIDER, controls, menus
from wc_core.charts._steps_curve import Curve, curve_of
from wc_core.charts._steps_layers import OUTLINE, Data, Layer, common_layers, line_style
from wc_core.charts._steps_overlays import overlays_of
from wc_core.charts._steps_screens import Screen, screens_of
from wc_core.charts._steps_words import sentences, shown
from wc_core.trace import Trace
from wc_core.words import _

NAME = "algorithm_steps"
PICTURE, GAP, CURVE = 380, 76, 90  # pixels of the picture, of the curve, and between them
LINES = 3  # of the subtitle
HEAD = 54 + 17 * LINES + BUTTONS  # pixels above the picture
_ROOM = 0.03  # of the curve's length, left free at its ends for the mark
_WIDTH = 54  # characters of a line that fit on a screen 390 px wide


def algorithm_steps(trace: Trace | None) -> go.Figure:
    """Draw an algorithm's iterations as an animation that needs no server.

    Parameters
    ----------
    trace : Trace, optional

    Returns
    -------
    Figure
        Its frames are the pictures in order: one for each frame of the trace and, where the
        algorithm works in a space of its own, the blocks before and after.
    """
    if trace is None or not trace.frames:
        title = _("The algorithm at work")
        return empty_figure(NAME, title, _("No algorithm has run yet."))
    screens, curve = screens_of(trace), curve_of(trace)
    drawn = _drawn(trace, screens)
    figure = _base(trace, screens[0], curve)
    figure.add_traces([go.Scatter(layer.style | data[0]) for layer, data in drawn])
    films = [data for _layer, data in drawn]
    if curve is not None:
        _add_curve(figure, curve)
        films += [[], [{"x": [x], "y": [y]} for x, y in _stops(screens, trace, curve)]]
    extra = AXIS_TITLE if curve is None else 0
    figure.update_layout(**controls([screen.name for screen in screens], extra))
    figure.frames = _frames(trace, screens, films)
    return figure


def steps_legend(trace: Trace) -> list[str]:
    """Return what one sees in `algorithm_steps`, a sentence for each kind of mark."""
    curve = curve_of(trace)
    says = [layer.says for layer, _data in _drawn(trace, screens_of(trace))]
    return [text for text in [*says, curve.says if curve else ""] if text]


def _drawn(trace: Trace, screens: Sequence[Screen]) -> list[tuple[Layer, list[Data]]]:
    """Return the layers that have something to show, from the back to the front.

    Each comes with what it has in every picture.
    """
    *behind, centroids = common_layers(trace, screens)
    layers = [*behind, *overlays_of(screens), centroids]
    films = [(layer, [layer.draw(screen) for screen in screens]) for layer in layers]
    return [(layer, film) for layer, film in films if any(data["x"] for data in film)]


def _base(trace: Trace, first: Screen, curve: Curve | None) -> go.Figure:
    plot = PICTURE + (GAP + CURVE if curve else 0)
    foot = SLIDER + (0 if curve else AXIS_TITLE)
    alt = " ".join([*sentences(trace, first), _summary(trace), shown(trace)])
    figure = new_figure(NAME, first.title, alt=alt, height=HEAD + plot + foot)
    figure.update_layout(
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        margin={"t": HEAD, "b": foot, "l": 8, "r": 8},
        title_subtitle=_title(trace, first)["subtitle"],
        xaxis=_axis(first, 0),
        yaxis=_axis(first, 1),
    )
    if not first.view.is_line:
        figure.update_yaxes(scaleanchor="x")
    if curve is not None:
        figure.update_layout(yaxis={"domain": [(GAP + CURVE) / plot, 1]}, xaxis={"anchor": "y"})
        _make_room(figure, curve, CURVE / plot)
    return figure


def _make_room(figure: go.Figure, curve: Curve, share: float) -> None:
    """Put a second pair of axes below the first."""
    quiet = {"showgrid": False, "zeroline": False, "automargin": True}
    figure.update_layout(
        xaxis2={**quiet, "anchor": "y2"},
        yaxis2={**quiet, "anchor": "x2", "domain": [0, share], "nticks": 4},
    )
    if curve.cut is not None:
        figure.update_layout(xaxis2={"type": "log", "dtick": 1, "autorange": "reversed"})
    else:
        room = _ROOM * float(np.ptp(curve.x))
        figure.update_xaxes(
            range=[curve.x[0] - room, curve.x[-1] + room], selector={"anchor": "y2"}
        )
    x_title, y_title = curve.titles
    figure.add_annotation(
        text=_("{y} by {x}").format(y=y_title, x=x_title.lower()),
        x=0,
        y=share,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
    )


def _add_curve(figure: go.Figure, curve: Curve) -> None:
    """Add the line, the mark on it and the cut if there is one, in this order."""
    on = {"xaxis": "x2", "yaxis": "y2"}
    x_title, y_title = curve.titles
    line = line_style(y_title, 2, OUTLINE) | {
        "hoverinfo": None,
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
        "meta": columns(x=x_title, y=y_title),
    }
    figure.add_scatter(x=curve.x.tolist(), y=curve.y.tolist(), **line, **on)
    mark = {"symbol": "diamond", "size": 12, "color": "#d55e00"}
    first = [[value] for value in _plain(curve.at[0])]
    now = {"mode": "markers", "marker": mark, "name": _("Now"), "hoverinfo": "skip"}
    figure.add_scatter(x=first[0], y=first[1], **now, **on)
    if curve.cut is not None:
        top = float(np.nanmax(curve.y))
        dashed = line_style(_("Cut"), 1.5, OUTLINE, "dash")
        figure.add_scatter(x=[curve.cut, curve.cut], y=[0.0, top], **dashed, **on)


def _stops(
    screens: Sequence[Screen], trace: Trace, curve: Curve
) -> list[tuple[float | None, float | None]]:
    """Return where on the curve each picture stands."""
    places = {id(frame): _plain(at) for frame, at in zip(trace.frames, curve.at, strict=True)}
    return [places.get(id(screen.frame), (None, None)) for screen in screens]


def _plain(at: Any) -> tuple[float | None, float | None]:
    x, y = (None if np.isnan(value) else float(value) for value in at)
    return (x, y) if y is not None else (None, None)


def _frames(
    trace: Trace, screens: Sequence[Screen], films: Sequence[Sequence[Data]]
) -> list[dict[str, Any]]:
    """Return the pictures; plain mappings, since plotly would check all numbers twice."""
    views = {id(screen.view) for screen in screens}
    changing = {t: _changing(film) for t, film in enumerate(films) if _changing(film)}
    frames: list[dict[str, Any]] = []
    for i, screen in enumerate(screens):
        layout: dict[str, Any] = {
            "title": _title(trace, screen),
            "updatemenus": menus(len(screens), i),
        }
        if len(views) > 1:
            layout |= {"xaxis": _axis(screen, 0), "yaxis": _axis(screen, 1)}
        data = [
            {key: films[t][i][key] for key in keys if key in films[t][i]}
            for t, keys in changing.items()
        ]
        frames.append({"name": str(i), "data": data, "traces": [*changing], "layout": layout})
    return frames


def _changing(film: Sequence[Data]) -> list[str]:
    """Return what is not the same in all pictures: only that is sent with each."""
    return [
        key for key in (film[0] if film else ()) if any(d.get(key) != film[0][key] for d in film)
    ]


def _axis(screen: Screen, which: int) -> dict[str, Any]:
    view = screen.view
    return {"title": view.titles[which], "range": (view.x_range, view.y_range)[which]}


def _title(trace: Trace, screen: Screen) -> dict[str, Any]:
    text = " ".join([*sentences(trace, screen), shown(trace)])
    lines = textwrap.wrap(text, _WIDTH, max_lines=LINES, placeholder=" …")
    # Bold, as Streamlit makes the title that a figure begins with.
    return {
        "text": f"<b>{escape(screen.title)}</b>",
        "subtitle": {"text": "<br>".join(map(escape, lines))},
    }


def _summary(trace: Trace) -> str:
    first, last = trace.frames[0], trace.frames[-1]
    text = _("{n} iterations.").format(n=last.step)
    costs = [frame.inertia for frame in trace.frames if frame.inertia is not None]
    if len(costs) > 1 and first is not last:
        text += " " + _("The inertia goes from {first} to {last}.").format(
            first=f"{costs[0]:.4g}", last=f"{costs[-1]:.4g}"
        )
    return text
