"""What is special about our k-means: the optimum on a line, and how it starts on blocks."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans as SklearnKMeans

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._lloyd import lloyd_steps
from wc_core.clustering.kmeans import KMeans


def best_inertia(values, weights, k):
    """Try every partition of the sorted values into k runs."""
    order = np.argsort(values)
    x, w = values[order], weights[order]
    best = np.inf
    for cuts in combinations(range(1, len(x)), k - 1):
        total = 0.0
        for run in np.split(np.arange(len(x)), cuts):
            if w[run].sum() > 0:
                total += w[run] @ (x[run] - np.average(x[run], weights=w[run])) ** 2
        best = min(best, total)
    return best


numbers = st.integers(-40, 40).map(lambda i: i / 4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.integers(1, 5)), min_size=2, max_size=9),
    st.integers(1, 4),
)
def test_few_numbers_are_clustered_optimally(points, k):
    """Against every partition there is, with weights and ties."""
    values, weights = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    k = min(k, len(set(values)))
    kmeans = KMeans(k).fit(values[:, None], sample_weight=weights)
    assert kmeans.inertia_ == pytest.approx(best_inertia(values, weights, k), abs=1e-9)


@pytest.mark.parametrize("k", [4, 16, 64, 256])
def test_many_numbers_are_clustered_better_than_by_restarts(k):
    """Never worse than scikit-learn's k-means on weights with heavy tails."""
    rng = np.random.default_rng(k)
    values = rng.standard_t(4, size=(20_000, 1)) * 0.02
    ours = KMeans(k).fit(values).inertia_
    theirs = SklearnKMeans(k, n_init=1, random_state=0).fit(values).inertia_
    assert ours <= theirs * 1.0001


@pytest.mark.parametrize("k", [300, 1000, 4999])
def test_very_many_entries_fill_up(k):
    """Every entry is in use."""
    values = np.random.default_rng(0).normal(size=(5000, 1))
    kmeans = KMeans(k).fit(values)
    assert len(np.unique(kmeans.labels_)) == len(kmeans.cluster_centers_) == k


def test_blocks_are_clustered_about_as_well_as_scikit_learn_does():
    """Within two per cent of a full run from k-means++."""
    blocks = np.random.default_rng(0).normal(size=(5000, 4)).astype(np.float32)
    ours = KMeans(64, random_state=0).fit(blocks).inertia_
    theirs = SklearnKMeans(64, n_init=1, random_state=0).fit(blocks).inertia_
    assert ours <= theirs * 1.02


def test_no_entry_stays_empty():
    """Two far groups and many clusters: entries without blocks move where they help."""
    rng = np.random.default_rng(0)
    blocks = np.vstack([rng.normal(size=(200, 2)), 1e3 + rng.normal(size=(200, 2))])
    kmeans = KMeans(50, random_state=0).fit(blocks)
    assert len(np.unique(kmeans.labels_)) == 50


def test_an_empty_entry_moves_to_the_worst_served_block():
    """Worst is weight times squared error; the record says which entry moved."""
    X = np.array([[0.0, 0], [1, 0], [0, 3], [2, 2]])
    blocks = MaskedBlocks.whole(X, np.array([1.0, 1, 1, 4]))
    start = np.array([[0.0, 0], [1000, 1000]])
    steps = lloyd_steps(blocks, start, 1, 0.0)
    first, moved = next(steps).result, next(steps).result
    np.testing.assert_array_equal(first.centers, start)
    np.testing.assert_array_equal(moved.labels, 0)
    np.testing.assert_array_equal(moved.detail["reseeded"], [1])
    np.testing.assert_array_equal(moved.centers[1], [2, 2])
    np.testing.assert_allclose(moved.centers[0], np.average(X, axis=0, weights=[1, 1, 1, 4]))
    assert "1 entry without blocks" in moved.note


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_an_offset_does_not_cost_precision(offset):
    """Numbers far from zero are told apart as well as those around it."""
    values = np.array([0.0, 0.001, 1.0, 1.001])[:, None] + offset
    assert KMeans(2).fit(values).labels_.tolist() == [0, 0, 1, 1]


def test_all_lanes_masked_in_one_column_is_survived():
    """A matrix narrower than its block has a lane that nobody observed."""
    blocks = np.column_stack([np.random.default_rng(0).normal(size=50), np.full(50, np.nan)])
    kmeans = KMeans(4, random_state=0).fit(blocks)
    assert np.isfinite(kmeans.cluster_centers_).all()
    assert np.isfinite(kmeans.inertia_)
