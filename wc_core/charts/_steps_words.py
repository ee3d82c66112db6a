"""What happened in an iteration, and what of it is shown, in words."""

import numpy as np

from wc_core.charts._steps_screens import Screen
from wc_core.trace import Frame, Trace
from wc_core.words import _, ngettext

_NOTHING = 0.005  # per cent


def sentences(trace: Trace, screen: Screen) -> list[str]:
    """Return what there is to say of one picture, what matters most first."""
    frame = screen.frame
    place = next((i for i, other in enumerate(trace.frames) if other is frame), 0)
    before = trace.frames[place - 1] if place else None
    said = [_note(frame), _inertia(frame, before), _entries(frame, before), _moved(frame, before)]
    said += [msg.format(value=frame.detail[name]) for name, msg in _facts() if name in frame.detail]
    return [text for text in said if text]


def shown(trace: Trace) -> str:
    """Return what part of the work is in the pictures; empty if it is all of it."""
    parts = []
    if trace.is_sampled:
        msg = (
            _("{n} of {m} micro-clusters")
            if trace.n_points < trace.n_blocks
            else _("{n} of {m} blocks")
        )
        parts.append(msg.format(n=len(trace.points), m=f"{trace.n_points:,}"))
    if trace.is_thinned:
        msg = _("{n} of {m} iterations")
        parts.append(msg.format(n=len(trace.frames), m=f"{trace.n_iterations:,}"))
    return _("Shown: {parts}.").format(parts=", ".join(parts)) if parts else ""


def _note(frame: Frame) -> str:
    note = frame.note.strip()
    return f"{note[0].upper()}{note[1:].rstrip('.')}." if note else ""


def _two_digits(number: float) -> str:
    """Return a number of two digits, or of as many as it has before the point."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def _inertia(frame: Frame, before: Frame | None) -> str:
    if frame.inertia is None:
        return ""
    now = f"{frame.inertia:.4g}"
    past = None if before is None else before.inertia
    if not past:
        return _("Inertia {now}.").format(now=now)
    percent = 100 * (frame.inertia / past - 1)
    if abs(percent) < _NOTHING:
        return _("Inertia {now}, as before.").format(now=now)
    change = f"{'+' if percent > 0 else '-'}{_two_digits(abs(percent))}"
    return _("Inertia {now} ({change} %).").format(now=now, change=change)


def _entries(frame: Frame, before: Frame | None) -> str:
    """Say so when centroids vanish or appear; merges and splits say it themselves."""
    if frame.note or frame.centers is None:
        return ""
    n = len(frame.centers)
    if before is not None and before.centers is not None and len(before.centers) == n:
        return ""
    return ngettext("{n} centroid.", "{n} centroids.", n).format(n=n)


def _moved(frame: Frame, before: Frame | None) -> str:
    past = None if before is None else before.labels
    if frame.labels is None or past is None:
        return ""
    # Where labels are renumbered they change without a point that moves.
    if frame.labels.max(initial=-1) != past.max(initial=-1) or (past < 0).any():
        return ""
    share = 100 * float(np.mean(frame.labels != past))
    return _("{share} % of the points changed cluster.").format(share=_two_digits(share))


def _facts() -> tuple[tuple[str, str], ...]:
    """Return sentences for what details tell, by their name."""
    return (
        ("radius", _("Neighbourhood: {value:.2g} places on the map.")),
        ("scale", _("Scale {value:.3g}.")),
        ("height", _("The last two that merged were {value:.3g} apart.")),
    )
