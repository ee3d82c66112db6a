"""Play, pause, step and slide: plotly's own controls, so that the server is not asked.

Plotly knows no relative step. Each frame therefore rewrites where the buttons lead from it.
"""

from collections.abc import Sequence
from typing import Any

from wc_core.words import _

SPEEDS = (1500, 600, 150)  # milliseconds a frame: slow, normal, fast
BUTTONS = 84  # pixels of the two rows of buttons above the picture; one would be too wide
_ROW = 38
SLIDER = 96  # pixels of the slider below everything, and of the ticks above it
AXIS_TITLE = 26  # pixels more where the axis above the slider has a title
_TICKS = 30

Layout = dict[str, Any]


def controls(labels: Sequence[str], extra: int = 0) -> Layout:
    """Return the layout of all controls while the first frame is shown.

    Parameters
    ----------
    labels : sequence of str
        What the slider calls the frames, whose own names are their places: "0", "1", ...
    extra : int
        Pixels to leave above the slider beside those for ticks.
    """
    return {"updatemenus": menus(len(labels), 0), "sliders": [_slider(labels, _TICKS + extra)]}


def menus(n_frames: int, current: int) -> list[Layout]:
    """Return the buttons while a frame is shown: a row that plays, and one that steps."""
    last = n_frames - 1
    steps = [
        _button(_("◀ Back"), _only(max(0, current - 1))),
        _button("❚❚", [[None], {"mode": "immediate", "frame": _frame(0)}]),
        _button(_("Next ▶"), _only(min(last, current + 1))),
    ]
    labels = _("▶ Slow"), _("▶ Play"), _("▶ Fast")
    plays = [
        _button(label, _all_from_here(duration, restart=current == last))
        for label, duration in zip(labels, SPEEDS, strict=True)
    ]
    return [_row(plays, 1), _row(steps, 0)]


def _row(buttons: list[Layout], place: int) -> Layout:
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 8 + _ROW * place},
        "buttons": buttons,
    }


def _slider(labels: Sequence[str], top: int) -> Layout:
    return {
        "active": 0,
        "x": 0,
        "y": 0,
        "len": 1,
        "pad": {"t": top, "l": 8, "r": 8},
        "currentvalue": {"visible": False},
        "minorticklen": 0,
        "ticklen": 4,
        "steps": [
            {"label": label, "method": "animate", "args": _only(place)}
            for place, label in enumerate(labels)
        ],
    }


def _button(label: str, args: list[Any]) -> Layout:
    return {"label": label, "method": "animate", "args": args}


def _only(place: int) -> list[Any]:
    return [[str(place)], {"mode": "immediate", "frame": _frame(0), "transition": {"duration": 0}}]


def _all_from_here(duration: int, *, restart: bool) -> list[Any]:
    how = {"frame": _frame(duration), "transition": {"duration": 0}, "fromcurrent": not restart}
    return [None, {"mode": "immediate", **how}]


def _frame(duration: int) -> Layout:
    return {"duration": duration, "redraw": True}  # titles and controls change too
