"""The toy sets."""

import numpy as np
import pytest

from wc_core.errors import UnknownNameError
from wc_core.toys import N_POINTS, TOYS, toy_points


@pytest.mark.parametrize("name", TOYS)
def test_a_set_holds_distinct_finite_points(name):
    """Every set has 300 different points of one or two numbers each."""
    points = toy_points(name)
    assert points.shape in {(N_POINTS, 1), (N_POINTS, 2)}
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == N_POINTS


@pytest.mark.parametrize("name", TOYS)
def test_a_seed_decides_the_points(name):
    """Same seed, same points; another seed, other points."""
    np.testing.assert_array_equal(toy_points(name), toy_points(name))
    assert (toy_points(name) != toy_points(name, seed=1)).any()


@pytest.mark.parametrize("name", TOYS)
def test_a_set_says_what_it_is(name):
    """A set has a name for people, and a sentence on what there is to find."""
    assert TOYS[name].title
    assert TOYS[name].about.endswith(".")


def test_an_unknown_set_is_refused():
    """A wrong name gives a sentence that offers a right one."""
    with pytest.raises(UnknownNameError, match="moons"):
        toy_points("moon")
