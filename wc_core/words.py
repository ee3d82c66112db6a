"""Translation of every text a person sees; English stands in the code.

The language is a context variable, so that two people who use one server in
two languages never see each other's words.

Examples
--------
>>> _("Cluster")
'Cluster'
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_ENGLISH = NullTranslations()
_current: ContextVar[NullTranslations] = ContextVar("translations", default=_ENGLISH)


def _(message: str) -> str:
    """Return the message in the language in use."""
    return _current.get().gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form of the message that fits `n` things."""
    return _current.get().ngettext(singular, plural, n)


def mark(message: str) -> str:
    """Mark a module-level text for the catalogue; translate it with `_` when shown."""
    return message


@contextmanager
def language(translations: NullTranslations) -> Iterator[None]:
    """Use a catalogue inside the `with` block."""
    token = _current.set(translations)
    try:
        yield
    finally:
        _current.reset(token)


def set_language(translations: NullTranslations) -> None:
    """Use a catalogue for the rest of this context (a page's script run)."""
    _current.set(translations)
