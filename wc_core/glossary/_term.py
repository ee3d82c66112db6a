"""What a term of the glossary is."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of the field and what it means here.

    `name`, `text` and `elsewhere` are marked for translation: show them through `_`.

    Parameters
    ----------
    name : str
    text : str
        What it is, in a few plain sentences; Markdown.
    formula : str
        LaTeX, if there is one.
    code : str
        Names in Python, in JSON and on the command line, separated by blanks.
    elsewhere : str
        What others call it.
    pages : tuple of str
        Where in the app it is seen, such as "lab/cluster".

    Examples
    --------
    >>> Term(name="Bits per weight", text="What a weight costs.").key
    'bits-per-weight'
    """

    name: str
    text: str
    formula: str = ""
    code: str = ""
    elsewhere: str = ""
    pages: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as it stands in addresses; it does not change with the language."""
        return "-".join(re.findall(r"[a-z0-9]+", self.name.lower()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Terms of one subject, in the order in which they are best read."""

    title: str
    terms: tuple[Term, ...]
