"""What is special about deep clustering: its encoders, its rounds, and that nothing leaks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from tests.clustering.shapes import blobs
from wc_core.clustering._encoder import AutoEncoder
from wc_core.clustering._fit import Iteration
from wc_core.clustering.dlca import DLCA, FEW_CHANGES, on_common_scale
from wc_core.clustering.kmeans import KMeans
from wc_core.errors import ConfigError

RNG = np.random.default_rng(0)
FLAT = RNG.normal(size=(900, 4)).astype(np.float32)
KERNELS = RNG.normal(size=(900, 9)).astype(np.float32)
ENCODERS = [("dense", FLAT), ("dense", KERNELS), ("conv", KERNELS)]


def iterations(model, X, weight=None) -> list[Iteration]:
    records = (record.result for record in model.fit_steps(X, weight))
    return [replace(i, labels=i.labels.copy()) for i in records if i is not None]


@pytest.mark.parametrize(("encoder", "X"), ENCODERS)
def test_both_encoders_give_a_codebook_that_is_the_same_every_time(encoder, X):
    """Bit for bit under a seed; another seed is another network."""
    first = DLCA(12, encoder=encoder, random_state=3).fit(X)
    again = DLCA(12, encoder=encoder, random_state=3).fit(X)
    other = DLCA(12, encoder=encoder, random_state=4).fit(X)
    np.testing.assert_array_equal(first.cluster_centers_, again.cluster_centers_)
    assert not np.array_equal(first.labels_, other.labels_)
    assert len(first.cluster_centers_) == 12
    kind = {"dense": "dense", "conv": "convolutional"}[encoder]
    assert any(note.startswith(f"{kind} encoder; entries") for note in first.report_.notes)


@pytest.mark.parametrize(("encoder", "X"), ENCODERS)
def test_entries_cost_a_little_more_than_those_of_k_means(encoder, X):
    """The latent space keeps what matters: with one subspace within a quarter of its error."""
    deep = DLCA(16, encoder=encoder, n_subspaces=1, random_state=0).fit(X)
    plain = KMeans(16, random_state=0).fit(X)
    assert plain.inertia_ < deep.inertia_ < 1.25 * plain.inertia_


@pytest.mark.parametrize(("width", "kind"), [(4, "dense"), (8, "dense"), (9, "conv"), (25, "conv")])
def test_square_kernels_are_seen_as_such(width, kind):
    """From 3 x 3 on; 2 x 2 has no inside."""
    X = np.random.default_rng(0).normal(size=(100, width))
    notes = DLCA(4, n_epochs=1, max_rounds=1).fit(X).report_.notes
    assert notes[0].startswith(kind)


@pytest.mark.parametrize("width", [1, 4, 8, 12])
def test_convolutions_on_other_blocks_are_refused(width):
    """The sentence says what fits and what else could be asked for."""
    X = np.random.default_rng(0).normal(size=(100, width))
    with pytest.raises(ConfigError, match=rf"3x3 or more .*got blocks of {width}: .* auto or"):
        DLCA(4, encoder="conv").fit(X)


def test_torchs_own_random_numbers_are_left_alone():
    """Neither read nor moved; and its threads are as many as before."""
    torch.manual_seed(1)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    first = DLCA(4, n_epochs=2, random_state=0).fit(FLAT)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    torch.manual_seed(2)
    np.testing.assert_array_equal(
        DLCA(4, n_epochs=2, random_state=0).fit(FLAT).labels_, first.labels_
    )


def test_gradients_are_left_as_the_caller_had_them():
    """Training inside `no_grad` works, and does not switch gradients on outside."""
    with torch.no_grad():
        DLCA(4, n_epochs=1, max_rounds=1, random_state=0).fit(FLAT)
        assert not torch.is_grad_enabled()


def test_rounds_tell_where_blocks_lie_and_what_changed():
    """Latent vectors, labels, and the weighted share of labels that are new."""
    weight = np.linspace(0.1, 2, len(FLAT))
    told = iterations(DLCA(8, n_latent=3, random_state=0), FLAT, weight)
    assert [iteration.step for iteration in told] == list(range(1, len(told) + 1))
    before = np.full(len(FLAT), -1)
    for iteration in told:
        assert iteration.detail["latent"].shape == (len(FLAT), 3)
        changed = weight @ (iteration.labels != before) / weight.sum()
        assert iteration.detail["changed"] == pytest.approx(changed)
        before = iteration.labels
    moved = told[0].detail["latent"] - told[-1].detail["latent"]
    assert np.abs(moved).max() > 1e-3  # the encoder learned on between the rounds


def test_rounds_end_when_labels_stay():
    """Fewer than one per cent of new labels; without training that is the second round."""
    told = iterations(DLCA(8, round_epochs=0, max_rounds=50, random_state=0), FLAT)
    assert told[-1].detail["changed"] < FEW_CHANGES
    assert all(iteration.detail["changed"] >= FEW_CHANGES for iteration in told[:-1])
    assert len(told) < 50
    assert len(iterations(DLCA(8, max_rounds=1, random_state=0), FLAT)) == 1


def test_the_hash_of_the_latent_vector_picks_the_subspace():
    """All blocks of an entry lie on the same sides of the hash's planes, which meet in the mean."""
    model = DLCA(12, n_subspaces=4, round_epochs=0, n_latent=4, random_state=0)
    last = iterations(model, FLAT)[-1]
    budget = [int(n) for n in model.report_.notes[0].rpartition(": ")[2].split(", ")]
    assert len(budget) == 4
    assert sum(budget) == 12
    latent = last.detail["latent"] - last.detail["latent"].mean(axis=0)
    subspace = np.repeat(np.arange(4), budget)[last.labels]
    for number in range(4):
        # Opposite cells of two planes through the mean: no subspace holds a vector's opposite.
        inside = latent[subspace == number]
        assert (inside @ inside.mean(axis=0)).mean() > 0


