"""What is special about density clustering: shape does not matter, and noise may be left."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.metrics import adjusted_rand_score

from tests.clustering.shapes import blobs, concentric, rings
from wc_core.clustering._fit import Iteration
from wc_core.clustering.density import Density
from wc_core.clustering.kmeans import KMeans

MODES = ["peaks", "dbscan", "hdbscan"]
SEARCHING = ["dbscan", "hdbscan"]
CLOUD = np.random.default_rng(0).normal(size=(700, 4)).astype(np.float32)


def with_noise(seed=0):
    """Three dense groups in a thin mist; truth is -1 for the mist."""
    rng = np.random.default_rng(seed)
    centers = np.array([[0.0, 0], [6, 0], [0, 6]])
    groups = [rng.normal(c, 0.2, (200, 2)) for c in centers]
    mist = rng.uniform(-12, 12, (60, 2))
    far = np.linalg.norm(mist[:, None] - centers, axis=2).min(axis=1) > 2
    X = np.concatenate([*groups, mist[far]])
    return X.astype(np.float32), np.r_[np.repeat(np.arange(3), 200), np.full(far.sum(), -1)]


def iterations(density, X, weight=None) -> list[Iteration]:
    records = list(density.fit_steps(X, weight))
    return [record.result for record in records if record.result is not None]


def note(density):
    return density.report_.notes[-1]


@cache
def tries(mode, n_clusters=16):
    return iterations(Density(n_clusters, mode=mode, neighborhood=0.005), CLOUD)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [rings, concentric])
@pytest.mark.parametrize(("n", "seed"), [(600, 0), (600, 1), (300, 2), (3000, 3)])
def test_interlocked_rings_are_found_where_k_means_fails(mode, shape, n, seed):
    """Clusters follow the data around the bend; k-means cuts straight through."""
    X, truth = shape(n, seed)
    found = Density(2, mode=mode, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, found) >= 0.99
    assert adjusted_rand_score(truth, KMeans(2, random_state=0).fit(X).labels_) < 0.6


@pytest.mark.parametrize("mode", MODES)
def test_separate_groups_are_found(mode):
    """Sixteen of them, each its own cluster."""
    X, truth = blobs()
    density = Density(16, mode=mode).fit(X)
    assert adjusted_rand_score(truth, density.labels_) >= 0.99


@pytest.mark.parametrize("X", [CLOUD, rings()[0], CLOUD[:, :1]], ids=["cloud", "rings", "line"])
def test_more_peaks_only_split_clusters(X):
    """Each cluster of many lies in one of few, so that entries never cost more."""
    few = None
    for k in (1, 2, 3, 7, 20, 64, 200):
        many = Density(k).fit(X).labels_
        assert len(np.unique(many)) == k
        if few is not None:
            assert len({*zip(few.tolist(), many.tolist(), strict=True)}) == k
        few = many


def test_clusters_grow_from_dense_to_sparse():
    """What is reached stays reached, is denser than what is not, and keeps its label."""
    steps = iterations(Density(8), CLOUD)
    assert len(steps) == 31
    assert (steps[0].labels == -1).all()
    assert (steps[-1].labels >= 0).all()
    for before, after in pairwise(steps):
        reached = before.labels >= 0
        np.testing.assert_array_equal(after.labels[reached], before.labels[reached])
    half = steps[15]
    density = half.detail["density"]
    assert density[half.labels >= 0].min() >= density[half.labels < 0].max()


def test_centres_of_peaks_are_dense_and_far_from_denser_points():
    """The two modes of two crossing clouds stand out in density times delta."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(c, 1, (400, 2)) for c in ([0, 0], [7, 0])])
    last = iterations(Density(2), X)[-1]
    score = last.detail["density"] * last.detail["delta"]
    first, second, third = np.argsort(-score)[:3]
    assert abs(last.points[first, 0] - last.points[second, 0]) > 5
    assert score[second] > 3 * score[third]


@pytest.mark.parametrize("mode", SEARCHING)
def test_each_scale_tried_is_told(mode):
    """With its clusters, its noise, and the labels that show them; the last is the chosen one."""
    for step in tries(mode):
        assert step.detail["n_found"] == len(np.unique(step.labels[step.labels >= 0]))
        assert step.detail["noise"] == pytest.approx(np.mean(step.labels < 0))
    chosen, tried = tries(mode)[-1], tries(mode)[:-1]
    assert chosen.detail["scale"] in [step.detail["scale"] for step in tried]
    allowed = [step.detail for step in tried if 1 <= step.detail["n_found"] <= 16]
    allowed = [detail for detail in allowed if detail["noise"] <= 0.5] or allowed
    most = max(detail["n_found"] for detail in allowed)
    assert chosen.detail["n_found"] == most
    least = min(detail["noise"] for detail in allowed if detail["n_found"] == most)
    assert chosen.detail["noise"] == least


