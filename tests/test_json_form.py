"""The JSON form of configs is canonical, and what does not fit it is named."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import ConfigError
from wc_core.json_form import as_object, canonical_json, known_fields, parse_json


@dataclass
class Thing:
    depth: int = 1
    mode: str = "fast"


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_the_canonical_text_does_not_depend_on_the_order_of_keys(data):
    """Equal objects have equal texts, and the text says all."""
    turned = dict(reversed(data.items()))
    assert canonical_json(turned) == canonical_json(data)
    assert parse_json("thing", canonical_json(data)) == data


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000])
def test_what_is_no_json_is_named(text):
    """Whose it is stands in the sentence."""
    with pytest.raises(ConfigError, match="thing: this is not JSON"):
        parse_json("thing", text)


@pytest.mark.parametrize("value", [None, 3, "text", [1]])
def test_what_is_no_object_is_named(value):
    """With what was given instead."""
    with pytest.raises(ConfigError, match=r"thing must be a JSON object.*got"):
        as_object("thing", value)


def test_unknown_keys_stand_beside_the_known_ones():
    """A slip of the pen is easy to mend; a good object is copied."""
    good = {"depth": 3}
    assert known_fields("thing", good, Thing) == good
    assert known_fields("thing", good, Thing) is not good
    with pytest.raises(ConfigError, match="thing: unknown keys dept; known are depth, mode"):
        known_fields("thing", {"dept": 3}, Thing)
