"""Rules that every registered clusterer keeps. A new algorithm is tested by being registered."""

import pkgutil
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from wc_core import ConfigError, LayerPlan, UnknownNameError, clustering, make_clusterer
from wc_core.clustering import CLUSTERERS, free_params
from wc_core.params import check_params
from wc_core.progress import last_result

REPEATED = "check_sample_weight_equivalence_on_dense_data"
# Of every class: a check takes any weights of two dimensions for a mistake.
ALLOWS = {"check_sample_weights_shape": "of the shape of the blocks they are weights by lane"}
DRAWS_SEEDS = "k-means++ draws first entries: a weighted block is another draw than its copies"
# Checks of scikit-learn's suite that cannot pass, by class: {check: reason}. That a weight counts
# as copies of a block is tested below, where what is drawn does not matter.
EXPECTED_FAILURES = {
    "KMeans": {REPEATED: DRAWS_SEEDS},
    "BisectingKMeans": {REPEATED: DRAWS_SEEDS},
    "GaussianMixture": {REPEATED: DRAWS_SEEDS},
    "BayesianGaussianMixture": {REPEATED: DRAWS_SEEDS},
    "Spectral": {REPEATED: DRAWS_SEEDS + ", in the embedding"},
    "LocallyLinearEmbedding": {REPEATED: DRAWS_SEEDS + ", in the embedding"},
    "MiniBatchKMeans": {REPEATED: "batches are drawn by row: a weighted block is in fewer of them"},
    "DLCA": {REPEATED: "the network learns from rows drawn at random, whatever they weigh"},
}
# Algorithms that choose their number of clusters, up to `n_clusters`: {name: reason}.
CHOOSES_ITS_NUMBER: dict[str, str] = {
    "gmm": "a component that lies under the others is the likeliest of no block",
    "bayesian_gmm": "components that explain too few blocks vanish",
    "hsc": "hash modulo k is the bucket: one that no block's hash leads to stays empty",
    "ecvq": "entries that do not pay for their place in table and codebook disappear",
}
# Algorithms whose entries follow a pattern, however many clusters are asked for: {name: reason}.
PATTERNS: dict[str, str] = {
    "ternary": "entries are one scale times -1, 0 and 1 in each lane, even of few distinct blocks",
    "binary": "entries are one scale times -1 and 1 in each lane, even of few distinct blocks",
}
# Algorithms that send blocks to an entry that is not the nearest: {name: reason}.
NOT_NEAREST: dict[str, str] = {
    "ecvq": "the cheapest entry counts, error and bits together (test_ecvq.py)",
}
# Algorithms that may get worse with more entries: {name: reason}.
NOT_MONOTONE: dict[str, str] = {
    "bayesian_gmm": "more components to begin with may leave fewer in the end",
    "spectral": "cuts where the graph is thin; a further cut may move all others",
    "ecvq": "the cost falls, not the error: few blocks pay for few entries, which go one by one",
}
# Algorithms that need not find well-separated clusters: {name: reason}.
DOES_NOT_SEPARATE: dict[str, str] = {
    "som": "sixteen corners of a four-dimensional cube do not fit on a flat grid: some entries "
    "bridge two of them and serve none; groups that lie flat are found (test_som.py)",
}
# Parameters without which an algorithm cuts through clusters: {name: parameters}.
KEEPS_WHOLE: dict[str, dict[str, int]] = {
    "dlca": {"n_subspaces": 1},  # a hyperplane of the hash that cuts a cluster parts it for good
}
# Algorithms whose entries are not the means of their blocks: {name: reason}.
NOT_MEANS: dict[str, str] = {
    "som": "neighbours on the grid pull on an entry; masks are tested in test_som.py",
    **PATTERNS,
}