def test_pulling_makes_clusters_denser():
    """The distance to the centres in latent space falls as a share of the spread there."""

    def tightness(pull):
        model = DLCA(8, pull=pull, n_subspaces=1, max_rounds=6, random_state=0)
        told = iterations(model, FLAT)[-1]
        latent, labels = told.detail["latent"], told.labels
        centers = np.array([latent[labels == j].mean(axis=0) for j in range(8)])
        return np.square(latent - centers[labels]).sum() / np.square(latent - latent.mean(0)).sum()

    assert tightness(1.0) < 0.9 * tightness(0.0)


def test_blocks_that_the_network_cannot_tell_apart_are_parted_all_the_same():
    """Beside an outlier of 1e18 latent vectors coincide; every round copes, none loses an entry."""
    X = np.array([[1.0], [-1], [0], [1e18], [1e18]], dtype=np.float32)
    told = iterations(DLCA(3, n_epochs=2, max_rounds=3, random_state=0), X)
    for iteration in told:
        assert len(np.unique(iteration.labels)) == 3


def test_separate_groups_are_found_where_the_hash_leaves_them_whole():
    """With one subspace; a hash that cuts through a group costs an entry, and not much more."""
    X, truth = blobs(8, 60, d=3)
    whole = DLCA(8, n_subspaces=1, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, whole) >= 0.99
    cut = DLCA(8, n_subspaces=4, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, cut) >= 0.7


def test_training_lowers_the_loss():
    """Blocks on a bent line are restored from one number, better and better."""
    t = np.random.default_rng(0).uniform(-1, 1, 500)
    X = on_common_scale(np.stack([t, t**2, np.sin(3 * t)], axis=1))
    network = AutoEncoder(3, 1, False, np.random.RandomState(0))
    losses = [network.train_epoch(X, np.ones(500)) for _epoch in range(60)]
    assert losses[-1] < 0.3 * losses[0]


@pytest.mark.parametrize(("width", "is_conv"), [(3, False), (9, True), (16, True)])
def test_the_same_seed_draws_the_same_network(width, is_conv):
    """Latent vectors are equal before and after training."""
    X = np.random.default_rng(0).normal(size=(700, width)).astype(np.float32)
    networks = [AutoEncoder(width, 2, is_conv, np.random.RandomState(5)) for _copy in range(2)]
    for _epoch in range(2):
        one, other = (network.encode(X) for network in networks)
        np.testing.assert_array_equal(one, other)
        for network in networks:
            network.train_epoch(X, np.ones(700))


def test_the_common_scale_keeps_order_and_drops_the_unit():
    """Monotone, odd around the median, the same in every unit, finite for the largest numbers."""
    X = np.random.default_rng(0).standard_t(2, size=(301, 2))
    scaled = on_common_scale(X)
    for lane in range(2):
        order = np.argsort(X[:, lane], kind="stable")
        assert (np.diff(scaled[order, lane]) >= 0).all()
    np.testing.assert_allclose(on_common_scale(X * 1e-20), scaled, rtol=1e-5)
    assert np.isfinite(on_common_scale(np.array([[0.0], [1.0], [-1e150]]))).all()
    np.testing.assert_array_equal(on_common_scale(np.ones((4, 2))), 0)
