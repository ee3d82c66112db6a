"""An algorithm explained: what it does, its formula, its parameters, its sources."""

import re
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.text import plain
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.clustering import AlgorithmFacts, Parameter

GLOSSARY, STEPS = "pages/learn/glossary.py", "pages/learn/steps.py"
SEARCH = "search"  # what the glossary's address calls its search
ALGORITHM = "algorithm"  # and that of the steps what is to be watched

_GAP = re.compile(r",?\s*\\q?quad(?![a-z])\s*")


def algorithm_card(name: str) -> None:
    """Offer a short explanation of an algorithm, folded."""
    from wc_core.clustering import algorithm_facts

    facts = algorithm_facts(name)
    with st.expander(_("How it works"), icon=":material/lightbulb:", key="cluster.how"):
        _idea(facts)
        _steps_link(facts.name)
        st.page_link(
            GLOSSARY,
            label=_("Parameters and sources"),
            icon=":material/menu_book:",
            query_params={SEARCH: facts.name},
        )


def pruner_card(name: str) -> None:
    """Offer a short explanation of a way to prune, folded."""
    from wc_core.pruning import PRUNERS

    pruner = PRUNERS[name]
    with st.expander(_("How it prunes"), icon=":material/content_cut:", key="cluster.how_pruned"):
        st.markdown(_(pruner.about))
        formula(pruner.formula)
        st.page_link(
            GLOSSARY,
            label=_("Pruning in the glossary"),
            icon=":material/menu_book:",
            query_params={SEARCH: name},
        )


def algorithm_entry(facts: "AlgorithmFacts") -> None:
    """Show all there is to say of an algorithm, under a heading that can be linked to."""
    with st.container(key=f"algorithm_{facts.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.subheader(_(facts.title), anchor=facts.name, width="content")
            _steps_link(facts.name)
        _idea(facts)
        looked_for = st.session_state.get(SEARCH) == facts.name
        with st.expander(_("Parameters and sources"), looked_for, icon=":material/tune:"):
            st.caption(
                _("In recipes and on the command line: {name}").format(name=f"`{facts.name}`")
            )
            st.markdown("\n".join(map(_parameter, facts.parameters)))
            st.markdown("\n".join(f"- {plain(source)}" for source in facts.sources))


def formula(latex: str) -> None:
    """Show a formula, one statement a line, so that it fits a narrow screen."""
    lines = _GAP.sub(r" \\\\ ", latex)
    st.latex(latex if "aligned" in latex else rf"\begin{{gathered}} {lines} \end{{gathered}}")


def _idea(facts: "AlgorithmFacts") -> None:
    st.markdown(_(facts.about))
    formula(facts.formula)
    if facts.labels_are_nearest:
        st.caption(_("Every block goes to its nearest entry."))
    else:
        st.caption(
            _("A block may stay with an entry that is not its nearest; polish changes that.")
        )


def _steps_link(name: str) -> None:
    st.page_link(
        STEPS,
        label=_("Watch it step by step"),
        icon=":material/animation:",
        query_params={ALGORITHM: name},
    )


def _parameter(parameter: "Parameter") -> str:
    domain = parameter.domain
    return _("- **{label}** (`{name}`): {help} Possible: {domain}. At first: {default}.").format(
        label=_(domain.label),
        name=parameter.name,
        help=_(domain.help),
        domain=domain.describe(),
        default=f"`{parameter.default_text}`",
    )
