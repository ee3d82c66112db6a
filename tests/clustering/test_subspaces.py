"""k-means in subspaces: how the budget of entries is shared, and that nobody leaves a subspace."""

from collections.abc import Generator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._subspaces import shared_budget, subspace_budget, subspace_steps

COSTS = st.lists(
    st.tuples(st.floats(0, 1e6, allow_subnormal=False), st.integers(1, 50)), min_size=1, max_size=12
)


def result_of(steps: Generator):
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@settings(max_examples=200, deadline=None)
@given(COSTS, st.integers(1, 300))
def test_a_budget_is_used_up(costs_and_most, extra):
    """Every subspace gets one entry, none more than it can use, and together all there are."""
    costs, most = (np.array(column) for column in zip(*costs_and_most, strict=True))
    n_entries = len(costs) + extra - 1
    given_out = shared_budget(costs.astype(float), most, n_entries)
    assert given_out.min() >= 1
    assert (given_out <= most).all()
    assert given_out.sum() == min(n_entries, most.sum())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.01, 1e3), min_size=2, max_size=8), st.integers(0, 100))
def test_the_dearest_gets_the_next_entry(costs, extra):
    """No entry would be worth more elsewhere than where it is (d'Hondt)."""
    cost = np.array(costs)
    given_out = shared_budget(cost, np.full(len(cost), 10**6), len(cost) + extra)
    next_worth, last_worth = cost / given_out, cost / np.maximum(given_out - 1, 1)
    movable = given_out > 1
    if movable.any():
        assert last_worth[movable].min() >= next_worth.max() * (1 - 1e-12)


def test_more_entries_never_take_one_away():
    """Budgets grow one entry at a time."""
    costs, most = np.array([5.0, 1.0, 3.0]), np.array([30, 30, 30])
    budgets = [shared_budget(costs, most, n) for n in range(3, 40)]
    assert (np.diff(budgets, axis=0) >= 0).all()


def layer(n=400, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) * np.where(np.arange(n) % 4 == 0, 5, 1)[:, None]
    return MaskedBlocks.whole(X, rng.uniform(0.5, 2, n)), np.arange(n) % 4


def test_entries_go_where_the_error_is():
    """A subspace five times as wide gets most of them."""
    points, subspace = layer()
    budget = subspace_budget(points, points.values, subspace, 20)
    assert budget.sum() == 20
    assert budget[0] > 10


def test_a_subspace_gets_no_more_entries_than_it_has_points():
    """However large its error."""
    values = np.array([[0.0], [100.0], [1.0], [2.0], [3.0], [4.0]])
    subspace = np.array([0, 0, 1, 1, 1, 1])
    points = MaskedBlocks.whole(values, np.ones(6))
    np.testing.assert_array_equal(subspace_budget(points, values, subspace, 5), [2, 3])


@pytest.mark.parametrize("goes_on", [False, True])
def test_labels_stay_inside_their_subspace(goes_on):
    """They are numbered through: each subspace has a range of its own, as long as its budget."""
    points, subspace = layer()
    budget = np.array([5, 3, 1, 4])
    draw = np.random.RandomState(0)
    labels = result_of(subspace_steps(points, subspace, budget, None, draw))
    if goes_on:
        labels = result_of(subspace_steps(points, subspace, budget, labels, draw))
    starts = np.r_[0, np.cumsum(budget)]
    assert len(np.unique(labels)) == 13
    for number in range(4):
        inside = labels[subspace == number]
        assert starts[number] <= inside.min()
        assert inside.max() < starts[number + 1]


def test_going_on_from_a_solution_keeps_it():
    """Once k-means has settled, the labels of the round before come out again."""
    points, subspace = layer(100)
    budget = np.array([3, 2, 2, 2])
    draw = np.random.RandomState(0)
    labels = result_of(subspace_steps(points, subspace, budget, None, draw))
    for _round in range(5):
        before = labels
        labels = result_of(subspace_steps(points, subspace, budget, before, draw))
    np.testing.assert_array_equal(labels, before)
