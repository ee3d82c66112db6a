"""What there is to say of an algorithm, read off its class: for the app and for the docs."""

import inspect
import json
import re
from dataclasses import dataclass
from typing import Any

from wc_core.clustering._base import CLUSTERERS, free_params
from wc_core.params import Domain

_REFERENCES = re.compile(r"^References\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", re.DOTALL | re.MULTILINE)
_END = re.compile(r"(?<=\.)\n")  # a reference ends where a line ends with a full stop


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a plan may set.

    Parameters
    ----------
    name : str
    domain : Domain
        Its label and help text are marked for translation.
    default : object
    """

    name: str
    domain: Domain
    default: Any

    @property
    def default_text(self) -> str:
        """The default as it stands in a recipe, a name without its quotes."""
        return json.dumps(self.default).strip('"')


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmFacts:
    """What an algorithm says of itself.

    `title` and `about` are marked for translation; `summary` and `sources` come from the
    docstring and stay English.

    Parameters
    ----------
    name : str
        Under which it is filed.
    title, about : str
    formula : str
        LaTeX.
    summary : str
        One line.
    labels_are_nearest : bool
        Whether every block goes to its nearest entry, even without polish.
    parameters : tuple of Parameter
    sources : tuple of str
    """

    name: str
    title: str
    about: str
    formula: str
    summary: str
    labels_are_nearest: bool
    parameters: tuple[Parameter, ...]
    sources: tuple[str, ...]


def algorithm_facts(name: str) -> AlgorithmFacts:
    """Return what an algorithm says of itself.

    Raises
    ------
    UnknownNameError
        If no clusterer has the name.

    Examples
    --------
    >>> algorithm_facts("kmeans").sources[0]
    'S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982.'
    """
    cls = CLUSTERERS[name]
    doc = inspect.getdoc(cls) or ""
    defaults = inspect.signature(cls).parameters
    return AlgorithmFacts(
        name=name,
        title=cls.title,
        about=cls.about,
        formula=cls.formula,
        summary=doc.partition("\n")[0],
        labels_are_nearest=cls.labels_are_nearest,
        parameters=tuple(
            Parameter(p, domain, defaults[p].default) for p, domain in free_params(cls).items()
        ),
        sources=_sources(doc),
    )


def _sources(doc: str) -> tuple[str, ...]:
    """Return the entries of the section References, each on one line."""
    section = _REFERENCES.search(doc)
    entries = _END.split(section[1].strip()) if section else []
    return tuple(" ".join(entry.split()) for entry in entries)
