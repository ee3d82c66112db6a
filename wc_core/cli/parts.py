"""Where the time of a command goes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Parts:
    """Seconds of each part, in the order in which they began; `seconds` holds them.

    Examples
    --------
    >>> parts = Parts()
    >>> with parts.time("reading"):
    ...     pass
    >>> list(parts.seconds)
    ['reading']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Count what happens inside as a part; the same part may come several times."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(part, time.perf_counter() - started)

    def add(self, part: str, seconds: float) -> None:
        """Count seconds that somebody else has measured."""
        self.seconds[part] = round(self.seconds.get(part, 0.0) + seconds, 4)
