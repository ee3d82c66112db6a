"""What spectral clustering finds that k-means does not, and what weights mean to it."""

import numpy as np
import pytest
import scipy.linalg
from sklearn.metrics import adjusted_rand_score

from tests.clustering.shapes import blobs, concentric, rings
from wc_core.clustering._embedded import eigenvectors
from wc_core.clustering.kmeans import KMeans
from wc_core.clustering.spectral import (
    Spectral,
    local_rbf_kernel,
    neighbor_kernel,
    spectral_embedding,
)

AFFINITIES = ["nearest_neighbors", "rbf"]


@pytest.fixture(params=AFFINITIES)
def affinity(request):
    return request.param


@pytest.mark.parametrize("shape", [rings, concentric])
@pytest.mark.parametrize("n", [200, 600, 3000])
def test_interlocked_rings_are_told_apart_where_k_means_cannot(affinity, shape, n):
    """Shapes are followed, also when the points are gathered into micro-clusters first."""
    X, truth = shape(n)
    spectral = Spectral(2, affinity=affinity, max_points=1000, random_state=0).fit(X)
    assert adjusted_rand_score(truth, spectral.labels_) >= 0.99
    kmeans = KMeans(2, random_state=0).fit(X)
    assert adjusted_rand_score(truth, kmeans.labels_) < 0.5


def test_rings_of_different_scale_are_told_apart(affinity):
    """The width follows the local density: a small dense ring pair and a large thin one."""
    small, truth = rings(400)
    large, other = rings(400, seed=1)
    X = np.vstack([small, 20 * large + 100])
    spectral = Spectral(4, affinity=affinity, random_state=0).fit(X)
    assert adjusted_rand_score(np.r_[truth, 2 + other], spectral.labels_) >= 0.99


def test_more_separate_groups_than_entries_stay_whole(affinity):
    """No group is cut when whole groups can be put together."""
    X, truth = blobs(12, 30, d=2)
    labels = Spectral(5, affinity=affinity, random_state=0).fit(X).labels_
    for group in range(12):
        assert len(np.unique(labels[truth == group])) == 1


def test_a_weight_counts_as_that_many_equal_points():
    """With one kernel, a weighted point lies where each of the equal points would."""
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(40, 2)), rng.integers(1, 5, 40)
    kernel = local_rbf_kernel(X, 7)
    copies = np.repeat(np.arange(40), weights)
    repeated = spectral_embedding(kernel[np.ix_(copies, copies)], np.ones(len(copies)), 4)
    weighted = spectral_embedding(kernel, weights.astype(float), 4)
    np.testing.assert_allclose(np.abs(weighted[copies]), np.abs(repeated), atol=1e-6)


def test_repeated_blocks_are_the_same_as_weights(affinity):
    """Equal blocks are put together before neighbours are counted."""
    rng = np.random.default_rng(1)
    X, weights = rng.normal(size=(120, 2)), rng.integers(1, 5, 120)
    weighted = Spectral(6, affinity=affinity, random_state=0).fit(X, sample_weight=weights)
    copies = np.repeat(np.arange(120), weights)
    repeated = Spectral(6, affinity=affinity, random_state=0).fit(X[copies])
    np.testing.assert_array_equal(weighted.labels_[copies], repeated.labels_)


@pytest.mark.parametrize("kernel", [neighbor_kernel, local_rbf_kernel])
def test_kernels_are_symmetric_and_know_no_unit(kernel):
    """Likeness is 1 to itself, mutual, and blind to the unit of the weights."""
    X = np.random.default_rng(2).normal(size=(50, 3))
    likeness = kernel(X, 5)
    np.testing.assert_array_equal(np.diag(likeness), 1)
    np.testing.assert_allclose(likeness, likeness.T, rtol=1e-12)
    np.testing.assert_allclose(likeness, kernel(X * 1e-9, 5), rtol=1e-9)
    assert likeness.min() >= 0
    assert likeness.max() <= 1 + 1e-12


def test_the_embedding_solves_the_normalised_cut():
    """Against the eigenvectors of the random walk on the weighted graph, rows scaled to 1."""
    rng = np.random.default_rng(3)
    X, weights = rng.normal(size=(30, 2)), rng.uniform(0.5, 3, 30)
    affinity = local_rbf_kernel(X, 7) * np.outer(weights, weights)
    values, vectors = np.linalg.eig(affinity / affinity.sum(axis=1, keepdims=True))
    lead = vectors[:, np.argsort(-values.real)[:3]].real
    ours = spectral_embedding(local_rbf_kernel(X, 7), weights, 3)
    lead /= np.sqrt(affinity.sum(axis=1) @ lead**2)
    rows = lead / np.linalg.norm(lead, axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs(ours), np.abs(rows), atol=1e-5)


def test_steps_show_where_the_points_lie():
    """Before the first step there is the embedding; labels move in it; inertia is the blocks'."""
    X, _truth = rings(300)
    clusterer = Spectral(2, random_state=0)
    told = [r.result for r in clusterer.fit_steps(X) if r.result is not None]
    assert told[0].labels is None
    assert all(iteration.detail["embedding"].shape == (300, 2) for iteration in told)
    assert all(iteration.points.shape == (300, 2) for iteration in told)
    assert told[-1].centers.shape == (2, 2)
    assert told[-1].inertia == pytest.approx(clusterer.inertia_, rel=1e-4)


def test_one_cluster_still_has_a_picture():
    """The embedding of a single entry is padded to two columns."""
    clusterer = Spectral(1, random_state=0)
    told = [r.result for r in clusterer.fit_steps(rings(100)[0]) if r.result is not None]
    assert told[0].detail["embedding"].shape == (100, 2)
    assert len(clusterer.cluster_centers_) == 1


def test_a_graph_on_which_the_quickest_eigenvalues_fail_is_cut():
    """LAPACK gives up on it with an internal error; another of its methods takes over."""
    X = np.ones((20, 9), np.float32)
    X[[1, 2, 3, 4, 6, 7], [0, 1, 2, 5, 3, 4]] = 0
    weight = np.ones(20)
    weight[0] = 1e9
    clusterer = Spectral(4, n_neighbors=1, random_state=0).fit(X, sample_weight=weight)
    assert len(clusterer.cluster_centers_) == 4


def test_both_ways_to_eigenvectors_agree(monkeypatch):
    """Up to their signs."""
    square = np.random.default_rng(0).normal(size=(30, 30))
    symmetric = square + square.T
    quick = eigenvectors(symmetric, 26, 29)
    monkeypatch.setattr("scipy.linalg.eigh", FailsAtFirst(scipy.linalg.eigh))
    np.testing.assert_allclose(np.abs(eigenvectors(symmetric, 26, 29)), np.abs(quick), atol=1e-9)


class FailsAtFirst:
    """A function that raises once, as LAPACK sometimes does."""

    def __init__(self, function):
        self.function = function
        self.has_failed = False

    def __call__(self, *args, **options):
        if not self.has_failed:
            self.has_failed = True
            raise scipy.linalg.LinAlgError
        return self.function(*args, **options)
