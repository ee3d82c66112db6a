"""Many codebooks from one preparation, and many problems in one call: as each would be alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering import CLUSTERERS, ScalarSweep, grouped_kmeans
from wc_core.errors import ConfigError
from wc_core.threads import limit_threads

KMEANS = CLUSTERERS["kmeans"]


def heavy_tails(*shape, seed=0):
    return (0.02 * np.random.default_rng(seed).standard_t(4, shape)).astype(np.float32)


def error(values, centers):
    """Return the squared error with every number at its nearest entry."""
    line = centers.astype(np.float64)
    return np.square(values - line[np.searchsorted((line[1:] + line[:-1]) / 2, values)]).sum()


@pytest.mark.parametrize("k", [2, 16, 100, 256, 400])
def test_a_sweep_is_within_a_thousandth_of_the_optimum(k):
    """Whatever was asked for before."""
    values = heavy_tails(200_000)
    sweep = ScalarSweep(values)
    fits = [sweep.fit(n) for n in (k, 8, k)]
    exact = KMEANS(n_clusters=k, exact=True).fit(values[:, None])
    for fit in fits[::2]:
        assert fit.inertia <= 1.001 * exact.inertia_
        assert fit.inertia == pytest.approx(error(values, fit.centers), rel=1e-3)
        assert not fit.is_exact
    assert len(sweep.fit(k).centers) == k


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40), st.integers(1, 9))
def test_few_numbers_are_swept_exactly(values, k):
    """As the estimator clusters them, with as many numbers at each entry as have its index."""
    x = np.array(values, dtype=np.float32)
    sweep = ScalarSweep(x)
    fit, alone = sweep.fit(k), KMEANS(n_clusters=k).fit(x[:, None])
    np.testing.assert_array_equal(fit.centers, alone.cluster_centers_[:, 0])
    assert fit.inertia == pytest.approx(alone.inertia_, abs=1e-5)
    assert fit.is_exact
    indices = sweep.indices(fit)
    assert indices.dtype == np.uint8
    np.testing.assert_array_equal(indices, alone.indices_)
    assert fit.counts.sum() == len(x)


def test_weights_and_masks_count_in_a_sweep():
    """As in the estimator; counts are numbers, not weights."""
    x = heavy_tails(3000)
    x[::7] = np.nan
    weights = np.random.default_rng(1).uniform(0, 2, len(x))
    sweep = ScalarSweep(x, weights)
    fit = sweep.fit(12)
    alone = KMEANS(n_clusters=12).fit(x[:, None], sample_weight=weights)
    np.testing.assert_array_equal(fit.centers, alone.cluster_centers_[:, 0])
    np.testing.assert_array_equal(sweep.indices(fit), alone.indices_)
    np.testing.assert_array_equal(fit.counts, np.bincount(alone.indices_, minlength=12))
    doubled = ScalarSweep(x[:100], np.full(100, 2.0)).fit(3)
    assert doubled.inertia == pytest.approx(2 * ScalarSweep(x[:100]).fit(3).inertia)


@pytest.mark.parametrize(
    ("values", "weights"),
    [([], None), ([1.0, np.inf], None), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, -1.0])],
)
def test_what_cannot_be_swept_is_refused(values, weights):
    """In a sentence, not in a traceback from within."""
    with pytest.raises(ConfigError):
        ScalarSweep(np.array(values), weights)


def test_no_number_of_clusters_is_refused():
    """With the possible ones."""
    with pytest.raises(ConfigError, match="n_clusters must be a whole number from 1"):
        ScalarSweep(np.arange(9.0)).fit(0)


@pytest.mark.parametrize("k", [2, 16, 300])
@pytest.mark.parametrize("weighted", [False, True])
def test_groups_are_clustered_as_each_would_be_alone(k, weighted):
    """Entries, indices and inertia; some with masked and idle numbers, one with few distinct."""
    x = heavy_tails(40, 700)
    x[3, ::5] = np.nan
    x[4] = np.round(x[4] * 50) / 50
    x[5] = np.nan
    weights = np.random.default_rng(0).uniform(0.5, 2, x.shape) if weighted else None
    if weighted:
        weights[6, ::3] = 0
    fit = grouped_kmeans(x, k, weights)
    for row in range(len(x)):
        alone = KMEANS(n_clusters=k).fit(
            x[row][:, None], sample_weight=None if weights is None else weights[row]
        )
        n = len(alone.cluster_centers_)
        np.testing.assert_allclose(fit.centers[row, :n], alone.cluster_centers_[:, 0], rtol=1e-6)
        assert (fit.centers[row, n:] == fit.centers[row, n - 1]).all()
        np.testing.assert_array_equal(fit.indices[row], alone.indices_)
        assert fit.inertia[row] == pytest.approx(alone.inertia_, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(-4, 4), min_size=6, max_size=6), min_size=1, max_size=4),
    st.integers(1, 7),
)
def test_groups_of_few_numbers_cost_what_each_costs_alone(rows, k):
    """Grids among them, for which no price gives the number of runs."""
    x = np.array(rows, dtype=np.float32)
    fit = grouped_kmeans(x, k)
    for row in range(len(x)):
        alone = KMEANS(n_clusters=k).fit(x[row][:, None])
        assert fit.inertia[row] == pytest.approx(alone.inertia_, abs=1e-5)


def test_a_long_row_is_the_plain_problem():
    """One group or none: the same bits."""
    x = heavy_tails(100_000)
    fit, alone = grouped_kmeans(x[None], 16), KMEANS(n_clusters=16).fit(x[:, None])
    np.testing.assert_array_equal(fit.centers[0], alone.cluster_centers_[:, 0])
    np.testing.assert_array_equal(fit.indices[0], alone.indices_)
    assert fit.inertia[0] == alone.inertia_


def test_the_number_of_threads_changes_no_bit_of_groups():
    """Rows are dealt out by their size."""
    x = heavy_tails(300, 500)
    fits = []
    for n in (1, 2, 4):
        with limit_threads(n):
            fits.append(grouped_kmeans(x, 16))
    for fit in fits[1:]:
        for one, other in zip(fit, fits[0], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("values", "weights"), [(np.ones(9), None), (np.ones((2, 3)), np.ones(2)), ([[np.inf]], None)]
)
def test_groups_that_are_none_are_refused(values, weights):
    """In a sentence, not in a traceback from within."""
    with pytest.raises(ConfigError):
        grouped_kmeans(values, 2, weights)