@pytest.mark.parametrize("step", [3, 12, 20, -1])
def test_dbscan_is_scikit_learns(step):
    """The same dense clusters and noise; border points go to a dense point within the radius."""
    tried = tries("dbscan")[step]
    unit = 2.0 ** np.frexp(np.abs(CLOUD).max())[1]
    radius = tried.detail["scale"] * unit * (1 + 1e-9)
    least = int(np.ceil(0.005 * len(CLOUD)))
    theirs = DBSCAN(eps=radius, min_samples=least, algorithm="kd_tree").fit(tried.points)
    dense = theirs.core_sample_indices_
    assert adjusted_rand_score(theirs.labels_[dense], tried.labels[dense]) == 1
    np.testing.assert_array_equal(theirs.labels_ < 0, tried.labels < 0)
    points = tried.points.astype(np.float64)
    gaps = np.linalg.norm(points[:, None] - points[dense], axis=2)
    own = tried.labels[:, None] == tried.labels[dense]
    closest = np.where(own, gaps, np.inf).min(axis=1)
    assert (closest[tried.labels >= 0] <= radius).all()


@pytest.mark.parametrize("step", [0, 3, 5, 8, 12])
def test_hdbscan_is_scikit_learns_when_all_blocks_weigh_the_same(step):
    """The same clusters at the same least size; neighbourhoods of one leave no ties."""
    density = Density(200, mode="hdbscan", neighborhood=1 / len(CLOUD))
    tried = iterations(density, CLOUD)[step]
    size = int(np.ceil(tried.detail["scale"] * len(CLOUD) * (1 - 1e-9)))
    theirs = HDBSCAN(min_cluster_size=size, min_samples=1, copy=True).fit(tried.points)
    assert adjusted_rand_score(theirs.labels_, tried.labels) == pytest.approx(1)
    np.testing.assert_array_equal(theirs.labels_ < 0, tried.labels < 0)


@pytest.mark.parametrize("mode", SEARCHING)
def test_a_cloud_with_one_mode_is_reported_as_such(mode):
    """The page shows it as a finding, with the numbers of this fit."""
    density = Density(16, mode=mode, neighborhood=0.1).fit(CLOUD)
    assert len(density.cluster_centers_) == 1
    assert ("DBSCAN" if mode == "dbscan" else "HDBSCAN") in note(density)
    assert "one cloud with a single mode" in note(density)


@pytest.mark.parametrize("mode", SEARCHING)
@pytest.mark.parametrize("n_clusters", [1, 2])
def test_one_entry_for_many_clusters_is_not_called_a_single_mode(mode, n_clusters):
    """Sixteen groups with too few entries for them have sixteen modes all the same."""
    density = Density(n_clusters, mode=mode).fit(blobs()[0])
    assert f"{mode.upper()} found" in note(density)
    assert "single mode" not in note(density)


@pytest.mark.parametrize("mode", SEARCHING)
@pytest.mark.parametrize("n_clusters", [1, 2, 3, 8, 40])
def test_there_are_never_more_clusters_than_wanted(mode, n_clusters):
    """Neither where the data have sixteen, nor where they have one."""
    for X in (blobs()[0], CLOUD):
        density = Density(n_clusters, mode=mode, neighborhood=0.005).fit(X)
        assert 1 <= len(density.cluster_centers_) <= n_clusters


@pytest.mark.parametrize("mode", SEARCHING)
def test_noise_goes_to_the_nearest_entry_by_default(mode):
    """Every block has an entry, and entries are means of what is no noise."""
    X, truth = with_noise()
    density = Density(3, mode=mode).fit(X)
    assert density.noise_ is None
    assert adjusted_rand_score(truth[truth >= 0], density.labels_[truth >= 0]) == 1
    np.testing.assert_array_equal(density.labels_[truth < 0], density.predict(X[truth < 0]))
    assert np.linalg.norm(density.cluster_centers_, axis=1).min() < 0.1


