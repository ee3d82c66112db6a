"""The hunt for a price: few trials, on the right side, and an end."""

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering import PriceHunt, price_at
from wc_core.clustering._price import MOST_TRIALS
from wc_core.clustering._tariff import error_at


def hunted(measure, target, *, price=1.0, slope=-0.5, from_below=True, tol=1e-3):
    hunt = PriceHunt(price, slope, tol, from_below)
    while not hunt.is_over:
        hunt.tell(measure(hunt.price) - target)
    return hunt


@settings(max_examples=200, deadline=None)
@given(
    slope=st.floats(0.2, 1.5),
    bend=st.floats(0, 0.004),
    target=st.floats(1, 8),
    from_below=st.booleans(),
)
def test_a_smooth_measure_is_met_in_few_trials(slope, bend, target, from_below):
    """Whatever the slope really is, and if it changes on the way."""

    def bits(price):
        x = log2(price) + 10
        return 6 - slope * x - bend * x * abs(x)

    hunt = hunted(bits, target, from_below=from_below)
    assert hunt.is_met
    assert abs(bits(hunt.best_price) - target) <= 1e-3
    assert hunt.n_trials <= 14


@given(st.integers(1, 9), st.booleans())
def test_where_the_measure_jumps_the_allowed_side_is_taken(target, from_below):
    """Of whole numbers the nearest that is allowed."""
    hunt = hunted(lambda p: round(5 - 0.5 * log2(p)), target + 0.5, from_below=from_below)
    assert hunt.is_met
    assert round(5 - 0.5 * log2(hunt.best_price)) == (target if from_below else target + 1)


@pytest.mark.parametrize("value", [0.5, 7.0])
def test_what_never_changes_ends_the_hunt(value):
    """Out of reach, or met at once without coming closer."""
    hunt = hunted(lambda price: value, 3.0)
    assert hunt.n_trials <= MOST_TRIALS
    assert hunt.is_met == (value <= 3)


@given(st.floats(1e-30, 1e30), st.integers(1, 16))
def test_price_and_error_undo_each_other(error, n_lanes):
    """One tells the other."""
    assert error_at(price_at(error, n_lanes), n_lanes) == pytest.approx(error)


def test_the_price_is_the_slope_of_error_over_bits():
    """The derivative of 2^(-2 b / d)."""
    bits = np.array([3.0, 3.001])
    errors = 2.0 ** (-2 * bits / 4)
    assert price_at(errors[0], 4) == pytest.approx((errors[0] - errors[1]) / 0.001, rel=1e-3)
