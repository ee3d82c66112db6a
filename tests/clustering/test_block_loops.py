"""The compiled passes over blocks against plain numpy, and what must not change their bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core.clustering import CLUSTERERS
from wc_core.clustering._block_loops import TILE, UNROLLED
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._lloyd import lloyd_steps, means, nearest, squared_errors
from wc_core.clustering._passes import Passes
from wc_core.clustering._seed_loops import draw_far
from wc_core.clustering._seeding import seed_steps
from wc_core.progress import last_result
from wc_core.threads import limit_threads


def distances(values, shares, centers):
    """Return all squared distances, with every lane's share, (n_blocks, n_entries)."""
    gaps = values[:, None, :].astype(np.float64) - centers
    return (shares[:, None, :] * gaps**2).sum(axis=2)


def plain_means(values, masses, labels, centers):
    """Return means by lane, given a mass for every lane of every block."""
    after = centers.astype(np.float64).copy()
    for entry in range(len(centers)):
        mine = labels == entry
        mass = masses[mine].sum(axis=0)
        seen = mass > 0
        after[entry, seen] = (masses[mine] * values[mine]).sum(axis=0)[seen] / mass[seen]
    return after


@st.composite
def weighed_blocks(draw):
    """Draw blocks with masked lanes, lane weights and weights, and entries for them."""
    n, width = draw(st.integers(1, 2 * TILE + 3)), draw(st.integers(1, 40))
    k = draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    offset = draw(st.sampled_from([0, 0, 100]))
    values = (rng.normal(size=(n, width)) + offset).astype(dtype)
    weights = rng.uniform(0.5, 2, size=(n, width))
    kind = draw(st.sampled_from(["whole", "masked", "by lane"]))
    if kind == "whole":
        blocks = MaskedBlocks.whole(values, weights[:, 0])
        weights = np.repeat(weights[:, :1], width, axis=1)
    elif kind == "masked":
        values[rng.random(values.shape) < 0.2] = np.nan
        blocks = MaskedBlocks.from_nan(values, weights[:, 0])
        weights = np.where(np.isnan(values), 0, weights[:, :1])
    else:
        weights[rng.random(values.shape) < 0.2] = 0
        blocks = MaskedBlocks.by_lane(values, weights)
    centers = (rng.normal(size=(k, width)) + offset).astype(dtype)
    return blocks, weights, centers


@settings(max_examples=60, deadline=None)
@given(weighed_blocks(), st.sampled_from([np.float32, np.float64]))
def test_a_pass_does_what_plain_numpy_does(drawn, dtype):
    """Nearest entries, their means, loads and inertia, with masks and with weights by lane."""
    blocks, weights, centers = drawn
    all_distances = distances(blocks.values, weights, centers)
    errors = np.empty(len(blocks))
    passes = Passes(blocks, dtype)
    served = passes.serve(centers, errors)
    chosen = all_distances[np.arange(len(blocks)), served.labels]
    near = 1e-4 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(chosen, all_distances.min(axis=1), rtol=near, atol=near)
    np.testing.assert_allclose(blocks.weights * errors, chosen, rtol=1e-5, atol=1e-5)
    assert served.inertia == pytest.approx(chosen.sum(), rel=1e-5, abs=1e-5)
    expected = plain_means(blocks.values, weights, served.labels, centers)
    np.testing.assert_allclose(served.means, expected, rtol=1e-5, atol=1e-5)
    loads = np.bincount(served.labels, weights=blocks.weights, minlength=len(centers))
    np.testing.assert_allclose(served.loads, loads)


@settings(max_examples=30, deadline=None)
@given(weighed_blocks(), st.integers(0, 99))
def test_known_labels_are_added_up_as_plain_numpy_does(drawn, seed):
    """Means and squared errors of labels that are not the nearest."""
    blocks, weights, centers = drawn
    labels = np.random.default_rng(seed).integers(0, len(centers), len(blocks))
    expected = plain_means(blocks.values, weights, labels, centers)
    np.testing.assert_allclose(means(blocks, labels, centers), expected, rtol=1e-5, atol=1e-5)
    chosen = distances(blocks.values, weights, centers)[np.arange(len(blocks)), labels]
    errors = blocks.weights * squared_errors(blocks, labels, centers)
    np.testing.assert_allclose(errors, chosen, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [4, UNROLLED + 3])
