"""Named collections of interchangeable parts (clusterers, exporters, architectures, ...)."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Generic, TypeVar

from wc_core.errors import UnknownNameError
from wc_core.words import _

T = TypeVar("T")


class Registry(Generic[T]):
    """Map stable names to parts of one kind.

    Parameters
    ----------
    kind : str
        What the parts are, in the singular; used in error messages.

    Examples
    --------
    >>> SHAPES = Registry[type]("shape")
    >>> @SHAPES.register("square")
    ... class Square: ...
    >>> SHAPES["square"] is Square
    True
    >>> SHAPES["sqare"]
    Traceback (most recent call last):
        ...
    wc_core.errors.UnknownNameError: no shape is named 'sqare'; did you mean 'square'?
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its argument under `name`."""

        def decorator(item: T) -> T:
            if name in self._items:
                msg = f"{self.kind} {name!r} is already registered"
                raise ValueError(msg)
            self._items[name] = item
            return item

        return decorator

    def __getitem__(self, name: str) -> T:
        if name in self._items:
            return self._items[name]
        close = get_close_matches(name, self._items, n=1) or sorted(self._items)
        msg = _("no {kind} is named {name!r}; did you mean {hint}?").format(
            kind=self.kind, name=name, hint=" / ".join(map(repr, close))
        )
        raise UnknownNameError(msg)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)
