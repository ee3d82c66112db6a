"""What is special about Gaussian mixtures: the likelihood, and what happens at its edges."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture as SklearnMixture

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._frame import FAR, Frame
from wc_core.clustering._gaussians import COVARIANCES, Components, hard_moments
from wc_core.clustering._mixture import Fitting, Learner, em_steps, expectation_steps
from wc_core.clustering.gmm import GaussianMixture, likeliest
from wc_core.progress import last_result

SKLEARN_NAMES = {"diagonal": "diag", "spherical": "spherical", "full": "full"}


@pytest.fixture(params=COVARIANCES)
def covariance(request):
    return request.param


def overlapping(n=1500, d=3, seed=0):
    """Four clouds that run into each other, of different widths and directions."""
    rng = np.random.default_rng(seed)
    cloud = rng.integers(0, 4, n)
    turn = rng.normal(size=(4, d, d)) * 0.6
    mean = rng.normal(size=(4, d)) * 2
    return mean[cloud] + np.einsum("nij,nj->ni", turn[cloud], rng.normal(size=(n, d)))


def start(X, k, covariance, reg=1e-6):
    """Return the components of clusters cut along the first lane."""
    rank = np.argsort(np.argsort(X[:, 0]))
    points = MaskedBlocks.whole(X, np.ones(len(X)))
    return likeliest(hard_moments(points, rank * k // len(X), covariance), reg)


def run(X, weights, components, covariance, n_iter):
    learner = Learner(lambda moments: likeliest(moments, 1e-9))
    points = MaskedBlocks.whole(X, weights)
    return last_result(em_steps(points, components, learner, Fitting(covariance, n_iter, -1.0)))


def as_matrices(components):
    spread = components.covariances
    return spread if components.is_full else spread[:, :, None] * np.eye(spread.shape[1])


def sklearn_from(components, name, n_iter):
    """Return scikit-learn's mixture, set off from the same components."""
    inverse = np.linalg.inv(as_matrices(components))
    if name == "diag":
        inverse = np.einsum("kii->ki", inverse)
    elif name == "spherical":
        inverse = inverse[:, 0, 0]
    return SklearnMixture(
        len(components),
        covariance_type=name,
        reg_covar=0,
        tol=0,
        max_iter=n_iter,
        weights_init=components.shares,
        means_init=components.means,
        precisions_init=inverse,
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("d", [1, 3])
def test_iterations_are_those_of_sklearn(covariance, d):
    """The same start gives the same weights, means, covariances, likelihood and labels."""
    X = overlapping(d=d)
    first = start(X, 5, covariance)
    theirs = sklearn_from(first, SKLEARN_NAMES[covariance], 20).fit(X)
    _step, ours, labels, objective = run(X, np.ones(len(X)), first, covariance, 21)
    np.testing.assert_allclose(ours.shares, theirs.weights_, rtol=1e-8)
    np.testing.assert_allclose(ours.means, theirs.means_, rtol=1e-7, atol=1e-9)
    shape = {"diag": (5, d), "spherical": (5, 1), "full": (5, d, d)}
    spread = theirs.covariances_.reshape(shape[SKLEARN_NAMES[covariance]])
    expected = np.broadcast_to(spread, ours.covariances.shape)
    np.testing.assert_allclose(ours.covariances, expected, rtol=1e-7, atol=1e-10)
    assert objective == pytest.approx(theirs.score(X), rel=1e-9)
    np.testing.assert_array_equal(labels, theirs.predict(X))


def test_whole_weights_are_repetitions(covariance):
    """A block of weight three counts as three blocks."""
    X = overlapping(400)
    weights = np.random.default_rng(1).integers(1, 4, len(X))
    first = start(X, 4, covariance)
    _s, weighted, labels, value = run(X, weights.astype(float), first, covariance, 15)
    copies = np.repeat(X, weights, axis=0)
    _s, repeated, their_labels, same = run(copies, np.ones(len(copies)), first, covariance, 15)
    assert value == pytest.approx(same, rel=1e-10)
    np.testing.assert_allclose(weighted.means, repeated.means, atol=1e-9)
    np.testing.assert_allclose(weighted.covariances, repeated.covariances, atol=1e-9)
    np.testing.assert_array_equal(np.repeat(labels, weights), their_labels)


def test_tiles_add_up(covariance):
    """One pass in tiles gives the responsibilities' sums that one big array would."""
    X = overlapping(9000, d=2)
    weights = np.random.default_rng(0).uniform(0.1, 2, len(X))
    components = start(X, 40, covariance)
    seen = last_of(expectation_steps(MaskedBlocks.whole(X, weights), components))
    gap = X[:, None, :] - components.means
    matrices = as_matrices(components)
    squares = np.einsum("nki,kij,nkj->nk", gap, np.linalg.inv(matrices), gap)
    log_det = np.linalg.slogdet(2 * np.pi * matrices)[1]
    joint = np.exp(components.scores - 0.5 * (log_det + squares))
    chances = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(seen.sums[:, 0], weights @ chances)
    np.testing.assert_allclose(seen.sums[:, 1:3], (weights[:, None] * chances).T @ X)
    assert seen.log_likelihood == pytest.approx(weights @ np.log(joint.sum(axis=1)))
    np.testing.assert_array_equal(seen.labels, chances.argmax(axis=1))


def last_of(steps):
    """Run a generator to its end and return what it returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@pytest.mark.parametrize("reg", [1e-6, 0.05])
@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_never_falls(covariance, reg, seed):
    """Nor where the floor holds variances up: the constrained steps are the best there are."""
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((500, 1)) < 0.4, 0.3, rng.standard_t(2, size=(500, 3)))
    mixture = GaussianMixture(12, covariance=covariance, reg=reg, tol=0.0, random_state=seed)
    records = [record.result for record in mixture.fit_steps(X)]
    values = [r.detail["objective"] for r in records if r is not None]
    assert len(values) > 5
    assert np.diff(values).min() > -1e-8


def test_no_variance_falls_below_the_floor(covariance):
    """In any direction, so that a component on one point stays finite."""
    X = np.vstack([np.zeros((50, 2)), np.random.default_rng(0).normal(size=(50, 2)), [[9.0, 9]]])
    mixture = GaussianMixture(5, covariance=covariance, reg=1e-3, random_state=0)
    unit = Frame.of(MaskedBlocks.whole(X, np.ones(len(X)))).unit
    for record in mixture.fit_steps(X):
        if record.result is not None:
            least = np.linalg.eigvalsh(record.result.detail["covariances"]).min()
            assert least >= 1e-3 * unit**2 * (1 - 1e-9)


def test_iterations_show_gaussians_in_units_of_the_weights():
    """Means, covariances and weights are those of the blocks, wherever they lie."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(3000, 2)) * [1, 2], rng.normal(size=(1000, 2)) + 30])
    X = X * 0.01 + 5
    result = None
    for record in GaussianMixture(2, random_state=0).fit_steps(X):
        result = record.result or result
    order = np.argsort(result.centers[:, 0])
    np.testing.assert_allclose(result.detail["weights"][order], [0.75, 0.25], atol=1e-6)
    np.testing.assert_allclose(result.centers[order], [[5, 5], [5.3, 5.3]], atol=2e-3)
    spread = result.detail["covariances"][order]
    expected = [np.diag([1e-4, 4e-4]), np.eye(2) * 1e-4]
    np.testing.assert_allclose(spread, expected, atol=3e-5)
    assert result.labels.shape == (4000,)


def test_full_covariances_tell_crossing_clouds_apart():
    """Two flat clouds laid across each other: only full covariances see them."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 600)
    flat = rng.normal(size=(1200, 2)) * [3, 0.1]
    turned = flat @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    X = np.where(truth[:, None] == 0, turned, turned * [1, -1] + [0, 1.5])
    full = GaussianMixture(2, covariance="full", tol=1e-6, max_iter=500, random_state=0).fit(X)
    ball = GaussianMixture(2, covariance="spherical", random_state=0).fit(X)
    assert adjusted_rand_score(truth, full.labels_) > 0.8
    assert adjusted_rand_score(truth, ball.labels_) < 0.3


@pytest.mark.parametrize("far", [1e6, 1e12, 1e25])
def test_an_outlier_does_not_drown_the_others(covariance, far):
    """It gets an entry of its own, and clusters a million times closer are still found."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 100)
    X = np.vstack([truth[:, None] * 10 + rng.normal(size=(400, 2)), [[far, -far]]])
    labels = GaussianMixture(5, covariance=covariance, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, labels[:-1]) == 1
    assert labels[-1] not in labels[:-1]


@pytest.mark.parametrize("shape", ["diagonal", "full"])
def test_a_constant_lane_does_not_matter(shape):
    """The labels are those of the other lanes."""
    flat = overlapping(600, d=3)
    flat[:, 1] = 7.5
    labels = GaussianMixture(4, covariance=shape, random_state=0).fit(flat).labels_
    without = GaussianMixture(4, covariance=shape, random_state=0).fit(flat[:, [0, 2]])
    assert adjusted_rand_score(labels, without.labels_) > 0.9


def test_masked_lanes_follow_their_likes():
    """A ragged block joins the cluster of the blocks that it looks like."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 60)
    X = truth[:, None] * [10.0, -10.0] + rng.normal(size=(180, 2))
    X[::9, 1] = np.nan
    assert adjusted_rand_score(truth, GaussianMixture(3, random_state=0).fit(X).labels_) == 1


def test_points_come_back_from_the_frame():
    """Outliers are drawn in, in their order, and nothing is lost."""
    X = np.array([[0.0], [1], [2], [3], [4], [1e9], [-1e7], [1e12]])
    blocks = MaskedBlocks.whole(X, np.ones(len(X)))
    frame = Frame.of(blocks)
    inside = frame.enter(blocks).values
    np.testing.assert_array_equal(np.argsort(inside[:, 0]), np.argsort(X[:, 0]))
    assert np.abs(inside).max() < 50 * FAR
    np.testing.assert_allclose(frame.leave(inside), X, rtol=1e-9, atol=1e-9)


def test_components_without_blocks_are_told():
    """A component under the others is the likeliest of no block, gives no entry, and is noted."""
    n_idle = []
    for seed in range(6, 9):
        X = np.random.default_rng(seed).normal(size=(800, 1))
        mixture = GaussianMixture(24, max_iter=1000, tol=0.0, random_state=seed).fit(X)
        n_idle.append(24 - len(mixture.cluster_centers_))
        told = [note for note in mixture.report_.notes if note.startswith(f"{n_idle[-1]} compo")]
        assert len(told) == (n_idle[-1] > 0)
    assert max(n_idle) > 0
    assert min(n_idle) == 0


def test_many_components_are_not_shown_in_full():
    """Covariances that would fill the memory stay away from the records."""
    X = np.random.default_rng(0).normal(size=(200, 40))
    for record in GaussianMixture(3, max_iter=2, random_state=0).fit_steps(X):
        if record.result is not None:
            assert "covariances" not in record.result.detail
            assert record.result.detail["weights"].shape == (3,)


def test_a_large_fit_can_be_left_within_an_iteration():
    """A pass over many blocks and components yields more than once."""
    X = np.random.default_rng(0).normal(size=(30_000, 8))
    points = MaskedBlocks.whole(X, np.ones(len(X)))
    components = Components(np.zeros(300), X[:300], np.ones((300, 8)), np.full(300, 1 / 300))
    assert len(list(expectation_steps(points, components))) >= 2
