"""Numbers and names as people read them; everything here returns a string."""

import re
from collections.abc import Sequence

from wc_core.words import _

_MARKUP = re.compile(r"([\\`*_\[\]<>$~:#|{}])")


def plain(text: object) -> str:
    """Return a text that Markdown shows as it is: names of files and layers are not markup."""
    return _MARKUP.sub(r"\\\1", str(text))


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share from 0 to 1 as a percentage; a dash when there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def interval_text(interval: tuple[float, float] | None, n: int) -> str:
    """Return a 95 % interval with the number of images it rests on."""
    if interval is None:
        return _("n = {n} images").format(n=count(n))
    low, high = (percent(edge, 1) for edge in interval)
    return _("95 % interval {low} to {high}, n = {n} images").format(low=low, high=high, n=count(n))


def points(after: float | None, before: float | None) -> str | None:
    """Return the difference of two shares in percentage points, with its sign."""
    if after is None or before is None:
        return None
    return _("{points} points").format(points=f"{100 * (after - before):+.2f}")


def n_bytes(number: float) -> str:
    """Return a size in the unit that leaves one to three digits before the point.

    Examples
    --------
    >>> n_bytes(177692), n_bytes(12)
    ('177.7 kB', '12 B')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"


def count(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"


def decibels(value: float) -> str:
    """Return a ratio in decibels; infinite means that nothing was lost."""
    return _("lossless") if value == float("inf") else f"{value:.1f} dB"


def scientific(value: float) -> str:
    """Return a small number as a digit or two and a power of ten.

    Examples
    --------
    >>> scientific(0.000176), scientific(0.0)
    ('1.8e-4', '0')
    """
    digits, _e, power = f"{value:.1e}".partition("e")
    return f"{digits}e{int(power)}" if value else "0"


def times(ratio: float) -> str:
    """Return a ratio as a factor."""
    return f"{ratio:.2f}×"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names in a row, the first of them if there are many.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    'a, b …'
    """
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as its sides joined by a cross."""
    return " × ".join(map(str, shape)) or "1"


def duration(seconds: float) -> str:
    """Return a time a person can wait by."""
    if seconds < 90:
        return _("{n} s").format(n=max(1, round(seconds)))
    return _("{n} min").format(n=round(seconds / 60))
