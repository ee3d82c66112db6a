"""What all clusterers share: filled masks, micro-clusters, labels turned into entries, polish."""

from collections.abc import Generator
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering._blocks import MaskedBlocks, distinct_rows, few_distinct
from wc_core.clustering._estimator import MAX_POINTS, N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._seeding import gather_steps, seed_steps
from wc_core.errors import ConfigError
from wc_core.params import Choice
from wc_core.progress import Progress


class HalfLine(BlockClusterer):
    """Cuts at zero of the first lane, and calls what lies far out noise: as simple as can be."""

    param_space: ClassVar = {
        "n_clusters": N_CLUSTERS,
        "noise": Choice(("nearest", "exact")),
        "max_points": MAX_POINTS,
        "polish": POLISH,
    }
    title = "half line"
    about = "Cuts at zero."
    formula = "x < 0"

    def __init__(
        self, n_clusters=2, *, noise="nearest", max_points=2000, polish=0, random_state=None
    ):
        self.n_clusters = n_clusters
        self.noise = noise
        self.max_points = max_points
        self.polish = polish
        self.random_state = random_state

    def _iterate(self, blocks, n_clusters, random_state) -> Generator[Progress, None, Outcome]:
        first = blocks.values[:, 0]
        labels = np.where(np.abs(first) > 50, -1, np.where(first < 0, 7, 3))
        yield Progress(1, 1, "", Iteration(1, blocks.values, blocks.weights, labels))
        return Outcome(labels=labels, keeps_noise=self.noise == "exact", notes=("cut",))


def steps_of(generator):
    """Run a generator to its end and return what it returns."""
    try:
        while True:
            next(generator)
    except StopIteration as end:
        return end.value


@pytest.fixture
def X():  # noqa: N802  (scikit-learn's name)
    return np.random.default_rng(0).normal(size=(300, 3))


rows = st.lists(
    st.tuples(st.integers(-2, 2), st.integers(-1, 1)).map(lambda row: [row[0] / 2, row[1] / 4]),
    min_size=1,
    max_size=30,
)


@settings(max_examples=80, deadline=None)
@given(rows)
def test_equal_rows_are_one_kind(values):
    """As numpy counts them, in the order of their first row; zero has no sign."""
    table = np.array(values, dtype=np.float32)
    table[::3] *= np.float32(-1) * (table[::3] != 0) + np.float32(table[::3] == 0)
    first, kind = distinct_rows(table)
    np.testing.assert_array_equal(table[first][kind], table)
    assert len(first) == len(np.unique(table, axis=0))
    assert list(first) == sorted(first)
    few = few_distinct(table, len(first))
    np.testing.assert_array_equal(few, np.unique(table, axis=0))
    assert len(first) == 1 or few_distinct(table, len(first) - 1) is None


def test_a_zero_is_equal_to_a_negative_zero():
    """Pruned weights are often -0.0."""
    first, _kind = distinct_rows(np.array([[0.0, 1.0], [-0.0, 1.0]]))
    assert list(first) == [0]


def test_masked_lanes_are_filled_from_the_most_alike_block():
    """What can be seen decides; without any whole block, the lane's mean does."""
    nan = np.nan
    X = np.array([[0.0, 1.0], [9.0, 5.0], [8.0, nan], [nan, 1.2]])
    filled = MaskedBlocks.from_nan(X, np.ones(4)).filled()
    np.testing.assert_allclose(filled, [[0, 1], [9, 5], [8, 5], [0, 1.2]])
    alone = MaskedBlocks.from_nan(np.array([[1.0, nan], [3.0, nan]]), np.ones(2)).filled()
    np.testing.assert_allclose(alone, [[1, 0], [3, 0]])


def test_gathering_keeps_all_weight_and_the_means():
    """Micro-clusters weigh what their blocks weigh, and lie at their means."""
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(900, 2)), rng.uniform(0.5, 2, 900)
    blocks = MaskedBlocks.whole(X, weights)
    points, owner = steps_of(gather_steps(blocks, 40, np.random.RandomState(0)))
    assert len(points) <= 40
    for point in range(len(points)):
        members = owner == point
        assert points.weights[point] == pytest.approx(weights[members].sum())
        mean = np.average(X[members], axis=0, weights=weights[members])
        np.testing.assert_allclose(points.values[point], mean)


def test_gathering_piece_by_piece_does_not_show(monkeypatch):
    """Blocks go to their micro-clusters a piece at a time, with a record after each."""
    X = np.random.default_rng(0).normal(size=(900, 2))

    def gathered():
        steps = gather_steps(MaskedBlocks.whole(X, np.ones(900)), 40, np.random.RandomState(0))
        n_records = 0
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return n_records, *end.value
            n_records += 1

    few, points, owner = gathered()
    monkeypatch.setattr("wc_core.clustering._seeding.DISTANCES_PER_RECORD", 40 * 7)
    many, again, same = gathered()
    assert many > few + 100
    np.testing.assert_array_equal(points.values, again.values)
    np.testing.assert_array_equal(owner, same)


