"""Registries keep names unique and help with slips."""

import pytest

from wc_core import UnknownNameError
from wc_core.registry import Registry


@pytest.fixture
def shapes():
    registry = Registry("shape")
    registry.register("square")("a square")
    registry.register("circle")("a circle")
    return registry


def test_what_is_filed_is_found_in_order_of_names(shapes):
    """A registry is iterated the same way whatever the order of imports."""
    assert list(shapes) == ["circle", "square"]
    assert shapes["square"] == "a square"
    assert len(shapes) == 2
    assert "circle" in shapes
    assert "line" not in shapes


def test_a_name_is_given_once(shapes):
    """Two parts under one name would be a riddle."""
    with pytest.raises(ValueError, match="shape 'circle' is already registered"):
        shapes.register("circle")("another")


@pytest.mark.parametrize(
    ("asked", "hint"), [("cirlce", "did you mean 'circle'"), ("xyz", "'circle' / 'square'")]
)
def test_unknown_names_are_answered_with_known_ones(shapes, asked, hint):
    """The closest, or all."""
    with pytest.raises(UnknownNameError, match=hint):
        shapes[asked]
