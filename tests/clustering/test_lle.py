"""What the map of locally linear embedding keeps, and how separate parts are laid out."""

import numpy as np
import pytest
from sklearn.manifold import locally_linear_embedding
from sklearn.metrics import adjusted_rand_score

from tests.clustering.shapes import blobs, rings
from wc_core.clustering.kmeans import KMeans
from wc_core.clustering.lle import LocallyLinearEmbedding, flat_map, reconstruction


def spiral(n=500):
    """Roll up a sheet; return where each point lies along it, and the points."""
    rng = np.random.default_rng(0)
    angle = np.sort(rng.uniform(1.5 * np.pi, 4 * np.pi, n))
    across = rng.uniform(0, 5, n)
    return angle, np.stack([angle * np.cos(angle), across, angle * np.sin(angle)], 1)


def embeddings(clusterer, X):
    records = clusterer.fit_steps(X)
    return [r.result.detail["embedding"] for r in records if r.result is not None]


def test_reconstruction_makes_each_point_from_its_neighbours():
    """Rows sum to one, no point is made of itself, and affine moves change nothing."""
    X = np.random.default_rng(0).normal(size=(80, 2))
    sums = reconstruction(X, 6, 1e-9).toarray()
    np.testing.assert_allclose(sums.sum(axis=1), 1)
    np.testing.assert_array_equal(np.diag(sums), 0)
    np.testing.assert_allclose(sums @ X, X, atol=1e-5)
    np.testing.assert_allclose(sums, reconstruction(X * 2.0**-10 + 0.0, 6, 1e-9).toarray())


def test_the_map_is_that_of_scikit_learn():
    """The same coordinates but for their sign and unit, without weights."""
    _angle, X = spiral()
    ours = flat_map(reconstruction(X, 10, 1e-3), np.ones(len(X)), 2)
    theirs, _error = locally_linear_embedding(
        X, n_neighbors=10, n_components=2, reg=1e-3, eigen_solver="dense"
    )
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs) * np.sqrt(len(X)), atol=1e-3)


def test_a_weight_counts_as_that_many_equal_points():
    """With one set of sums, weighted points satisfy the equations of repeated ones."""
    rng = np.random.default_rng(1)
    _angle, X = spiral(150)
    weights = rng.integers(1, 5, 150).astype(float)
    sums = reconstruction(X, 8, 1e-3)
    places = flat_map(sums, weights, 2)
    share = weights / weights.sum()
    np.testing.assert_allclose(share @ places, 0, atol=1e-6)
    np.testing.assert_allclose(places.T @ (share[:, None] * places), np.eye(2), atol=1e-6)
    misfit = np.eye(150) - sums.toarray()
    pull = misfit.T @ (share[:, None] * (misfit @ places))
    ratio = np.einsum("ij,ij->j", places, pull)
    np.testing.assert_allclose(pull, share[:, None] * places * ratio, atol=1e-7)


def test_a_rolled_sheet_is_cut_along_itself():
    """Clusters are stretches of the sheet, where k-means mixes its turns."""
    angle, X = spiral(1000)

    def widest(labels):
        return max(np.ptp(angle[labels == label]) for label in np.unique(labels))

    ours = LocallyLinearEmbedding(3, n_components=1, random_state=0).fit(X)
    assert widest(ours.labels_) < 0.5 * np.ptp(angle)
    assert widest(KMeans(3, random_state=0).fit(X).labels_) > 0.9 * np.ptp(angle)


def test_separate_rings_are_parts_of_their_own():
    """Two shapes that no neighbours link come out whole."""
    X, truth = rings(600)
    labels = LocallyLinearEmbedding(2, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, labels) == 1


@pytest.mark.parametrize("width", [2, 3, 8])
def test_separate_groups_are_found(width):
    """Sixteen groups, sixteen entries, though a map of two dimensions has room for few."""
    X, truth = blobs(16, 40, d=width)
    labels = LocallyLinearEmbedding(16, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, labels) == 1


def test_more_separate_groups_than_entries_share_by_closeness():
    """Groups stay whole, and close ones go together."""
    X, truth = blobs(8, 40, d=1)
    X = np.hstack([X, X]) + 10 * (truth >= 4)[:, None]
    labels = LocallyLinearEmbedding(2, random_state=0).fit(X.astype(np.float32)).labels_
    assert adjusted_rand_score(truth >= 4, labels) == 1


def test_single_weights_are_grouped_on_their_line():
    """With one lane, the embedding is the weights themselves."""
    X = np.random.default_rng(2).normal(size=(300, 1))
    places = embeddings(LocallyLinearEmbedding(4, random_state=0), X)[0]
    assert np.corrcoef(places[:, 0], X[:, 0])[0, 1] == pytest.approx(1)
    assert places.shape == (300, 2)


@pytest.mark.parametrize(("width", "wanted", "found"), [(4, 2, 2), (4, 9, 3), (2, 2, 1)])
def test_the_map_has_fewer_dimensions_than_the_blocks(width, wanted, found):
    """More are not refused, since one setting serves layers of every block size."""
    X = np.random.default_rng(3).normal(size=(200, width))
    places = embeddings(LocallyLinearEmbedding(4, n_components=wanted, random_state=0), X)[0]
    assert np.count_nonzero(places.any(axis=0)) == found


def test_a_huge_outlier_is_survived():
    """It has neighbours, as every point has, and gets a label."""
    X = np.random.default_rng(4).normal(size=(100, 4)).astype(np.float32)
    X[0] = 1e25
    lle = LocallyLinearEmbedding(8, random_state=0).fit(X)
    assert len(np.unique(lle.labels_)) == 8
    assert np.isfinite(lle.cluster_centers_).all()
