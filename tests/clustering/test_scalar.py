"""Numbers on a line are cut where it costs least: against a plain dynamic programme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering import _line
from wc_core.clustering._line import Line
from wc_core.clustering._scalar import best_cuts, nearest_on_line
from wc_core.clustering.kmeans import KMeans


def plain_optimum(values, weights, k):
    """Return the least squared error of k runs, by trying every last run of every prefix."""
    order = np.argsort(values)
    x, w = values[order], weights[order]
    n = len(x)
    cost = np.full((n + 1, n + 1), np.inf)
    for i in range(n):
        for j in range(i + 1, n + 1):
            mean = np.average(x[i:j], weights=w[i:j])
            cost[i, j] = w[i:j] @ (x[i:j] - mean) ** 2
    best = cost[0]
    for _run in range(k - 1):
        best = np.min(best[:, None] + cost, axis=0)
    return best[n]


def heavy_tails(n, seed=0):
    return np.random.default_rng(seed).standard_t(4, n).astype(np.float32) * 0.02


numbers = st.one_of(st.integers(-9, 9).map(float), st.floats(-3, 3, width=16))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.integers(1, 5)), min_size=2, max_size=24),
    st.integers(1, 9),
)
def test_cuts_of_sorted_numbers_are_the_best_there_are(points, k):
    """Ties, weights and grids, for which no price gives the number of runs, among them."""
    values, weights = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    k = min(k, len(set(values)))
    line = Line.of(values, weights, k, exact=True)
    cuts = best_cuts(line, k)
    assert cuts.n_runs == k
    assert np.all(np.diff(cuts.bounds) > 0)
    assert cuts.cost == pytest.approx(plain_optimum(values, weights, k), abs=1e-9)


@pytest.mark.parametrize("k", range(1, 40))
def test_every_number_of_runs_of_an_even_grid_is_found(k):
    """All gaps alike: prices jump over most numbers of runs."""
    values = np.arange(40.0)
    cuts = best_cuts(Line.of(values, np.ones(40), k), k)
    assert cuts.cost == pytest.approx(plain_optimum(values, np.ones(40), k), abs=1e-9)


@pytest.mark.parametrize("k", [2, 16, 256])
def test_bins_cost_next_to_nothing(k):
    """Counted in bins, heavy tails are cut within a thousandth of the optimum."""
    values = heavy_tails(200_000)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(values))
    binned, exact = (Line.of(values, weights, k, exact=e) for e in (False, True))
    assert not binned.is_exact
    assert exact.is_exact
    ratio = best_cuts(binned, k).cost / best_cuts(exact, k).cost
    assert 1 - 1e-9 <= ratio <= 1.001


def test_bins_keep_all_weight_and_every_mean():
    """One run over everything has the weight, the mean and the error of all numbers."""
    values = np.concatenate([heavy_tails(100_000), [50.0, -70.0, 1e9]]).astype(np.float32)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(values))
    line = Line.of(values, weights, 4)
    ends = np.array([0, len(line)])
    exact = values.astype(np.float64)
    assert not line.is_exact
    assert line.weight[-1] - line.weight[0] == pytest.approx(weights.sum())
    assert line.means(ends)[0] == pytest.approx(np.average(exact, weights=weights))
    error = weights @ (exact - np.average(exact, weights=weights)) ** 2
    assert line.cost(ends) == pytest.approx(error)


@pytest.mark.parametrize("outliers", [[1e15], [-1e15], [-1e15, 3e14]])
def test_outliers_take_no_digits_from_the_others(outliers):
    """They get entries of their own, and the rest is clustered as it would be without them."""
    values = np.concatenate([heavy_tails(100_000), outliers]).astype(np.float32)[:, None]
    k = 8 + len(outliers)
    with_them = KMeans(k).fit(values).cluster_centers_[:, 0]
    near = with_them[np.abs(with_them) < 1e6]
    alone = KMeans(8).fit(values[: -len(outliers)]).cluster_centers_[:, 0]
    np.testing.assert_allclose(near, alone, atol=1e-4)


def test_too_many_far_numbers_are_sorted(monkeypatch):
    """Bins that cannot tell them apart would cost too much."""
    monkeypatch.setattr(_line, "MOST_FAR", 10)
    values = np.concatenate([heavy_tails(100_000), np.linspace(1e3, 1e4, 50)])
    assert Line.of(values, np.ones(len(values)), 8).is_exact


def test_equal_numbers_have_no_bins():
    """Half of them zero, as after pruning: the typical deviation is still that of the others."""
    values = np.concatenate([np.zeros(150_000), heavy_tails(50_000)])
    line = Line.of(values, np.ones(len(values)), 16)
    cuts = best_cuts(line, 16)
    assert np.isclose(line.means(cuts.bounds), 0, atol=1e-4).any()
    assert Line.of(np.zeros(100_000), np.ones(100_000), 1).is_exact


@given(st.lists(numbers, min_size=1, max_size=20), st.lists(numbers, min_size=1, max_size=40))
def test_the_nearest_entry_is_found_by_halving(centers, values):
    """As by comparing with all of them; ties go to the lower one."""
    line = np.unique(np.array(centers))
    x = np.array(values)
    gaps = np.abs(x[:, None] - line)
    np.testing.assert_array_equal(nearest_on_line(x, line), gaps.argmin(axis=1))


def test_exact_says_how_far_the_default_is_above_it():
    """A note with the optimality gap; the inertia is not above the default's."""
    values = heavy_tails(100_000)[:, None]
    exact, default = KMeans(32, exact=True).fit(values), KMeans(32).fit(values)
    assert exact.inertia_ <= default.inertia_ * (1 + 1e-9)
    assert "optimality gap" in exact.report_.notes[0]
    assert default.report_.notes == ()
    assert "would be the same" in KMeans(4, exact=True).fit(values[:500]).report_.notes[0]


def test_each_price_is_an_iteration():
    """With the entries that it pays for; the last one has as many as were asked for."""
    values = heavy_tails(5000)[:, None]
    told = [r.result for r in KMeans(12).fit_steps(values) if r.result is not None]
    for iteration in told:
        assert len(iteration.centers) == iteration.detail["n_found"]
        assert iteration.detail["price"] > 0
    assert len(told[-1].centers) == 12
