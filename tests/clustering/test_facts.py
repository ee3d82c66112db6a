"""What there is to say of an algorithm is read off its class, whole and without mistakes."""

import re

import pytest

from wc_core import UnknownNameError
from wc_core.clustering import CLUSTERERS, algorithm_facts, free_params
from wc_core.clustering._facts import _sources


@pytest.mark.parametrize("name", CLUSTERERS)
def test_every_parameter_is_listed_with_its_default(name):
    """The defaults are those of the class, and lie in the domains."""
    facts, estimator = algorithm_facts(name), CLUSTERERS[name]()
    assert [p.name for p in facts.parameters] == list(free_params(CLUSTERERS[name]))
    for parameter in facts.parameters:
        assert parameter.default == getattr(estimator, parameter.name)
        assert parameter.domain.allows(parameter.default)
        assert parameter.domain.label
        assert parameter.domain.help


@pytest.mark.parametrize("name", CLUSTERERS)
def test_every_source_is_whole(name):
    """An entry that is cut in two has no author at its start or no year at its end."""
    for source in algorithm_facts(name).sources:
        assert re.match(r"[A-Z]\.( [A-Z]\.)* [A-Z]\w+", source), source
        assert re.search(r"\b(19|20)\d\d\b", source), source
        assert source.endswith(".")


def test_sources_end_with_their_section():
    """What follows the references is none of them; lines of one entry are joined."""
    references = "A. One, 2001.\nB. Two, long\ntitle, 2002."
    doc = f"Do.\n\nReferences\n----------\n{references}\n\nExamples\n--------\n>>> 1"
    assert _sources(doc) == ("A. One, 2001.", "B. Two, long title, 2002.")
    assert _sources("Do.") == ()


def test_defaults_are_written_as_in_a_recipe():
    """JSON has true, not True; names need no quotes."""
    texts = {p.name: p.default_text for p in algorithm_facts("bayesian_gmm").parameters}
    assert texts["merge"] in {"true", "false"}
    assert texts["covariance"] == "diagonal"
    assert texts["max_iter"] == "100"


def test_an_unknown_name_is_refused():
    """With a hint, as everywhere."""
    with pytest.raises(UnknownNameError, match="kmeans"):
        algorithm_facts("kmean")