def test_ties_go_to_the_lower_index(width):
    """In the middle between two entries the first one serves, and of equal ones the first."""
    blocks = MaskedBlocks.whole(np.zeros((5, width), np.float32), np.ones(5))
    centers = np.stack([np.full(width, 2.0), np.full(width, 1), np.full(width, -1), np.ones(width)])
    np.testing.assert_array_equal(nearest(blocks, centers)[0], 1)


def fit_all_ways(X, weight=None):
    with limit_threads(1):
        alone = CLUSTERERS["kmeans"](32, random_state=0).fit(X, sample_weight=weight)
    yield alone
    for n in (2, 4):
        with limit_threads(n):
            yield CLUSTERERS["kmeans"](32, random_state=0).fit(X, sample_weight=weight)


@pytest.mark.parametrize("width", [4, 24])
@pytest.mark.parametrize("kind", ["whole", "masked", "by lane"])
def test_the_number_of_threads_changes_no_bit(width, kind):
    """One, two and four threads add up the same pieces in the same order."""
    rng = np.random.default_rng(0)
    X = rng.standard_t(4, size=(30_000, width)).astype(np.float32)
    weight = rng.uniform(0.5, 2, X.shape) if kind == "by lane" else None
    if kind == "masked":
        X[::5, -1] = np.nan
    first, *others = fit_all_ways(X, weight)
    for other in others:
        np.testing.assert_array_equal(first.cluster_centers_, other.cluster_centers_)
        np.testing.assert_array_equal(first.labels_, other.labels_)
        assert first.inertia_ == other.inertia_


def same(first, second):
    np.testing.assert_array_equal(first.labels_, second.labels_)
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    assert first.inertia_ == second.inertia_


@pytest.fixture(name="X")
def some_blocks():
    return np.random.default_rng(1).normal(size=(3000, 4)).astype(np.float32)


def fitted(X, weight=None):
    return CLUSTERERS["kmeans"](20, random_state=0).fit(X, sample_weight=weight)


def test_weights_of_one_are_no_weights(X):
    """Bit for bit, by block and by lane."""
    same(fitted(X), fitted(X, np.ones(len(X))))
    same(fitted(X), fitted(X, np.ones(X.shape)))


def test_equal_weights_of_all_lanes_are_a_weight_of_the_block(X):
    """Bit for bit."""
    weight = np.random.default_rng(2).uniform(0.1, 3, len(X))
    same(fitted(X, weight), fitted(X, np.repeat(weight[:, None], 4, axis=1)))


def test_a_lane_without_weight_is_masked(X):
    """Bit for bit, whatever it holds."""
    hidden = np.random.default_rng(3).random(X.shape) < 0.2
    same(fitted(np.where(hidden, np.nan, X)), fitted(X, np.where(hidden, 0.0, 1.0)))


def test_blocks_without_weight_in_any_lane_move_nothing(X):
    """As good as absent."""
    far = np.vstack([X, np.full((5, 4), 1000, np.float32)])
    weight = np.r_[np.ones(X.shape), np.zeros((5, 4))]
    np.testing.assert_array_equal(fitted(far, weight).cluster_centers_, fitted(X).cluster_centers_)


def test_a_weight_of_two_counts_as_two_blocks(X):
    """From the same first entries, with masked lanes too."""
    X[::7, -1] = np.nan
    count = np.random.default_rng(4).integers(1, 3, len(X))
    start = X[1:7].astype(np.float64)
    found = [
        last_result(lloyd_steps(blocks, start, 8, 0.0))
        for blocks in (
            MaskedBlocks.from_nan(X, count),
            MaskedBlocks.from_nan(np.repeat(X, count, axis=0), np.ones(count.sum())),
        )
    ]
    np.testing.assert_allclose(found[0].centers, found[1].centers, rtol=1e-9)
    assert found[0].inertia == pytest.approx(found[1].inertia)