@pytest.mark.parametrize("mode", SEARCHING)
def test_noise_can_be_stored_exactly(mode):
    """Then the mist costs no inertia, and hardly anything else is exact."""
    X, truth = with_noise()
    density = Density(3, mode=mode, noise="exact").fit(X)
    assert density.noise_[truth < 0].mean() > 0.7
    assert density.noise_[truth >= 0].mean() < 0.1
    assert density.inertia_ < 0.3 * Density(3, mode=mode).fit(X).inertia_
    share = f"{density.noise_.mean():.0%}"
    assert f"found 3 clusters of 3 and left {share} of the blocks as noise" in note(density)


def test_peaks_leave_no_noise():
    """The option has no effect there."""
    density = Density(3, noise="exact").fit(with_noise()[0])
    assert density.noise_ is None
    assert density.report_.notes == ()


@pytest.mark.parametrize("mode", MODES)
def test_whole_weights_equal_repetition(mode):
    """A block of weight three is three blocks."""
    X, _truth = with_noise()
    weight = np.random.default_rng(1).integers(1, 6, len(X))
    weighted = Density(3, mode=mode).fit(X, sample_weight=weight)
    repeated = Density(3, mode=mode).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_array_equal(np.repeat(weighted.labels_, weight), repeated.labels_)
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-4)


@pytest.mark.parametrize("mode", SEARCHING)
def test_the_unit_of_the_sample_weights_does_not_matter(mode):
    """Sensitivities of 1e-9 cluster as counts do."""
    X, _truth = with_noise()
    weight = np.random.default_rng(1).uniform(1, 6, len(X))
    counts = Density(3, mode=mode).fit(X, sample_weight=weight)
    tiny = Density(3, mode=mode).fit(X, sample_weight=weight * 1e-9)
    np.testing.assert_array_equal(counts.labels_, tiny.labels_)


@pytest.mark.parametrize("mode", SEARCHING)
def test_the_unit_of_the_blocks_does_not_matter(mode):
    """Neither does a factor that is no power of two, but for rounding."""
    X, _truth = with_noise()
    labels = Density(3, mode=mode).fit(X).labels_
    for factor in (2.0**-10, 1e-25, 3e20):
        scaled = (X.astype(np.float64) * factor).astype(np.float32)
        assert adjusted_rand_score(Density(3, mode=mode).fit(scaled).labels_, labels) > 0.99


@pytest.mark.parametrize("mode", MODES)
def test_the_same_seed_gives_the_same_clusters(mode):
    """With micro-clusters, which are drawn, too."""
    first, second = (
        Density(8, mode=mode, max_points=200, random_state=3).fit(CLOUD) for _ in range(2)
    )
    np.testing.assert_array_equal(first.labels_, second.labels_)
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)


def test_a_heavy_block_is_a_cluster_for_hdbscan():
    """A pruned layer is half zeros: one point that outweighs all others is no noise."""
    rng = np.random.default_rng(0)
    X = np.concatenate([np.zeros((500, 2)), rng.normal([8, 8], 0.1, (300, 2))])
    density = Density(2, mode="hdbscan").fit(X)
    np.testing.assert_array_equal(density.labels_[:500], density.labels_[0])
    np.testing.assert_array_equal(density.labels_[500:], 1 - density.labels_[0])
    np.testing.assert_array_equal(density.cluster_centers_[density.labels_[0]], [0, 0])


LAYERS = {
    "mostly zeros": np.where(np.random.default_rng(0).random((400, 2)) < 0.05, CLOUD[:400, :2], 0),
    "lattice": np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), -1).reshape(-1, 2),
    "huge outlier": np.vstack([CLOUD[:300], np.full((1, 4), 1e20, np.float32)]),
    "two values and an outlier": np.r_[np.zeros(50), np.ones(50), 1e6][:, None],
    "line": np.linspace(0, 1, 200)[:, None] ** 2,
    "masked": np.where(np.arange(CLOUD.size).reshape(CLOUD.shape) % 7 == 0, np.nan, CLOUD),
    "tiny": CLOUD * np.float32(1e-30),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("noise", ["nearest", "exact"])
@pytest.mark.parametrize("layer", list(LAYERS))
def test_strange_layers_get_valid_entries(mode, noise, layer):
    """Ties, outliers and heavy blocks give finite entries, hardly worse than a single one.

    A little, since noise pulls on no entry.
    """
    X = LAYERS[layer]
    for n_clusters in (1, 2, 5):
        density = Density(n_clusters, mode=mode, noise=noise, random_state=0).fit(X)
        assert np.isfinite(density.cluster_centers_).all()
        assert 1 <= len(density.cluster_centers_) <= n_clusters
        exact = X.astype(np.float64)
        alone = np.nansum((exact - np.nanmean(exact, axis=0)) ** 2)
        assert density.inertia_ <= alone * 1.01
