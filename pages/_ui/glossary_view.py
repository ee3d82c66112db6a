"""Terms and algorithms as the Glossary page shows them, and how they are found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from pages._ui.algorithm_card import algorithm_entry, formula
from pages._ui.text import plain
from wc_core.glossary import SECTIONS, Term
from wc_core.words import _


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to look up.

    Parameters
    ----------
    section : str
        Under which heading it stands.
    key : str
        Where it is on the page, as in `#key`.
    names : tuple of str
        What it is called, first as its heading says.
    text : str
    show : callable
        Puts it on the page.
    """

    section: str
    key: str
    names: tuple[str, ...]
    text: str
    show: Callable[[], None]


def entries() -> list[Entry]:
    """Return all terms and all algorithms, in the language in use."""
    terms = [_of_term(term, _(section.title)) for section in SECTIONS for term in section.terms]
    return terms + _algorithms()


def found(query: str, among: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the entries whose name has the query in it, and those that only mention it.

    An entry that is called just that comes first.
    """
    wanted = query.casefold().split()
    named, mentioned = [], []
    for entry in among:
        names, text = " ".join(entry.names).casefold(), entry.text.casefold()
        if all(word in names for word in wanted):
            named.append(entry)
        elif all(word in names or word in text for word in wanted):
            mentioned.append(entry)
    exact = query.strip().casefold()
    named.sort(key=lambda entry: exact not in map(str.casefold, entry.names))
    return named, mentioned


def show_all(all_entries: list[Entry]) -> None:
    """Show everything under its headings, with a list of links first."""
    sections = dict.fromkeys(entry.section for entry in all_entries)
    for section in sections:
        links = " · ".join(f"[{e.names[0]}](#{e.key})" for e in all_entries if e.section == section)
        st.markdown(f"**{section}:** {links}")
    for section in sections:
        st.header(section)
        for entry in all_entries:
            if entry.section == section:
                entry.show()


def show_found(query: str, all_entries: list[Entry]) -> None:
    """Show what a search finds: what bears the name first, then what mentions it."""
    named, mentioned = found(query, all_entries)
    if not named and not mentioned:
        st.info(_("Nothing here has the words “{query}” in it.").format(query=plain(query)))
    for title, hits in ((_("Found"), named), (_("Mentioned in"), mentioned)):
        if hits:
            st.header(title)
        for entry in hits:
            entry.show()


def _algorithms() -> list[Entry]:
    from wc_core.clustering import CLUSTERERS, algorithm_facts

    every = [algorithm_facts(name) for name in CLUSTERERS]
    return [
        Entry(
            section=_("Algorithms"),
            key=facts.name,
            names=(_(facts.title), facts.name),
            text=f"{_(facts.about)} {facts.summary} {' '.join(facts.sources)}",
            show=lambda facts=facts: algorithm_entry(facts),
        )
        for facts in every
    ]


def _of_term(term: Term, section: str) -> Entry:
    elsewhere = _(term.elsewhere) if term.elsewhere else ""
    names = (_(term.name), term.key, term.code, elsewhere)
    return Entry(section, term.key, names, _(term.text), lambda: _show(term))


def _show(term: Term) -> None:
    with st.container(key=f"term_{term.key}", gap="small"):
        _heading(term)
        words = st.container(gap="small")
        if term.formula:
            words, shown = st.columns([3, 2], gap="medium", vertical_alignment="center")
            with shown:
                formula(term.formula)
        with words:
            st.markdown(_(term.text))
            _names(term)


def _heading(term: Term) -> None:
    """Name the term, and link to the pages on which it is seen."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(_(term.name), anchor=term.key, width="content")
        for page in term.pages:
            st.page_link(f"pages/{page}.py", icon=":material/visibility:")


def _names(term: Term) -> None:
    """Say what it is called elsewhere and in code."""
    code = ", ".join(f"`{name}`" for name in term.code.split())
    said = [
        _("Elsewhere: {names}").format(names=_(term.elsewhere)) if term.elsewhere else "",
        _("In code: {names}").format(names=code) if code else "",
    ]
    if any(said):
        st.caption(" · ".join(filter(None, said)))
