"""What is special about Bayesian mixtures: the evidence, and components that vanish."""

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture as SklearnMixture

from wc_core import BlockSpec, LayerPlan, load_model
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._gaussians import COVARIANCES, hard_moments
from wc_core.clustering._mixture import (
    Expectation,
    Fitting,
    Learner,
    em_steps,
    expectation_steps,
    merged,
)
from wc_core.clustering._priors import Prior, evidence, posterior
from wc_core.clustering.bayesian_gmm import BayesianGaussianMixture
from wc_core.clustering.kmeans import KMeans
from wc_core.progress import last_result
from wc_core.stages import layer_blocks

SPARING = {"merge": True, "weight_concentration": 0.05}  # keeps no more than the evidence needs


@pytest.fixture(params=COVARIANCES)
def covariance(request):
    return request.param


def three_clouds(d=2, n_each=300, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], n_each)
    return truth[:, None] * 8 + rng.normal(size=(3 * n_each, d)), truth


def overlapping(n=1500, d=3, seed=0):
    """Four clouds that run into each other, of different widths and directions."""
    rng = np.random.default_rng(seed)
    cloud = rng.integers(0, 4, n)
    turn = rng.normal(size=(4, d, d)) * 0.6
    mean = rng.normal(size=(4, d)) * 2
    return mean[cloud] + np.einsum("nij,nj->ni", turn[cloud], rng.normal(size=(n, d)))


def slices(X, k):
    """Return labels that cut the blocks into even parts along the first lane."""
    return np.argsort(np.argsort(X[:, 0])) * k // len(X)


def begin(X, weights, k, prior):
    """Return the points, and the posterior of components cut along the first lane."""
    points = MaskedBlocks.whole(X, weights)
    return points, posterior(hard_moments(points, slices(X, k), prior.covariance), prior)


class SklearnFromSlices(SklearnMixture):
    """scikit-learn's mixture, set off from given labels."""

    def _initialize_parameters(self, X, random_state, **_namespace):
        self._initialize(X, np.eye(self.n_components)[slices(X, self.n_components)])


def sklearns_prior(X, k, covariance, alpha):
    d = X.shape[1]
    return Prior(k, covariance, alpha, X.mean(axis=0), 1.0, float(d), np.full(d, 0.7))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("covariance", "d"), [("full", 1), ("full", 3), ("diagonal", 1)])
