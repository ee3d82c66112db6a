"""Numbers on a line are cut where it costs least: against a plain dynamic programme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering import _line, _scalar
from wc_core.clustering._line import FEW, Bins, Line, Lines
from wc_core.clustering._line_labels import labels_on_line, nearest_on_line
from wc_core.clustering._line_loops import cheapest_cuts, count_cells, tell_cells, walk_back
from wc_core.clustering._room import peak_of
from wc_core.clustering._scalar import best_cuts
from wc_core.clustering.kmeans import KMeans
from wc_core.threads import limit_threads


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
    line = Line.of_sorted(values, weights)
    cuts = best_cuts(line, k)
    assert cuts.n_runs == k
    assert np.all(np.diff(cuts.bounds) > 0)
    assert cuts.cost == pytest.approx(plain_optimum(values, weights, k), abs=1e-9)


@pytest.mark.parametrize("k", range(1, 40))
def test_every_number_of_runs_of_an_even_grid_is_found(k):
    """All gaps alike: prices jump over most numbers of runs."""
    values = np.arange(40.0)
    cuts = best_cuts(Line.of_sorted(values, None), k)
    assert cuts.cost == pytest.approx(plain_optimum(values, np.ones(40), k), abs=1e-9)


@pytest.mark.parametrize("k", [2, 16, 256])
def test_bins_cost_next_to_nothing(k):
    """Counted in bins, heavy tails are cut within a thousandth of the optimum."""
    values = heavy_tails(200_000)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(values))
    binned, exact = Lines(values, weights).binned(k), Line.of_sorted(values, weights)
    assert not binned.is_exact
    assert exact.is_exact
    ratio = best_cuts(binned, k).cost / best_cuts(exact, k).cost
    assert 1 - 1e-9 <= ratio <= 1.001


def test_bins_keep_all_weight_and_every_mean():
    """One run over everything has the weight, the mean and the error of all numbers."""
    values = np.concatenate([heavy_tails(100_000), [50.0, -70.0, 1e9]]).astype(np.float32)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(values))
    line = Lines(values, weights).binned(4)
    ends = np.array([0, len(line)])
    exact = values.astype(np.float64)
    assert not line.is_exact
    assert line.weights(ends)[0] == pytest.approx(weights.sum())
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
    np.testing.assert_allclose(near, alone, atol=3e-4)  # bins lie elsewhere


def test_too_many_far_numbers_are_sorted(monkeypatch):
    """Bins that cannot tell them apart would cost too much."""
    monkeypatch.setattr(_line, "MOST_FAR", 10)
    values = np.concatenate([heavy_tails(100_000), np.linspace(1e3, 1e4, 50)])
    assert Lines(values).binned(8) is None
    assert len(KMeans(8).fit(values[:, None]).cluster_centers_) == 8


def test_equal_numbers_have_no_bins():
    """Half of them zero, as after pruning: the typical deviation is still that of the others."""
    values = np.concatenate([np.zeros(150_000), heavy_tails(50_000)])
    line = Lines(values).binned(16)
    cuts = best_cuts(line, 16)
    assert np.isclose(line.means(cuts.bounds), 0, atol=1e-4).any()
    assert Lines(np.zeros(100_000)).binned(1) is None


@given(st.lists(numbers, min_size=1, max_size=20), st.lists(numbers, min_size=1, max_size=40))
def test_the_nearest_entry_is_found(centers, values):
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


def inertia_of(values, centers, weights=None):
    """Return the squared error with every number at its nearest entry."""
    x, line = values.astype(np.float64), centers.ravel().astype(np.float64)
    errors = np.square(x.ravel() - line[np.searchsorted((line[1:] + line[:-1]) / 2, x.ravel())])
    return errors.sum() if weights is None else weights @ errors


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.integers(1, 5)), min_size=1, max_size=20),
    st.floats(0.01, 9),
)
def test_the_cheapest_cuts_are_those_of_a_plain_programme(points, price):
    """Squared error plus the price of each run: as by trying all starts of the last run."""
    values, weights = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    line = Line.of_sorted(values, weights)
    least = [0.0]
    for end in range(1, len(line) + 1):
        runs = (least[s] + line.cost(np.array([s, end])) for s in range(end))
        least.append(min(runs) + price)
    came_from = np.empty(len(line) + 1, np.int32)
    bounds = walk_back(came_from, cheapest_cuts(line.sums, price, came_from))
    assert line.cost(bounds) + price * (len(bounds) - 1) == pytest.approx(least[-1], abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cells_keep_the_order_of_numbers(dtype):
    """Rounding never puts the larger of two numbers into a lower cell; the farthest has one too."""
    rng = np.random.default_rng(0)
    x = np.sort(np.concatenate([rng.standard_t(1, 50_000), [-1e37, 0.0, 1e37]])).astype(dtype)
    cells = np.empty(len(x), np.uint16)
    tell_cells(x, dtype(0.01), dtype(1.7), dtype(2048), cells)
    assert (np.diff(cells.astype(int)) >= 0).all()
    assert cells.min() == 0
    assert cells.max() == 4095
    t = (x.astype(float) - 0.01) * 1.7
    plain = 2048 + 2048 * t / (1 + np.abs(t))
    assert np.abs(plain - cells - 0.5).max() < 0.51 if dtype == np.float64 else 0.6


@pytest.mark.parametrize("weighted", [False, True])
def test_bins_hold_what_lies_in_them(weighted):
    """Sums by cell as numpy adds them up; numbers in the border are listed instead."""
    x = heavy_tails(10_000)
    w = np.random.default_rng(0).uniform(0.5, 2, len(x)) if weighted else None
    kind = np.float32
    sums, far = np.zeros((256, 3)), np.empty(50, np.intp)
    n_far = count_cells(x, w, kind(0.001), kind(30), kind(128), 40, sums, far)
    cells = np.empty(len(x), np.uint16)
    tell_cells(x, kind(0.001), kind(30), kind(128), cells)
    inside = (cells >= 40) & (cells < 216)
    outside = np.flatnonzero(~inside)
    assert n_far == len(outside)
    np.testing.assert_array_equal(far[: min(n_far, 50)], outside[:50])
    count, gap = np.ones(len(x)) if w is None else w, x.astype(float) - float(kind(0.001))
    for column, terms in enumerate([count, count * gap, count * gap**2]):
        plain = np.bincount(cells[inside], terms[inside], 256)
        np.testing.assert_allclose(sums[:, column], plain, atol=1e-12)


def test_half_as_many_bins_are_those_counted_at_once():
    """What a sweep merges is what a fit would have counted."""
    values = heavy_tails(100_000)
    merged, counted = (Bins.of(values, None, n) for n in (8192, 4096))
    np.testing.assert_array_equal(merged.halved().inside[:, 0], counted.inside[:, 0])
    np.testing.assert_allclose(merged.halved().inside, counted.inside, atol=1e-12)


def test_bins_that_would_cost_much_are_not_used(monkeypatch):
    """Two tight heaps far apart fill few bins: a thousandth of the error inside is too much."""
    rng = np.random.default_rng(0)
    heaps = np.where(rng.random(100_000) < 0.5, -1, 1) + 5e-3 * rng.normal(size=100_000)
    values = heaps.astype(np.float32)[:, None]
    fit, exact = KMeans(8).fit(values), KMeans(8, exact=True).fit(values)
    np.testing.assert_array_equal(fit.cluster_centers_, exact.cluster_centers_)
    assert "would be the same" in exact.report_.notes[0]
    monkeypatch.setattr(_scalar, "MOST_INSIDE", 1.0)
    assert KMeans(8).fit(values).inertia_ > 1.001 * exact.inertia_


@pytest.mark.parametrize("k", [1, 2, 3, 16, 300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_those_of_comparing_with_all_entries(k, dtype):
    """However entries lie: evenly, in heaps, one far out. The error is that of the labels."""
    rng = np.random.default_rng(k)
    values = rng.standard_t(2, 5000).astype(dtype)
    weights = rng.uniform(0, 2, 5000)
    for centers in (rng.normal(size=k), rng.normal(size=k) ** 9, np.r_[1e9, rng.normal(size=k)]):
        line = np.unique(centers.astype(dtype))
        labels, error = labels_on_line(values, weights, line)
        gaps = np.abs(values.astype(float)[:, None] - line.astype(float))
        np.testing.assert_array_equal(labels, gaps.argmin(axis=1))
        assert labels.dtype == np.min_scalar_type(len(line) - 1)
        assert error == pytest.approx(weights @ gaps.min(axis=1) ** 2)
        np.testing.assert_array_equal(nearest_on_line(values, line), labels)


@pytest.mark.parametrize("k", [4, 64])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_number_of_threads_changes_no_bit(k, weighted):
    """Pieces are cut by the number of weights, and added up in their order."""
    values = heavy_tails(1_000_000)[:, None]
    weights = np.random.default_rng(0).uniform(0.5, 2, len(values)) if weighted else None
    fits = []
    for n in (1, 2, 4):
        with limit_threads(n):
            fits.append(KMeans(k).fit(values, sample_weight=weights))
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.cluster_centers_, fits[0].cluster_centers_)
        np.testing.assert_array_equal(fit.indices_, fits[0].indices_)
        assert fit.inertia_ == fits[0].inertia_


@pytest.mark.parametrize("n", [1000, FEW + 1])
@pytest.mark.parametrize("exact", [False, True])
def test_equal_weights_are_as_good_as_none(n, exact):
    """Entries are the same bit for bit; the inertia counts what each weighs."""
    values = heavy_tails(n)[:, None]
    plain, weighted = (
        KMeans(8, exact=exact).fit(values, sample_weight=w) for w in (None, np.full(n, 0.3))
    )
    np.testing.assert_array_equal(plain.cluster_centers_, weighted.cluster_centers_)
    assert weighted.inertia_ == pytest.approx(0.3 * plain.inertia_)


@pytest.mark.parametrize("n", [1000, FEW + 1])
def test_masked_and_idle_numbers_are_as_good_as_absent(n):
    """Entries and inertia are those of the others; they get an entry all the same."""
    values = heavy_tails(n)
    keep = np.random.default_rng(0).random(n) < 0.8
    masked, weights = np.where(keep, values, np.nan), np.where(keep, 1.0, 0.0)
    alone = KMeans(8).fit(values[keep][:, None])
    for fit in (KMeans(8).fit(masked[:, None]), KMeans(8).fit(values[:, None], None, weights)):
        np.testing.assert_array_equal(fit.cluster_centers_, alone.cluster_centers_)
        np.testing.assert_array_equal(fit.indices_[keep], alone.indices_)
        assert fit.inertia_ == pytest.approx(alone.inertia_)
    nothing = KMeans(3).fit(np.full((9, 1), np.nan, np.float32))
    np.testing.assert_array_equal(nothing.cluster_centers_, [[0]])
    assert nothing.inertia_ == 0


@pytest.mark.parametrize("k", [4, 64])
def test_the_inertia_is_that_of_the_labels(k):
    """Not that of the cuts, which go around bins."""
    values = heavy_tails(200_000)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(values))
    fit = KMeans(k).fit(values[:, None], sample_weight=weights)
    assert fit.inertia_ == pytest.approx(
        inertia_of(values, fit.cluster_centers_, weights), rel=1e-9
    )
    assert fit.indices_.dtype == np.uint8
    assert fit.labels_.dtype == np.int32


@given(st.lists(st.one_of(numbers, st.just(np.nan)), min_size=1, max_size=20))
def test_the_peak_is_read_from_bits(values):
    """As numpy finds it; NaN is told and does not count."""
    for dtype in (np.float32, np.float64):
        X = np.array(values, dtype=dtype)
        peak, has_nan = peak_of(X)
        assert has_nan == np.isnan(X).any()
        assert peak == np.abs(X[~np.isnan(X)]).max(initial=0)
