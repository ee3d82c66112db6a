"""What is special about mini-batch k-means: it sees few blocks at a time, and all at last."""

import numpy as np
import pytest

from wc_core.clustering._fit import Iteration
from wc_core.clustering.kmeans import KMeans
from wc_core.clustering.minibatch_kmeans import SHOWN, MiniBatchKMeans

BLOCKS = np.random.default_rng(0).normal(size=(6000, 4)).astype(np.float32)


def iterations(model, X, weight=None) -> list[Iteration]:
    records = model.fit_steps(X, weight)
    return [record.result for record in records if record.result is not None]


def copies(model, X):
    """Return (step, labels, batch) of every iteration; the arrays go on changing."""
    records = (record.result for record in model.fit_steps(X))
    return [(i.step, i.labels.copy(), i.detail["batch"]) for i in records if i is not None]


def test_it_comes_close_to_k_means():
    """Within four per cent of its error, on batches of a twentieth of the blocks."""
    mini = MiniBatchKMeans(32, batch_size=300, random_state=0).fit(BLOCKS)
    assert mini.inertia_ < 1.04 * KMeans(32, random_state=0).fit(BLOCKS).inertia_


def test_every_pass_sees_every_block_once():
    """Batches of one pass do not overlap, and leave nothing out."""
    model = MiniBatchKMeans(8, batch_size=500, n_passes=2, tol=0.0, random_state=0)
    seen = copies(model, BLOCKS)
    assert [step for step, _labels, _batch in seen] == list(range(1, 25))
    for start in (0, 12):
        rows = np.concatenate([batch for _step, _labels, batch in seen[start : start + 12]])
        np.testing.assert_array_equal(np.sort(rows), np.arange(len(BLOCKS)))


def test_blocks_in_no_batch_yet_have_no_label():
    """Labels fill up batch by batch, and only those of the batch change."""
    model = MiniBatchKMeans(8, batch_size=500, n_passes=2, tol=0.0, random_state=0)
    before = np.full(len(BLOCKS), -1)
    for step, labels, batch in copies(model, BLOCKS):
        outside = np.setdiff1d(np.arange(len(BLOCKS)), batch)
        np.testing.assert_array_equal(labels[outside], before[outside])
        assert (labels[batch] >= 0).all()
        assert (labels < 0).sum() == max(0, len(BLOCKS) - 500 * step)
        before = labels


def test_a_pass_that_helps_little_is_the_last():
    """With a wide tolerance two passes are enough to tell; with none all are made."""
    steps = [
        iterations(MiniBatchKMeans(8, batch_size=1000, tol=tol, random_state=0), BLOCKS)[-1].step
        for tol in (0.1, 0.0)
    ]
    assert steps[0] == 12
    assert steps[1] == 30


def test_many_batches_are_not_all_told():
    """Records carry the state about a hundred times, and at the end of every pass."""
    told = iterations(MiniBatchKMeans(4, batch_size=16, n_passes=2, tol=0.0), BLOCKS[:3000])
    assert len(told) <= SHOWN + 10
    assert {188, 376} <= {iteration.step for iteration in told}


def test_entries_end_as_near_means():
    """The step over all blocks: entries are the means of the last assignment, none is empty."""
    mini = MiniBatchKMeans(64, batch_size=100, n_passes=1, random_state=0).fit(BLOCKS)
    assert len(np.unique(mini.labels_)) == 64
    means = np.array([BLOCKS[mini.labels_ == j].mean(axis=0) for j in range(64)])
    off = np.linalg.norm(mini.cluster_centers_ - means, axis=1)
    assert off.mean() < 0.2 * np.linalg.norm(means, axis=1).mean()


def test_rare_entries_move_on_where_that_is_asked_for():
    """With no reassignment a far block keeps an entry of its own."""
    X = np.vstack([BLOCKS, np.full((1, 4), 30, np.float32)])
    keeps = MiniBatchKMeans(16, batch_size=200, reassignment_ratio=0.0, random_state=0).fit(X)
    alone = keeps.labels_ == keeps.labels_[-1]
    assert alone.sum() == 1
    np.testing.assert_allclose(keeps.cluster_centers_[keeps.labels_[-1]], X[-1], rtol=1e-5)


def test_far_from_zero_nothing_is_lost():
    """Batches are moved to their middle first: squares of 1,000 would drown what differs."""
    near = MiniBatchKMeans(16, batch_size=500, random_state=0).fit(BLOCKS)
    far = MiniBatchKMeans(16, batch_size=500, random_state=0).fit(BLOCKS + np.float32(1000))
    assert far.inertia_ == pytest.approx(near.inertia_, rel=0.03)


def test_batches_hold_a_block_for_each_entry():
    """A smaller batch could not tell all entries apart."""
    mini = MiniBatchKMeans(300, batch_size=16, n_passes=2, random_state=0)
    told = iterations(mini, BLOCKS[:2000])
    assert {len(iteration.detail["batch"]) for iteration in told} == {300, 200}
    assert len(mini.cluster_centers_) == 300


def test_heavy_blocks_pull_harder():
    """Half of the blocks weigh a hundred times as much: their error falls, the other grows."""
    weight = np.where(np.arange(len(BLOCKS)) % 2, 100.0, 1.0)
    X = BLOCKS + np.where(np.arange(len(BLOCKS)) % 2, 3, 0)[:, None].astype(np.float32)
    even = MiniBatchKMeans(8, random_state=0).fit(X)
    heavy = MiniBatchKMeans(8, random_state=0).fit(X, sample_weight=weight)

    def errors(model):
        gaps = ((X - model.cluster_centers_[model.labels_]) ** 2).sum(axis=1)
        return gaps[1::2].sum(), gaps[::2].sum()

    assert errors(heavy)[0] < errors(even)[0]
    assert errors(heavy)[1] > errors(even)[1]
