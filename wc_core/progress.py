"""How long work tells how far it is: generators of records, nothing else.

Whoever runs the work takes the next record or stops taking: that is how it is
cancelled, and the last record taken holds the partial result.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """One record of progress.

    Parameters
    ----------
    done, total : float
        Work done and work in all, in a unit that is proportional to time.
    message : str
        What is being done, for people.
    result : object
        The best result so far; the final one on the last record.
    """

    done: float
    total: float
    message: str = ""
    result: Any = None

    @property
    def fraction(self) -> float:
        """Share of the work that is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0


def last_result(steps: Iterator[Progress]) -> Any:
    """Run the work to its end and return the result of its last record.

    Examples
    --------
    >>> last_result(Progress(i, 3, result=i * i) for i in (1, 2, 3))
    9
    """
    result = None
    for record in steps:
        result = record.result
    return result


def relay(
    steps: Generator[S, None, T], change: Callable[[S], Progress]
) -> Generator[Progress, None, T]:
    """Pass on the record that each step becomes; return what the generator returns."""
    while True:
        try:
            record = next(steps)
        except StopIteration as end:
            answer: T = end.value
            return answer
        yield change(record)


def phase(
    steps: Generator[Progress, None, T], start: float, stop: float
) -> Generator[Progress, None, T]:
    """Place the records of one part of the work on the bar of the whole, whose total is 1.

    Examples
    --------
    >>> def half():
    ...     yield Progress(1, 2)
    ...     return "done"
    >>> [record.fraction for record in phase(half(), 0.5, 0.9)]
    [0.7]
    """

    def placed(record: Progress) -> Progress:
        return replace(record, done=start + (stop - start) * record.fraction, total=1)

    return relay(steps, placed)
