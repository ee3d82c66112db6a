"""The glossary: the one place where words are defined."""

import math
import re
from pathlib import Path

import pytest

from wc_core.clustering import CLUSTERERS
from wc_core.glossary import SECTIONS, Term
from wc_core.pruning import PRUNERS

ROOT = Path(__file__).resolve().parents[1]
TERMS = [term for section in SECTIONS for term in section.terms]


def names(terms):
    """Return what a test is called by."""
    return [term.key for term in terms]


def test_every_term_is_defined_once():
    """Two entries under one name would be two truths; an address leads to one place."""
    keys = names(TERMS)
    assert len(set(keys)) == len(keys)
    assert set(keys).isdisjoint(CLUSTERERS), "algorithms stand on the same page"
    titles = [section.title for section in SECTIONS]
    assert len(set(titles)) == len(titles)


def test_an_address_survives_punctuation():
    """Keys are made of what every address may hold."""
    assert Term(name="Lloyd's iteration", text="").key == "lloyd-s-iteration"
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in names(TERMS))


@pytest.mark.parametrize("term", TERMS, ids=names(TERMS))
def test_a_term_is_explained_in_few_plain_sentences(term):
    """A text is a sentence or more and short enough to be read; names elsewhere are others."""
    assert term.text.endswith(".")
    assert len(term.text.split()) <= 110
    assert term.name.lower() not in {name.strip().lower() for name in term.elsewhere.split(",")}
    assert term.formula.count("{") == term.formula.count("}")


@pytest.mark.parametrize(
    "term", [t for t in TERMS if t.code], ids=names(t for t in TERMS if t.code)
)
def test_names_in_code_exist(term):
    """What the glossary calls a name in code is one: renaming it there fails here."""
    engine = [p for p in (ROOT / "wc_core").rglob("*.py") if "glossary" not in p.parts]
    text = "\n".join(path.read_text() for path in engine)
    assert [name for name in term.code.split() if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize(
    "word",
    ["Block", "Codebook", "Entry", "Centroid", "Indices", "Index bits", "Inertia", "Distortion",
     "SQNR", "Bits per weight", "Compression ratio", "Utilization", "Perplexity", "Index entropy",
     "Agreement", "Sparsity", "Masked lane", "Micro-cluster", "Polish", "Recombination",
     "Residual codebook", "Scale", "Pruning", "Mask", "Positions", "Magnitude pruning",
     "Global pruning", "Block pruning", "N:M pruning", "Channel pruning", "Number type", "bfloat16",
     "Step", "Packed indices", "Entropy coding", "rANS", "Rate", "Lagrangian",
     "Entropy-constrained clustering", "Ternary weights", "Binary weights", "Container",
     "Size waterfall", "Palettization", "Plan", "Preset"],
)  # fmt: skip
def test_the_words_that_the_program_uses_are_there(word):
    """Whoever meets one of them on a page or in a report can look it up."""
    assert word in {term.name for term in TERMS}


@pytest.mark.parametrize("name", PRUNERS)
def test_every_way_to_prune_is_defined(name):
    """The form links to the glossary by the name under which a pruner is filed."""
    assert [term.name for term in TERMS if name in term.code.split()]


def test_numbers_in_texts_are_right():
    """The bits that positions cost at least, as the texts say them."""
    (positions,) = (t for t in TERMS if t.name == "Positions")
    at_90 = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))
    assert f"{at_90:.2f} at 90 %" in positions.text
    (regular,) = (t for t in TERMS if t.name == "N:M pruning")
    assert f"{math.log2(math.comb(4, 2)) / 4:.2f}" in regular.formula


def test_recombination_is_derived():
    """The article's formula, what its sum is, and what is left: the three lines of the proof."""
    (term,) = (t for t in TERMS if t.name == "Recombination")
    lines = [line.replace(" ", "") for line in term.formula.split(r"\\")]
    assert r"(C_j+C_i-W_j)" in lines[1]
    assert r"(2\,C_i-\barW_i)" in lines[2]
    assert r"W_i-C_i+\barW_i" in lines[3]
    assert "article's" in term.text
    assert "k-means" in term.text
    (residual,) = (t for t in TERMS if t.name == "Residual codebook")
    assert "field" in residual.text


def test_other_pages_refer_to_the_glossary():
    """ARCHITECTURE.md and CONTRIBUTING.md define no words: they say where words are defined."""
    for page in ("ARCHITECTURE.md", "CONTRIBUTING.md"):
        assert "wc_core/glossary" in (ROOT / page).read_text()
    defined = re.findall(r"^\| `?([a-z_ ,]+)`? \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M)
    assert {word.strip() for line in defined for word in line.split(",")}.isdisjoint(
        {term.name.lower() for term in TERMS}
    )