def test_heavy_lanes_are_served_better():
    """A lane that counts a hundredfold ends with less error, the others with more."""
    X = np.random.default_rng(5).normal(size=(4000, 4)).astype(np.float32)
    weight = np.broadcast_to([100.0, 1, 1, 1], X.shape)
    plain, by_lane = fitted(X), fitted(X, weight)
    gap = [np.square(X - f.cluster_centers_[f.labels_]).mean(axis=0) for f in (plain, by_lane)]
    assert gap[1][0] < 0.1 * gap[0][0]
    assert (gap[1][1:] > gap[0][1:]).all()
    assert by_lane.inertia_ == pytest.approx(len(X) * (gap[1] @ [100, 1, 1, 1]), rel=1e-4)


def test_others_take_the_mean_of_lane_weights(X):
    """An algorithm that knows no lanes heeds how much a block counts."""
    weight = np.random.default_rng(6).uniform(0.1, 3, X.shape)
    cls = CLUSTERERS["bisecting_kmeans"]
    by_lane = cls(8, random_state=0).fit(X, sample_weight=weight)
    same(by_lane, cls(8, random_state=0).fit(X, sample_weight=weight.mean(axis=1)))


@pytest.mark.parametrize("shape", [(3000, 3), (2999,), (3000, 4, 1)])
def test_weights_of_another_shape_are_refused(X, shape):
    """They count blocks, or lanes of blocks, and nothing else."""
    with pytest.raises(ValueError, match=r"ample|dim"):
        fitted(X, np.ones(shape))


@settings(max_examples=40, deadline=None)
@given(weighed_blocks(), st.integers(0, 99))
def test_inertia_never_grows(drawn, seed):
    """Where momentum leads astray the step is taken back; records tell only of what helped."""
    blocks, _weights, centers = drawn
    records = [r.result for r in lloyd_steps(blocks, centers.astype(float), 30, 0.0)]
    inertia = [r.inertia for r in records[1:]]
    assert inertia == sorted(inertia, reverse=True)
    assert [r.step for r in records] == list(range(len(records)))


def test_lloyd_ends_where_nothing_moves():
    """Without a tolerance, entries are the means of the blocks nearest to them."""
    blocks = MaskedBlocks.whole(np.random.default_rng(0).normal(size=(500, 3)), np.ones(500))
    end = last_result(lloyd_steps(blocks, blocks.values[:7], 1000, 0.0))
    labels, _errors = nearest(blocks, end.centers)
    np.testing.assert_allclose(means(blocks, labels, end.centers), end.centers, atol=1e-9)


@pytest.mark.parametrize("width", [3, UNROLLED + 4])
def test_a_draw_takes_the_trial_that_leaves_least(width):
    """Against plain numpy: odds are weight times squared distance, and of the trials the best."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2, width, TILE))
    weights = rng.uniform(0.5, 2, size=(2, TILE))
    weights[1, 200:] = 0
    flat, w = points.swapaxes(1, 2).reshape(-1, width), weights.ravel()
    closest = np.full((2, TILE), np.inf)
    luck = rng.uniform(size=5)
    lanes = (0,) * width if width <= UNROLLED else ()
    row = draw_far(points, lanes, weights, closest, 7, luck)
    gaps = np.square(flat - flat[7]).sum(axis=1)
    np.testing.assert_allclose(closest.ravel(), gaps)
    odds = np.cumsum(w * gaps)
    rows = np.searchsorted(odds, luck * odds[-1], side="right")
    left = [w @ np.minimum(gaps, np.square(flat - flat[r]).sum(axis=1)) for r in rows]
    assert row == rows[np.argmin(left)]


def test_nothing_is_drawn_where_all_is_drawn():
    """Equal blocks have no odds."""
    points, weights = np.ones((1, 2, TILE)), np.ones((1, TILE))
    closest = np.full((1, TILE), np.inf)
    assert draw_far(points, (0, 0), weights, closest, 0, np.array([0.5])) == -1


def test_first_entries_are_spread():
    """A hundred far groups of blocks: k-means++ finds nearly all of them."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 100, size=20_000)
    X = (100 * rng.normal(size=(100, 4))[groups] + rng.normal(size=(20_000, 4))).astype(np.float32)
    steps = seed_steps(MaskedBlocks.whole(X, np.ones(len(X))), 100, np.random.RandomState(0))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            seeds = end.value
            break
    own = [groups[np.flatnonzero((seed == X).all(axis=1))[0]] for seed in seeds]
    assert len(set(own)) >= 97
