"""Domains say what is possible, and what was given instead."""

from types import SimpleNamespace

import numpy as np
import pytest

from wc_core import ConfigError
from wc_core.params import Choice, Flag, FloatRange, IntRange, check_mapping, check_params

SPACE = {
    "depth": IntRange(1, 8),
    "rate": FloatRange(0.0, 0.5),
    "mode": Choice(("fast", "exact")),
    "loud": Flag(),
}
GOOD = {"depth": 8, "rate": 0, "mode": "fast", "loud": False}


def test_values_on_the_edge_are_inside():
    """Both ends belong to a range; whole numbers are numbers; numpy's numbers count."""
    check_mapping("thing", GOOD, SPACE)
    check_mapping("thing", {"depth": np.int64(1), "rate": np.float32(0.5)}, SPACE)


@pytest.mark.parametrize(
    ("name", "value", "possible"),
    [
        ("depth", 0, "a whole number from 1 to 8"),
        ("depth", 2.0, "a whole number from 1 to 8"),
        ("depth", True, "a whole number from 1 to 8"),
        ("rate", 0.6, r"a number from 0\.0 to 0\.5"),
        ("rate", float("nan"), "a number"),
        ("rate", "0.1", "a number"),
        ("mode", "slow", "one of 'fast', 'exact'"),
        ("loud", 1, "true or false"),
    ],
)
def test_what_lies_outside_is_named_with_what_is_possible(name, value, possible):
    """Owner, parameter, domain and value stand in the sentence."""
    for check in (
        lambda: check_mapping("thing", {name: value}, SPACE),
        lambda: check_params(SimpleNamespace(param_space=SPACE, **{**GOOD, name: value})),
    ):
        with pytest.raises(ConfigError, match=f"{name} must be {possible}.*got") as refused:
            check()
        assert repr(value) in str(refused.value)


def test_unknown_names_are_listed_beside_the_known_ones():
    """A slip of the pen is easy to mend."""
    with pytest.raises(ConfigError, match="thing has no parameter dept; it has depth, loud, mode"):
        check_mapping("thing", {"dept": 3}, SPACE)
    with pytest.raises(ConfigError, match="it has none"):
        check_mapping("thing", {"dept": 3}, {})