def test_iterations_are_those_of_sklearn(covariance, d):
    """The same start and priors give the same posterior (Wishart: for full, and on a line)."""
    X, k, alpha = overlapping(d=d), 6, 0.3
    prior = sklearns_prior(X, k, covariance, alpha)
    theirs = SklearnFromSlices(
        n_components=k,
        covariance_type={"full": "full", "diagonal": "diag"}[covariance],
        weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=alpha,
        mean_precision_prior=1.0,
        covariance_prior=np.eye(d) * 0.7 if covariance == "full" else np.full(d, 0.7),
        reg_covar=0,
        tol=0,
        max_iter=20,
    ).fit(X)
    points, first = begin(X, np.ones(len(X)), k, prior)
    learner = Learner(partial(posterior, prior=prior))
    steps = em_steps(points, first, learner, Fitting(covariance, 21, -1.0))
    _step, ours, labels, _value = last_result(steps)
    np.testing.assert_allclose(ours.means, theirs.means_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.covariances, theirs.covariances_, rtol=1e-6, atol=1e-9)
    alphas = np.array(alpha + ours.shares * len(X))
    np.testing.assert_allclose(alphas, theirs.weight_concentration_, rtol=1e-6)
    np.testing.assert_array_equal(labels, theirs.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_diagonal_covariances_come_close_to_sklearns():
    """scikit-learn expects log-precisions of a Wishart matrix there; many blocks hide it."""
    X = np.vstack([np.random.default_rng(i).normal(9 * i, 1 + i, (4000, 2)) for i in range(2)])
    theirs = SklearnFromSlices(
        n_components=2,
        covariance_type="diag",
        weight_concentration_prior_type="dirichlet_distribution",
        reg_covar=0,
        max_iter=30,
    ).fit(X)
    prior = sklearns_prior(X, 2, "diagonal", 0.5)
    points, first = begin(X, np.ones(len(X)), 2, prior)
    learner = Learner(partial(posterior, prior=prior))
    ours = last_result(em_steps(points, first, learner, Fitting("diagonal", 30, -1.0)))[1]
    np.testing.assert_allclose(ours.means, theirs.means_, atol=2e-2)
    np.testing.assert_allclose(ours.covariances, theirs.covariances_, rtol=2e-2)


def test_the_bound_never_falls_while_the_components_stay(covariance):
    """Each half of an iteration raises the evidence bound, merging too."""
    X = np.random.default_rng(0).standard_t(3, size=(800, 3))
    mixture = BayesianGaussianMixture(
        20, covariance=covariance, tol=0.0, max_iter=60, prune_below=0.0, random_state=0, **SPARING
    )
    values, sizes = [], []
    for record in mixture.fit_steps(X):
        if record.result is not None:
            values.append(record.result.detail["objective"])
            sizes.append(len(record.result.centers))
    assert len(values) > 10
    assert sizes[-1] < sizes[0]
    assert np.diff(values).min() > -1e-9


def test_the_gain_of_merging_is_known_beforehand(covariance):
    """Evidence and entropy of the responsibilities make up the bound, so the difference fits."""
    X, weights = overlapping(300), np.random.default_rng(0).uniform(1, 2, 300)
    prior = Prior(3, covariance, 0.4, np.zeros(3), 0.5, 3.0, np.array([0.5, 0.7, 0.9]))
    points, _first = begin(X, weights, 3, prior)

    def bound(labels, k):
        moments = hard_moments(points, labels, covariance)
        learned = posterior(moments, prior)
        chances = learned.coefficients()
        features = np.hstack([np.ones((len(X), 1)), X, quadratic(X, covariance)])
        own = (features @ chances.T)[np.arange(len(X)), labels]
        return weights @ own - learned.penalty, evidence(moments, prior).sum()

    three, two = slices(X, 3), np.minimum(slices(X, 3), 1)
    (value3, evidence3), (value2, evidence2) = bound(three, 3), bound(two, 2)
    assert value2 - value3 == pytest.approx(evidence2 - evidence3, rel=1e-8)


def quadratic(X, covariance):
    if covariance != "full":
        return X * X
    i, j = np.triu_indices(X.shape[1])
    return X[:, i] * X[:, j]


@pytest.mark.parametrize("d", [1, 2, 4])
def test_three_clouds_need_three_components(covariance, d):
    """Of sixteen to begin with, those that the clouds do not need vanish."""
    X, truth = three_clouds(d)
    mixture = BayesianGaussianMixture(16, covariance=covariance, random_state=0, **SPARING).fit(X)
    sizes = np.bincount(mixture.labels_)
    assert len(sizes) in (3, 4)
    assert np.sort(sizes)[-3:].sum() >= 0.99 * len(X)
    assert adjusted_rand_score(truth, mixture.labels_) >= 0.98
    assert f"kept {len(sizes)} of 16 components" in mixture.report_.notes


def test_components_are_seen_vanishing():
    """Iterations hold fewer and fewer components, and labels that belong to them."""
    X, _truth = three_clouds()
    sizes = []
    for record in BayesianGaussianMixture(16, random_state=0, **SPARING).fit_steps(X):
        if record.result is not None:
            detail = record.result.detail
            k = len(record.result.centers)
            sizes.append(k)
            assert detail["weights"].shape == (k,)
            assert detail["covariances"].shape == (k, 2, 2)
            assert record.result.labels.max() < k
    assert sizes[0] == 16
    assert sizes[-1] == 3
    assert sizes == sorted(sizes, reverse=True)


def test_small_shares_vanish():
    """Without merging too: after each iteration, nothing below the limit is left."""
    X, _truth = three_clouds(4, 200)
    mixture = BayesianGaussianMixture(16, prune_below=0.5, random_state=0)
    results = [record.result for record in mixture.fit_steps(X)]
    shares = [result.detail["weights"] for result in results if result is not None]
    assert 3 <= len(shares[-1]) < len(shares[0]) == 16
    assert min(share.min() for share in shares[1:]) > 0.5 / 16


def test_merging_leaves_fewer_than_fading():
    """On a cloud that one Gaussian describes, components that merge end as one."""
    X = np.random.default_rng(0).normal(size=(600, 2))
    merges = BayesianGaussianMixture(16, random_state=0, **SPARING).fit(X)
    fades = BayesianGaussianMixture(16, random_state=0, **{**SPARING, "merge": False}).fit(X)
    assert len(merges.cluster_centers_) == 1 < len(fades.cluster_centers_)


def test_a_high_concentration_keeps_components():
    """The prior on the weights decides how readily they vanish."""
    X = np.random.default_rng(0).normal(size=(600, 2))
    few, many = (
        BayesianGaussianMixture(12, weight_concentration=a, random_state=0).fit(X)
        for a in (0.01, 100.0)
    )
    assert len(few.cluster_centers_) < len(many.cluster_centers_) == 12
    assert many.inertia_ < few.inertia_


@pytest.mark.parametrize("layer", ["conv2", "fc1", "fc2", "fc3"])
def test_real_layers_keep_a_codebook_of_use(layer):
    """As it comes, most entries survive, and the error is not far from that of k-means."""
    weight = load_model("sample:lenet5").tensors[f"{layer}.weight"]
    blocks = layer_blocks(weight, LayerPlan(block=BlockSpec(1, 4))).values
    mixture = BayesianGaussianMixture(32, random_state=0).fit(blocks)
    assert len(mixture.cluster_centers_) >= 24
    assert mixture.inertia_ < 1.6 * KMeans(32, random_state=0).fit(blocks).inertia_


def test_the_best_pairs_merge_first():
    """A component merges once a round; what one pair takes, the next cannot have."""
    worth = {1.0: 0.0, 2.0: 0.0, 3.0: 5.0, 4.0: 0.0, 6.0: 9.0, 5.0: -1.0}
    learner = Learner(None, lambda moments: np.array([worth[m] for m in moments.mass]))
    sums = np.array([[1.0, 0, 0], [2.0, 0, 0], [4.0, 0, 0]])
    seen = Expectation(np.zeros(1, int), sums, 0.0, np.zeros(3))
    after = merged(seen, np.array([1, 2, 1]), learner, Fitting("diagonal", 1, 0.0), 1)
    np.testing.assert_allclose(after[:, 0], [1, 6])


def test_doubtless_pairs_do_not_merge(covariance):
    """Clouds that nobody confuses stay two, however often they are looked at."""
    X, truth = three_clouds(2, 100)
    labels = BayesianGaussianMixture(3, covariance=covariance, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, labels) == 1


def test_whole_weights_are_repetitions(covariance):
    """A block of weight three counts as three blocks."""
    X = overlapping(400)
    weights = np.random.default_rng(1).integers(1, 4, len(X))
    copies = np.repeat(X, weights, axis=0)
    prior = sklearns_prior(X, 4, covariance, 0.25)
    learner = Learner(partial(posterior, prior=prior), partial(evidence, prior=prior))
    points, _ = begin(X, weights.astype(float), 4, prior)
    first = posterior(hard_moments(points, slices(X, 4), covariance), prior)
    copied = MaskedBlocks.whole(copies, np.ones(len(copies)))
    one = last_result(em_steps(points, first, learner, Fitting(covariance, 20, -1.0)))
    two = last_result(em_steps(copied, first, learner, Fitting(covariance, 20, -1.0)))
    np.testing.assert_allclose(one[1].means, two[1].means, atol=1e-8)
    assert one[3] == pytest.approx(two[3], rel=1e-10)


@pytest.mark.parametrize("factor", [1e-9, 0.25])
def test_small_weights_are_scaled_up(factor):
    """Priors are worth blocks: weights below one on average count as shares of the blocks."""
    X, _truth = three_clouds()
    plain = BayesianGaussianMixture(16, random_state=0).fit(X)
    light = BayesianGaussianMixture(16, random_state=0).fit(X, sample_weight=np.full(900, factor))
    np.testing.assert_array_equal(light.labels_, plain.labels_)


@pytest.mark.parametrize("far", [1e6, 1e25])
def test_an_outlier_does_not_drown_the_others(covariance, far):
    """The priors are as wide as the clusters, not as the outlier is far."""
    X, truth = three_clouds()
    far_out = np.vstack([X, [[far, -far]]])
    mixture = BayesianGaussianMixture(8, covariance=covariance, random_state=0, **SPARING)
    mixture.fit(far_out)
    assert adjusted_rand_score(truth, mixture.labels_[:-1]) >= 0.98


def test_pair_entropy_is_what_merging_loses():
    """Against the responsibilities written out."""
    X = overlapping(200, d=2)
    prior = sklearns_prior(X, 3, "diagonal", 0.3)
    points, components = begin(X, np.ones(200), 3, prior)
    partners = np.array([1, 2, 0])
    seen = last_of(expectation_steps(points, components, partners))
    features = np.hstack([np.ones((200, 1)), X, X * X])
    joint = np.exp(features @ components.coefficients().T)
    r = joint / joint.sum(axis=1, keepdims=True)
    for a, b in enumerate(partners):
        pair = r[:, a] + r[:, b]
        lost = pair @ np.log(pair) - r[:, a] @ np.log(r[:, a]) - r[:, b] @ np.log(r[:, b])
        assert seen.doubt[a] == pytest.approx(lost)


def last_of(steps):
    """Run a generator to its end and return what it returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value