@parametrize_with_checks(
    [CLUSTERERS[name](n_clusters=2) for name in CLUSTERERS],
    expected_failed_checks=lambda estimator: (
        ALLOWS | EXPECTED_FAILURES.get(type(estimator).__name__, {})
    ),
)
def test_follows_sklearn_contract(estimator, check):
    """scikit-learn's own suite; what cannot pass is declared with its reason."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
        check(estimator)


@pytest.fixture(params=list(CLUSTERERS))
def name(request):
    return request.param


@pytest.fixture(params=[1, 4], ids=["scalar", "block"])
def blocks(request):
    return np.random.default_rng(0).normal(size=(400, request.param)).astype(np.float32)


def fitted(name, blocks, n_clusters=8, weight=None, **params):
    plan = LayerPlan(algorithm=name, n_clusters=n_clusters, params=params)
    clusterer = make_clusterer(plan, seed=0)
    return clusterer.fit(blocks, sample_weight=weight)


def ragged(blocks):
    masked = blocks.copy()
    masked[::7, -1] = np.nan
    return masked if blocks.shape[1] > 1 else blocks


def test_defaults_are_inside_their_declared_domain(name):
    """What a person starts from is possible."""
    check_params(make_clusterer(LayerPlan(algorithm=name)))


def test_every_hyperparameter_but_random_state_declares_a_domain(name):
    """The form, the validation and the docs follow from the declaration."""
    params = CLUSTERERS[name]().get_params()
    assert set(params) - {"random_state"} == set(CLUSTERERS[name].param_space)


def test_every_free_parameter_has_a_label_and_a_help_text(name):
    """A form shows words, not the names of attributes."""
    for domain in free_params(CLUSTERERS[name]).values():
        assert domain.label
        assert domain.help


def test_every_algorithm_explains_itself(name):
    """A page shows its name, what it does, and its formula."""
    cls = CLUSTERERS[name]
    assert cls.title
    assert 60 <= len(cls.about) <= 600
    assert cls.formula


def test_labels_are_the_nearest_entries_where_that_is_promised(name, blocks):
    """Fitting and predicting agree, with masked lanes too; polish promises it for all."""
    if name in NOT_NEAREST:
        pytest.skip(NOT_NEAREST[name])
    space = free_params(CLUSTERERS[name])
    for X in (blocks, ragged(blocks)):
        clusterer = fitted(name, X, **({"polish": 1} if "polish" in space else {}))
        np.testing.assert_array_equal(clusterer.labels_, clusterer.predict(X))
        if CLUSTERERS[name].labels_are_nearest:
            clusterer = fitted(name, X)
            np.testing.assert_array_equal(clusterer.labels_, clusterer.predict(X))
        gaps = np.nansum((X[:, None, :] - clusterer.cluster_centers_) ** 2, axis=2)
        chosen = gaps[np.arange(len(X)), clusterer.labels_]
        np.testing.assert_allclose(chosen, gaps.min(axis=1), rtol=1e-3, atol=1e-5)


def test_inertia_is_the_squared_error_of_decoding(name, blocks):
    """Masked lanes cost nothing; weights multiply."""
    X, weight = ragged(blocks), np.linspace(0.1, 2, len(blocks))
    clusterer = fitted(name, X, weight=weight)
    error = np.nansum((X - clusterer.cluster_centers_[clusterer.labels_]) ** 2, axis=1)
    assert clusterer.inertia_ == pytest.approx(weight @ error, rel=1e-4)


def test_what_masked_lanes_hold_does_not_matter(name):
    """NaN weighs nothing: the entries are means of what was observed."""
    if name in NOT_MEANS:
        pytest.skip(NOT_MEANS[name])
    X = np.array([[1.0, 5.0], [1.0, np.nan], [9.0, 2.0], [9.0, np.nan], [9.0, 4.0]])
    clusterer = fitted(name, X, n_clusters=2)
    order = np.argsort(clusterer.cluster_centers_[:, 0])
    np.testing.assert_allclose(clusterer.cluster_centers_[order], [[1, 5], [9, 3]])


def test_more_entries_never_cost_more_distortion(name, blocks):
    """From 2 to 128 entries the error falls, with declared exceptions in the long run only."""
    counts = (2, 128) if name in NOT_MONOTONE else (2, 4, 8, 16, 32, 64, 128)
    inertia = [fitted(name, blocks, k).inertia_ for k in counts]
    assert inertia == sorted(inertia, reverse=True)
    if name not in PATTERNS:
        assert inertia[-1] < 0.5 * inertia[0]


def test_the_same_seed_gives_the_same_result(name, blocks):
    """Bit for bit, with masked lanes and weights."""
    X, weight = ragged(blocks), np.linspace(0.1, 2, len(blocks))
    first, second = fitted(name, X, weight=weight), fitted(name, X, weight=weight)
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    np.testing.assert_array_equal(first.labels_, second.labels_)


@pytest.mark.parametrize("algorithm", list(CLUSTERERS))
@settings(max_examples=25, deadline=None)
@given(n_distinct=st.integers(1, 6), n_clusters=st.integers(1, 9), width=st.sampled_from([1, 3]))
def test_entries_are_clamped_to_the_distinct_blocks(algorithm, n_distinct, n_clusters, width):
    """With enough entries every distinct block has its own, nothing is lost, and it is said."""
    rng = np.random.default_rng(n_distinct)
    distinct = np.arange(n_distinct * width, dtype=np.float32).reshape(n_distinct, width) ** 2
    X = distinct[np.concatenate([np.arange(n_distinct), rng.integers(0, n_distinct, 20)])]
    clusterer = fitted(algorithm, X, n_clusters)
    n_entries = len(clusterer.cluster_centers_)
    if algorithm in CHOOSES_ITS_NUMBER | PATTERNS:
        assert 1 <= n_entries <= min(n_clusters, n_distinct)
        if algorithm in PATTERNS:
            return
    else:
        assert n_entries == min(n_clusters, n_distinct)
    if n_clusters >= n_distinct:
        np.testing.assert_array_equal(clusterer.cluster_centers_[clusterer.labels_], X)
    said = any(f"only {n_distinct} distinct block" in note for note in clusterer.report_.notes)
    assert said == (n_clusters > n_distinct)


def test_half_precision_is_clustered_as_single(name, blocks):
    """The same numbers give the same labels, and nothing overflows at 65,504."""
    half = (blocks * 1e4).astype(np.float16)
    fit, single = fitted(name, half), fitted(name, half.astype(np.float32))
    assert adjusted_rand_score(fit.labels_, single.labels_) > 0.9
    assert fit.inertia_ == pytest.approx(single.inertia_, rel=0.02)


def test_blocks_without_weight_do_not_move_entries(name, blocks):
    """Weight zero is as good as absent."""
    far = np.full((5, blocks.shape[1]), 1000, np.float32)
    weight = np.r_[np.ones(len(blocks)), np.zeros(5)]
    clusterer = fitted(name, np.vstack([blocks, far]), weight=weight)
    assert np.abs(clusterer.cluster_centers_).max() < 100


def test_the_unit_of_the_weights_does_not_matter(name, blocks):
    """Weights a thousand times smaller are clustered the same: no constant hides in there."""
    clusterer, small = fitted(name, blocks), fitted(name, blocks * np.float32(2**-10))
    np.testing.assert_array_equal(small.labels_, clusterer.labels_)
    np.testing.assert_allclose(
        small.cluster_centers_, clusterer.cluster_centers_ * 2**-10, rtol=1e-5, atol=1e-9
    )


@pytest.mark.parametrize("peak", [1e-25, 1e25])
def test_numbers_near_the_ends_of_single_precision_are_clustered(name, peak):
    """Squares neither vanish nor overflow."""
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(200, 2)) * peak).astype(np.float32)
    X[0] *= 1000  # one huge outlier
    clusterer = fitted(name, X)
    assert np.isfinite(clusterer.cluster_centers_).all()
    assert clusterer.inertia_ <= np.square(X.astype(np.float64)).sum()


def far_groups():
    """Sixteen groups of different sizes at the corners of a cube in four dimensions."""
    rng = np.random.default_rng(0)
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 4)).reshape(4, -1).T * 10
    truth = np.repeat(np.arange(16), rng.integers(40, 90, 16))
    return (corners[truth] + rng.normal(size=(len(truth), 4))).astype(np.float32), truth


def test_a_weight_counts_as_copies_of_a_block(name):
    """Where the clusters are plain, it does not matter which of the two was drawn."""
    X, _truth = far_groups()
    weight = np.random.default_rng(1).integers(1, 4, len(X))
    params = KEEPS_WHOLE.get(name, {})
    weighted = fitted(name, X, 16, weight, **params)
    repeated = fitted(name, np.repeat(X, weight, axis=0), 16, **params)
    np.testing.assert_allclose(
        *(np.unique(fit.cluster_centers_.round(3), axis=0) for fit in (weighted, repeated)),
        atol=2e-3,
    )
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-4)


def test_well_separated_clusters_are_found(name):
    """Sixteen far groups in four dimensions, of different sizes, are told apart."""
    X, truth = far_groups()
    score = adjusted_rand_score(truth, fitted(name, X, 16, **KEEPS_WHOLE.get(name, {})).labels_)
    assert score >= (0.8 if name in DOES_NOT_SEPARATE else 0.99)


def test_steps_tell_how_far_they_are_and_can_be_left(name, blocks):
    """Records run from 0 to the total; a fit that is left does no harm."""
    clusterer = make_clusterer(LayerPlan(algorithm=name, n_clusters=8), seed=0)
    records = list(clusterer.fit_steps(blocks))
    done = [record.fraction for record in records]
    assert done == sorted(done)
    assert done[-1] == 1
    iterations = [record.result for record in records if record.result is not None]
    assert iterations
    for iteration in iterations:
        n_points = len(iteration.points)
        assert iteration.weights.shape == (n_points,)
        assert iteration.labels is None or iteration.labels.shape == (n_points,)
        assert iteration.centers is None or iteration.centers.shape[1:] == blocks.shape[1:]
    left = make_clusterer(LayerPlan(algorithm=name, n_clusters=8), seed=0)
    next(left.fit_steps(blocks))
    last_result(left.fit_steps(blocks))
    np.testing.assert_array_equal(left.labels_, clusterer.labels_)


def test_unknown_names_and_parameters_are_explained():
    """The sentence says what there is instead."""
    with pytest.raises(UnknownNameError, match="did you mean 'kmeans'"):
        make_clusterer(LayerPlan(algorithm="kmean"))
    with pytest.raises(
        ConfigError, match="kmeans has no parameter depth; it has exact, max_iter, momentum, tol"
    ):
        make_clusterer(LayerPlan(params={"depth": 3}))
    with pytest.raises(ConfigError, match="max_iter must be a whole number from 1 to 1000, got 0"):
        make_clusterer(LayerPlan(params={"max_iter": 0}))


def test_every_module_registers_something():
    """A file dropped into `clustering/` but not imported there is caught here."""
    modules = {m.name for m in pkgutil.iter_modules(clustering.__path__) if m.name[0] != "_"}
    modules -= {"groups", "sweep"}  # k-means of single weights without an estimator
    registered = {CLUSTERERS[name].__module__.rpartition(".")[2] for name in CLUSTERERS}
    assert modules == registered
