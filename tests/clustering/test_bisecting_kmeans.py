"""What is special about bisecting k-means: the clusters are a tree, grown worst leaf first."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from wc_core.clustering._fit import Iteration
from wc_core.clustering.bisecting_kmeans import SHOWN, BisectingKMeans
from wc_core.clustering.kmeans import KMeans

BLOCKS = np.random.default_rng(0).normal(size=(3000, 4)).astype(np.float32)


def iterations(model, X, weight=None) -> list[Iteration]:
    records = (record.result for record in model.fit_steps(X, weight))
    return [
        Iteration(
            i.step, i.points, i.weights, i.labels.copy(), i.centers, i.inertia, detail=i.detail
        )
        for i in records
        if i is not None
    ]


def costs(X, labels, weight=None):
    """Return the weighted squared error of each cluster around its mean."""
    weight = np.ones(len(X)) if weight is None else weight
    answer = []
    for label in range(labels.max() + 1):
        inside = labels == label
        mean = np.average(X[inside].astype(float), axis=0, weights=weight[inside])
        answer.append(weight[inside] @ ((X[inside] - mean) ** 2).sum(axis=1))
    return np.array(answer)


def test_fewer_entries_are_unions_of_more():
    """Under one seed a smaller codebook is a coarser cut of the same tree."""
    fine = BisectingKMeans(40, random_state=3).fit(BLOCKS).labels_
    for k in (2, 5, 17):
        coarse = BisectingKMeans(k, random_state=3).fit(BLOCKS).labels_
        assert len({*zip(coarse.tolist(), fine.tolist(), strict=True)}) == 40


@pytest.mark.parametrize("weighted", [False, True])
def test_each_split_halves_the_cluster_with_the_largest_error(weighted):
    """The record names it; all others keep their blocks and their labels."""
    weight = np.linspace(0.1, 3, len(BLOCKS)) if weighted else None
    steps = iterations(BisectingKMeans(20, random_state=0), BLOCKS, weight)
    assert [step.step for step in steps] == list(range(20))
    for before, after in pairwise(steps):
        split = after.detail["split"]
        assert split == costs(BLOCKS, before.labels, weight).argmax()
        changed = before.labels != after.labels
        assert set(before.labels[changed]) == {split}
        assert set(after.labels[changed]) == {after.step}
        assert after.inertia < before.inertia


def test_splitting_by_weight_makes_clusters_alike_in_size():
    """The heaviest cluster is next, whatever its error."""
    X = BLOCKS * np.where(np.arange(len(BLOCKS)) % 10, 0.1, 3)[:, None].astype(np.float32)
    sizes = {
        split: np.bincount(BisectingKMeans(16, split=split, random_state=0).fit(X).labels_)
        for split in ("weight", "error")
    }
    assert sizes["weight"].max() < 0.5 * sizes["error"].max()


def test_more_trials_split_no_worse():
    """The best of several trials is kept."""
    one, many = (
        np.mean(
            [
                BisectingKMeans(2, n_init=n, max_iter=2, random_state=seed).fit(BLOCKS).inertia_
                for seed in range(8)
            ]
        )
        for n in (1, 8)
    )
    assert many < one


def test_polish_sends_blocks_to_their_nearest_entry():
    """The tree keeps a block in its leaf though another entry is nearer; polish mends that."""
    tree = BisectingKMeans(32, random_state=0).fit(BLOCKS)
    assert (tree.labels_ != tree.predict(BLOCKS)).any()
    polished = BisectingKMeans(32, polish=100, random_state=0).fit(BLOCKS)
    assert polished.inertia_ < tree.inertia_
    assert polished.inertia_ < 1.05 * KMeans(32, random_state=0).fit(BLOCKS).inertia_


def test_a_tree_of_groups_is_grown_group_by_group():
    """Pairs of near groups, pairs of pairs: four entries are the pairs, eight the groups."""
    place = np.array([[x, y, z] for x in (0, 100) for y in (0, 30) for z in (0, 5)])
    truth = np.repeat(np.arange(8), 40)
    X = place[truth] + np.random.default_rng(0).normal(0, 0.2, (320, 3))
    for k, groups in ((2, truth // 4), (4, truth // 2), (8, truth)):
        labels = BisectingKMeans(k, random_state=0).fit(X).labels_
        assert adjusted_rand_score(groups, labels) == 1


def test_clusters_of_equal_blocks_are_not_split():
    """What cannot get better is left alone; every distinct block is reached all the same."""
    X = np.repeat(np.array([[0.0, 0], [1, 0], [0, 9], [7, 7]]), [500, 3, 1, 20], axis=0)
    for k in (2, 3, 4):
        assert len(BisectingKMeans(k, random_state=0).fit(X).cluster_centers_) == k


def test_many_splits_are_not_all_told():
    """Records carry the state about 64 times, and at the end; others only say how far it is."""
    told = iterations(BisectingKMeans(500, random_state=0), BLOCKS)
    assert len(told) <= SHOWN + 2
    assert told[-1].step == 499
    assert len(told[-1].centers) == 500
