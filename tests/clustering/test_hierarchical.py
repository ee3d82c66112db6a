"""Our merges against SciPy's, what weights mean, and what the steps tell."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from sklearn.metrics import adjusted_rand_score

from wc_core.clustering._linkage import merge_steps
from wc_core.clustering.hierarchical import Hierarchical

LINKAGES = ["ward", "average", "complete"]


def heights(points, weights, linkage):
    steps = merge_steps(points, weights, linkage)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value.heights


def iterations(clusterer, blocks):
    """Read each iteration's labels before the next record is taken."""
    return [
        (record.result.labels.copy(), record.result)
        for record in clusterer.fit_steps(blocks)
        if record.result is not None
    ]


@pytest.mark.parametrize("linkage", LINKAGES)
@pytest.mark.parametrize("width", [1, 2, 5])
def test_unweighted_blocks_are_cut_as_scipy_cuts_them(linkage, width):
    """The same partition at every cut, and the same heights."""
    X = np.random.default_rng(width).normal(size=(150, width))
    tree = scipy_linkage(X, linkage)
    np.testing.assert_allclose(heights(X, np.ones(150), linkage), tree[:, 2], rtol=1e-9)
    for k in (2, 3, 10, 50, 149):
        theirs = fcluster(tree, k, "maxclust")
        ours = Hierarchical(k, linkage=linkage).fit(X)
        assert adjusted_rand_score(theirs, ours.labels_) == 1


@pytest.mark.parametrize("linkage", LINKAGES)
def test_a_weight_counts_as_that_many_equal_points(linkage):
    """The merges above zero are those that SciPy finds among repeated points."""
    rng = np.random.default_rng(1)
    X, weights = rng.normal(size=(60, 3)), rng.integers(1, 6, 60)
    repeated = scipy_linkage(np.repeat(X, weights, axis=0), linkage)[:, 2]
    ours = heights(X, weights.astype(float), linkage)
    np.testing.assert_allclose(ours, repeated[-59:], rtol=1e-9)


def test_complete_linkage_ignores_weights():
    """The largest distance between two clusters is the same however often it occurs."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 2))
    plain = Hierarchical(7, linkage="complete").fit(X)
    weighted = Hierarchical(7, linkage="complete").fit(X, sample_weight=rng.uniform(1, 9, 80))
    assert adjusted_rand_score(plain.labels_, weighted.labels_) == 1


@pytest.mark.parametrize("linkage", LINKAGES)
def test_fewer_entries_are_unions_of_more(linkage):
    """The cuts are nested, also when blocks are gathered into micro-clusters first."""
    X = np.random.default_rng(3).normal(size=(600, 2))
    fine, coarse = (
        Hierarchical(k, linkage=linkage, max_points=200, random_state=0).fit(X).labels_
        for k in (20, 6)
    )
    parents = {(a, b) for a, b in zip(fine, coarse, strict=True)}
    assert len(parents) == 20


def test_a_grid_full_of_ties_is_clustered():
    """Equal distances everywhere neither run in circles nor lose points."""
    X = np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0)), -1).reshape(-1, 2)
    for linkage in LINKAGES:
        labels = Hierarchical(9, linkage=linkage).fit(X).labels_
        assert len(np.unique(labels)) == 9


def test_steps_replay_the_merges_down_to_the_cut():
    """Clusters are named 0 to m - 1 while m are left; heights rise; the end is the result."""
    X = np.random.default_rng(4).normal(size=(300, 2)).astype(np.float32)
    clusterer = Hierarchical(5)
    told = iterations(clusterer, X)
    left = [iteration.detail["n_clusters"] for _labels, iteration in told]
    assert left == sorted(left, reverse=True)
    assert 10 <= len(told) <= 60
    assert (left[0], left[-1]) == (300, 5)
    for labels, iteration in told:
        assert np.unique(labels).tolist() == list(range(iteration.detail["n_clusters"]))
    rising = [iteration.detail["height"] for _labels, iteration in told]
    assert rising == sorted(rising)
    assert rising[0] == 0
    assert adjusted_rand_score(told[-1][0], clusterer.labels_) == 1
    assert told[-1][1].inertia == pytest.approx(clusterer.inertia_, rel=1e-5)


def test_the_heavier_part_of_a_merge_keeps_its_name():
    """A colour in the animation stays with the larger cluster."""
    X = np.array([[0.0], [1.0], [1.2], [9.0]])
    told = iterations(Hierarchical(2), X)
    before, after = told[-2][0], told[-1][0]
    assert before[1] == before[2]
    assert after[0] == after[1] == before[1]
    assert after[3] == before[3]


@pytest.mark.parametrize("linkage", LINKAGES)
def test_a_huge_outlier_does_not_blur_the_rest(linkage):
    """Two near groups are told apart beside a block at 1e25."""
    X = np.array([[0.0], [1.0], [10.0], [11.0], [1e25]], dtype=np.float32)
    labels = Hierarchical(3, linkage=linkage).fit(X).labels_
    assert labels.tolist() == [0, 0, 1, 1, 2]