def test_few_blocks_are_only_merged_where_they_are_equal():
    """With room for all, every distinct block is a point of its own, in the order of blocks."""
    X = np.array([[5.0], [1.0], [5.0], [2.0]])
    blocks = MaskedBlocks.whole(X, np.array([1.0, 1.0, 2.0, 1.0]))
    points, owner = steps_of(gather_steps(blocks, 10, np.random.RandomState(0)))
    np.testing.assert_array_equal(points.values, [[5], [1], [2]])
    np.testing.assert_array_equal(points.weights, [3, 1, 1])
    np.testing.assert_array_equal(owner, [0, 1, 0, 2])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(0, 99))
def test_seeds_are_distinct_blocks(k, seed):
    """k-means++ never draws a block twice while there are others."""
    X = np.random.default_rng(seed).integers(-3, 4, size=(60, 2)) / 2
    n_distinct = len(np.unique(X, axis=0))
    blocks = MaskedBlocks.whole(X, np.ones(60))
    seeds = steps_of(seed_steps(blocks, k, np.random.RandomState(seed)))
    assert len(np.unique(seeds, axis=0)) == len(seeds) == min(k, n_distinct)
    assert {tuple(row) for row in seeds} <= {tuple(row) for row in X}


def test_seeding_can_be_left_at_any_entry():
    """A record for each entry drawn, so that nobody waits for thousands of them."""
    X = np.random.default_rng(0).normal(size=(2000, 2))
    records = list(seed_steps(MaskedBlocks.whole(X, np.ones(2000)), 50, np.random.RandomState(0)))
    assert len(records) >= 40


def test_labels_become_means(X):
    """Whatever numbers an algorithm gives its clusters, entries are the means of their blocks."""
    weight = np.linspace(0.5, 2, len(X))
    fit = HalfLine().fit(X, sample_weight=weight)
    assert set(fit.labels_) == {0, 1}
    for entry in (0, 1):
        members = fit.labels_ == entry
        mean = np.average(X[members], axis=0, weights=weight[members])
        np.testing.assert_allclose(fit.cluster_centers_[entry], mean)
    assert fit.report_.notes == ("cut",)
    assert fit.noise_ is None


def test_noise_goes_to_the_nearest_entry_or_is_kept(X):
    """Noise does not move the means; kept exactly, it costs nothing."""
    far = np.vstack([X, [[60.0, 0, 0], [-70.0, 0, 0]]])
    near = HalfLine().fit(far)
    np.testing.assert_allclose(near.cluster_centers_, HalfLine().fit(X).cluster_centers_)
    np.testing.assert_array_equal(near.labels_[-2:], near.predict(far[-2:]))
    assert near.noise_ is None
    exact = HalfLine(noise="exact").fit(far)
    np.testing.assert_array_equal(np.flatnonzero(exact.noise_), [300, 301])
    assert exact.inertia_ == pytest.approx(HalfLine().fit(X).inertia_)
    assert near.inertia_ > exact.inertia_


def test_nothing_but_noise_is_one_cluster():
    """A finding must not leave a layer without a codebook."""
    X = np.array([[60.0], [61.0], [-99.0], [77.0]])
    fit = HalfLine(noise="exact").fit(X)
    assert len(fit.cluster_centers_) == 1


def test_polish_says_what_it_changed(X):
    """The report has the inertia before and after, and how many blocks moved."""
    plain, polished = HalfLine().fit(X), HalfLine(polish=50).fit(X)
    report = polished.report_.polish
    assert plain.report_.polish is None
    assert report.inertia_before == pytest.approx(plain.inertia_)
    assert report.inertia_after == pytest.approx(polished.inertia_)
    assert report.inertia_after < report.inertia_before
    assert report.moved == pytest.approx(np.mean(plain.labels_ != polished.labels_))
    assert report.n_iter >= 1


def test_micro_clusters_are_told(X):
    """The report says how many points the algorithm saw, and of how many blocks."""
    report = HalfLine(max_points=50).fit(X).report_
    assert report.n_blocks == 300
    assert report.n_points <= 50
    assert any("micro-clusters of 300 blocks" in note for note in report.notes)


def test_more_entries_than_micro_clusters_are_refused(X):
    """The sentence names both numbers and the way out."""
    with pytest.raises(ConfigError, match=r"half line works on at most 20 .* 30 entries: raise"):
        HalfLine(30, max_points=20).fit(X)


def test_blocks_without_weight_go_to_the_nearest_entry(X):
    """They do not take part, and are decoded all the same."""
    weight = np.ones(len(X))
    weight[X[:, 0] > 1] = 0
    fit = HalfLine().fit(X, sample_weight=weight)
    idle = weight == 0
    np.testing.assert_array_equal(fit.labels_[idle], fit.predict(X[idle]))
    np.testing.assert_allclose(
        fit.cluster_centers_[fit.predict(np.full((1, 3), 0.5))[0]],
        X[(X[:, 0] >= 0) & ~idle].mean(axis=0),
    )


def test_numbers_beyond_all_squares_are_refused():
    """Nothing overflows silently."""
    with pytest.raises(ConfigError, match="values up to 1e\\+200"):
        HalfLine().fit(np.array([[1e200], [1.0], [2.0]]))
