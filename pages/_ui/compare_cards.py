"""What each algorithm does, and what it found out about these layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.algorithm_card import GLOSSARY, SEARCH, formula
from pages._ui.text import plain
from wc_core.words import _, ngettext

if TYPE_CHECKING:
    from wc_core.search import ComparisonRow

MOST_NOTES = 5


def title_of(algorithm: str) -> str:
    """Return the name of an algorithm for people."""
    from wc_core.clustering import CLUSTERERS

    return _(CLUSTERERS[algorithm].title)


def findings(rows: "Sequence[ComparisonRow]") -> None:
    """List what the algorithms say of their fits; a refusal is a finding as well."""
    noted = [row for row in rows if row.notes or row.refusal]
    if not noted:
        return
    st.header(_("What the algorithms say"))
    st.caption(_("These are findings about the layers, not failures."))
    lines = []
    for row in noted:
        said = plain(row.refusal) if row.refusal else _notes(row)
        mark = ":material/block: " if row.refusal else ""
        lines.append(f"- {mark}**{title_of(row.algorithm)}**: {said}")
    st.markdown("\n".join(lines))


def _notes(row: "ComparisonRow") -> str:
    shown = "; ".join(plain(note) for note in row.notes[:MOST_NOTES])
    more = len(row.notes) - MOST_NOTES
    if more <= 0:
        return shown
    return shown + "; " + ngettext("and {n} more", "and {n} more", more).format(n=more)


def ideas(algorithms: Sequence[str]) -> None:
    """Explain each algorithm in a few words and a formula."""
    from wc_core.clustering import CLUSTERERS

    st.header(_("How they work"))
    columns = st.columns(2, gap="medium")
    for place, name in enumerate(algorithms):
        with columns[place % 2].expander(title_of(name), key=f"compare.idea.{name}"):
            st.markdown(_(CLUSTERERS[name].about))
            formula(CLUSTERERS[name].formula)
            st.page_link(
                GLOSSARY,
                label=_("Parameters and sources"),
                icon=":material/menu_book:",
                query_params={SEARCH: name},
            )
