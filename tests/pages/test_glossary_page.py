"""The glossary: every word and every algorithm, found by searching and by address."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.algorithm_card import ALGORITHM, SEARCH, formula
from pages._ui.glossary_view import entries, found
from tests.pages.reading import PAGES, texts
from wc_core.clustering import CLUSTERERS
from wc_core.glossary import SECTIONS

PAGE = "pages/learn/glossary.py"
TERMS = [term for section in SECTIONS for term in section.terms]


@pytest.fixture
def glossary(app: AppTest) -> AppTest:
    """Open the Glossary page."""
    return app.switch_page(PAGE).run()


def search(at: AppTest, words: str) -> list[str]:
    """Type into the search field; return the titles of what is found."""
    at.text_input(key=SEARCH).set_value(words).run()
    assert not at.exception
    return [heading.value for heading in at.subheader]


def test_every_term_and_every_algorithm_is_shown_once(glossary: AppTest) -> None:
    """Headings carry the address, the list of links leads to each of them."""
    shown = {heading.anchor: heading.value for heading in glossary.subheader}
    assert shown == {t.key: t.name for t in TERMS} | {
        name: CLUSTERERS[name].title for name in CLUSTERERS
    }
    assert len(glossary.subheader) == len(shown)
    links = re.findall(r"\]\(#([\w-]+)\)", texts(glossary))
    assert sorted(links) == sorted(shown)


def test_every_formula_is_shown(glossary: AppTest) -> None:
    """One for each algorithm and for each term that has one."""
    wanted = sum(bool(term.formula) for term in TERMS) + len(CLUSTERERS)
    assert len(glossary.latex) == wanted


def test_algorithms_have_their_parameters_and_sources(glossary: AppTest) -> None:
    """They come from what the classes declare."""
    said = texts(glossary)
    for name in CLUSTERERS:
        cls = CLUSTERERS[name]
        assert cls.about in said
        assert all(
            f"`{parameter}`" in said for parameter in cls.param_space if parameter != "n_clusters"
        )
    assert "Least squares quantization in PCM" in said


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("perplexity", "Perplexity"),
        ("sqnr_db", "SQNR"),
        ("LUT", "Codebook"),
        ("gmm", "Gaussian mixture"),
        ("residual codebook", "Residual codebook"),
        ("kohonen", "Self-organising map"),
        ("n_m", "N:M pruning"),
        ("2:4", "N:M pruning"),
        ("codebook_dtype", "Number type"),
    ],
)
def test_things_are_found_by_any_of_their_names(glossary: AppTest, words: str, first: str) -> None:
    """Here, in code, elsewhere, as filed, by author: what is called just that comes first."""
    assert search(glossary, words)[0] == first


def test_mentions_come_after_what_bears_the_name() -> None:
    """Who looks for noise wants to know what it is before reading where it occurs."""
    named, mentioned = found("noise", entries())
    assert "noise" in [entry.key for entry in named]
    assert "density" in [entry.key for entry in mentioned]
    assert not {e.key for e in named} & {e.key for e in mentioned}


def test_a_search_without_a_hit_says_so(glossary: AppTest) -> None:
    """Nothing found is a sentence."""
    assert search(glossary, "[qwertz]*") == []
    assert "[qwertz]*" in texts(glossary)


def test_a_search_can_be_linked(app: AppTest) -> None:
    """The address holds the words; the algorithm looked for lies open."""
    app.query_params[SEARCH] = "som"
    at = app.switch_page(PAGE).run()
    assert at.text_input(key=SEARCH).value == "som"
    assert at.subheader[0].value == "Self-organising map"
    assert at.expander[0].proto.expanded


def test_terms_name_pages_that_exist() -> None:
    """Whoever follows where a word is seen arrives."""
    assert {f"pages/{page}.py" for term in TERMS for page in term.pages} <= set(PAGES)


def test_formulas_of_several_statements_take_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a narrow screen one long line would be cut."""
    shown: list[str] = []
    monkeypatch.setattr("pages._ui.algorithm_card.st.latex", shown.append)
    for latex in (
        r"a = b,\quad c = d",
        r"a,\quad\min c",
        r"\begin{aligned} a &\quad b \end{aligned}",
    ):
        formula(latex)
    assert shown[0] == r"\begin{gathered} a = b \\ c = d \end{gathered}"
    assert r"a \\ \min c" in shown[1]
    assert shown[2] == r"\begin{aligned} a &\quad b \end{aligned}"


def test_an_algorithm_leads_to_its_steps(app: AppTest) -> None:
    """The link names the algorithm, and the page that it leads to opens with it."""
    app.query_params[ALGORITHM] = "som"
    at = app.switch_page("pages/learn/steps.py").run()
    assert at.selectbox(key="steps.algorithm").value == "som"
