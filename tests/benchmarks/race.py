"""Several ways to do one thing, timed side by side: in turn, in one process, with their memory."""

import ctypes
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

PAUSE = 0.02  # seconds between runs: thread pools spin for a while after their work is done
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Entrant:
    """One way to do it.

    Parameters
    ----------
    name : str
    run : callable
        What is timed; returns what it found.
    repeats : int
        Runs that are timed, after one that is not; 1 for what takes many seconds, whose only
        run is timed.
    is_judged : bool
        Whether what it found is kept.
    """

    name: str
    run: Callable[[], Any]
    repeats: int = 7
    is_judged: bool = True


@dataclass(slots=True)
class Finish:
    """How one entrant did: all its times, what it found, and the memory it took beyond before."""

    seconds: list[float] = field(default_factory=list)
    answer: Any = None
    peak_bytes: int | None = None

    @property
    def median(self) -> float:
        """Seconds of a run in the middle."""
        return median(self.seconds)


def race(entrants: Sequence[Entrant]) -> dict[str, Finish]:
    """Let all of them run in turn, as often as each should.

    The first run of each, which loads and compiles what it needs, counts only where there is
    no other; in it memory is measured.
    """
    finishes = {entrant.name: Finish() for entrant in entrants}
    for entrant in entrants:
        finish = finishes[entrant.name]
        if entrant.repeats > 1:
            entrant.run()
        before = _reset_peak()
        seconds, answer = _timed(entrant.run)
        finish.peak_bytes = None if before is None else max(0, _status("VmHWM") - before)
        if entrant.is_judged:
            finish.answer = answer
        del answer
        if entrant.repeats == 1:
            finish.seconds.append(seconds)
    for number in range(max(entrant.repeats for entrant in entrants)):
        for entrant in entrants:
            if 1 < entrant.repeats > number:
                finishes[entrant.name].seconds.append(_timed(entrant.run)[0])
    return finishes


def mebibytes(n_bytes: int | None) -> str:
    """Write a number of bytes, or that it could not be measured."""
    return "?" if n_bytes is None else f"{n_bytes / 2**20:,.0f}"


def milliseconds(seconds: float) -> str:
    """Write a time with three digits."""
    return three_digits(1000 * seconds)


def three_digits(number: float) -> str:
    """Write a number with three digits, or all before the point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    time.sleep(PAUSE)
    started = time.perf_counter()
    answer = run()
    return time.perf_counter() - started, answer


def _reset_peak() -> int | None:
    """Begin to measure peak memory anew; return what is in use, or None where that is unknown."""
    gc.collect()
    # What earlier runs gave back would be used again unseen.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    try:
        RESET.write_text("5")
    except OSError:  # not on Linux
        return None
    return _status("VmRSS")


def _status(key: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return 1024 * int(line.split()[1])
