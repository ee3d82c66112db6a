"""What is special about hashing: buckets of signatures, empty ones, planes that are redrawn."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.clustering.shapes import blobs, rings
from wc_core.clustering._fit import Iteration
from wc_core.clustering._hashing import Hyperplanes, bucket_numbers
from wc_core.clustering.hsc import HSC, PATIENCE
from wc_core.clustering.kmeans import KMeans
from wc_core.errors import ConfigError

BLOCKS = np.random.default_rng(0).normal(size=(2000, 4)).astype(np.float32)
MODES = ["article", "spectral"]


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


def iterations(model, X, weight=None) -> list[Iteration]:
    records = model.fit_steps(X, weight)
    return [record.result for record in records if record.result is not None]


def planes_of(iteration):
    return Hyperplanes(iteration.detail["planes"], iteration.detail["offsets"])


@pytest.mark.parametrize("k", [6, 16, 24])
def test_a_bucket_is_the_signature_modulo_k(k):
    """Round by round, from the hyperplanes that the record holds."""
    for told in iterations(HSC(k, random_state=0), BLOCKS):
        numbers = bucket_numbers(planes_of(told).bits(BLOCKS), k)
        _used, labels = np.unique(numbers, return_inverse=True)
        np.testing.assert_array_equal(told.labels, labels)


def test_an_entry_is_the_mean_of_its_bucket():
    """The article's centroid."""
    hsc = HSC(8, random_state=0).fit(BLOCKS)
    for entry, center in enumerate(hsc.cluster_centers_):
        np.testing.assert_allclose(center, BLOCKS[hsc.labels_ == entry].mean(axis=0), atol=1e-5)


def test_rounds_redraw_one_plane_and_never_cost_more():
    """Whatever does not lower the inertia is not kept."""
    told = iterations(HSC(16, random_state=0), BLOCKS)
    inertia = [iteration.inertia for iteration in told]
    assert inertia == sorted(inertia, reverse=True)
    assert inertia[-1] < 0.8 * inertia[0]
    for before, after in pairwise(told):
        moved = (before.detail["planes"] != after.detail["planes"]).any(axis=1)
        assert moved.sum() <= 1
        assert moved.any() == (after.inertia < before.inertia)


def test_it_ends_when_no_plane_gets_better():
    """After eight vain attempts for each plane, or when the rounds are used up."""
    told = iterations(HSC(4, max_iter=1000, random_state=0), BLOCKS)
    last = told[-1].inertia
    vain = sum(iteration.inertia == last for iteration in told) - 1
    assert vain == PATIENCE * len(told[0].detail["planes"])
    assert iterations(HSC(16, max_iter=3, random_state=0), BLOCKS)[-1].step == 3


def test_the_first_planes_go_through_the_mean():
    """Weighted: SimHash of centred blocks."""
    weight = np.linspace(0, 2, len(BLOCKS))
    first = iterations(HSC(16, random_state=0), BLOCKS, weight)[0]
    middle = np.average(BLOCKS.astype(float), axis=0, weights=weight)
    np.testing.assert_allclose(first.detail["planes"] @ middle, first.detail["offsets"], atol=1e-6)


@pytest.mark.parametrize(("k", "n_planes"), [(2, 1), (3, 2), (16, 4), (17, 5)])
def test_as_many_planes_as_k_has_digits(k, n_planes):
    """More would be dropped by the modulo or mix up what it keeps."""
    assert len(iterations(HSC(k, random_state=0), BLOCKS)[0].detail["planes"]) == n_planes


def test_empty_buckets_are_told():
    """Three planes reach eight buckets of twenty at most; the report counts the others."""
    hsc = HSC(20, n_planes=3, random_state=0).fit(BLOCKS)
    n = len(hsc.cluster_centers_)
    assert n <= 8
    (note,) = hsc.report_.notes
    assert f"{20 - n} of 20 buckets stayed empty" in note
    assert "3 hyperplanes" in note
    full = HSC(2, random_state=0).fit(BLOCKS)
    assert len(full.cluster_centers_) == 2
    assert not full.report_.notes


def test_the_modulo_drops_superfluous_bits():
    """With k a power of two, planes beyond its digits change nothing."""
    told = iterations(HSC(8, n_planes=40, random_state=0), BLOCKS)[-1]
    low = Hyperplanes(told.detail["planes"][:3], told.detail["offsets"][:3])
    np.testing.assert_array_equal(
        bucket_numbers(low.bits(BLOCKS), 8), bucket_numbers(planes_of(told).bits(BLOCKS), 8)
    )


def test_blocks_of_one_signature_stay_together():
    """Signatures are what is clustered: fewer than the blocks, weighing as much as these."""
    rng = np.random.default_rng(1)
    X = np.repeat(BLOCKS[:150], 4, axis=0) + rng.normal(0, 1e-3, (600, 4)).astype(np.float32)
    hsc = HSC(12, mode="spectral", random_state=0)
    told = iterations(hsc, X)
    seen, kind = np.unique(planes_of(told[-1]).bits(X), axis=0, return_inverse=True)
    assert 12 < len(seen) == len(told[-1].points) < 300
    assert len({*zip(kind.ravel().tolist(), hsc.labels_.tolist(), strict=True)}) == len(seen)
    assert told[0].weights.sum() == pytest.approx(600)
    assert all(iteration.detail["embedding"].shape == (len(seen), 12) for iteration in told)
    assert f"{len(seen)} of 2^64 signatures occur among 600 blocks" in hsc.report_.notes


def test_rare_signatures_join_the_most_alike():
    """No more than `max_signatures` are clustered, and no block is lost."""
    hsc = HSC(12, mode="spectral", max_signatures=100, random_state=0)
    told = iterations(hsc, BLOCKS)
    assert len(told[-1].points) == 100
    assert told[-1].weights.sum() == pytest.approx(len(BLOCKS))
    all_of_them = HSC(12, mode="spectral", max_signatures=5000, random_state=0).fit(BLOCKS)
    assert hsc.inertia_ < 1.2 * all_of_them.inertia_


def test_more_planes_are_taken_until_there_are_enough_signatures():
    """On a line, 64 planes part at most 65 groups, too few for 60 clusters."""
    line = np.random.default_rng(0).normal(size=(3000, 1))
    hsc = HSC(60, mode="spectral", random_state=0)
    told = iterations(hsc, line)
    assert len(told[-1].detail["planes"]) == 256
    assert len(hsc.cluster_centers_) == 60


@pytest.mark.parametrize("d", [2, 4])
def test_separate_groups_are_found_in_both_readings(mode, d):
    """Four groups: a hash that is redrawn finds them, and so does clustering the hashes."""
    X, truth = blobs(4, 80, d)
    labels = HSC(4, mode=mode, random_state=0).fit(X).labels_
    assert adjusted_rand_score(truth, labels) >= 0.99


def test_clustered_signatures_cost_less_than_the_modulo():
    """The likeness of signatures says more than their number."""
    literal = HSC(32, random_state=0).fit(BLOCKS)
    founded = HSC(32, mode="spectral", random_state=0).fit(BLOCKS)
    best = KMeans(32, random_state=0).fit(BLOCKS)
    assert best.inertia_ < founded.inertia_ < literal.inertia_


def test_every_seed_gives_a_codebook(mode):
    """Whatever planes are drawn, also on bent shapes."""
    X, _truth = rings(300)
    for seed in range(10):
        hsc = HSC(5, mode=mode, random_state=seed).fit(X)
        assert 2 <= len(hsc.cluster_centers_) <= 5
        assert np.isfinite(hsc.inertia_)


def test_a_masked_lane_is_filled_before_it_is_hashed(mode):
    """Blocks that look alike where both can be seen fall together."""
    X = np.array([[0.0, 1], [9, 5], [9, np.nan], [0, np.nan]] * 5)
    labels = HSC(2, mode=mode, random_state=0).fit(X).labels_
    np.testing.assert_array_equal(labels[:4] == labels[0], [True, False, False, True])


def test_more_clusters_than_signatures_are_refused():
    """The sentence names both numbers and three ways out."""
    hsc = HSC(32, mode="spectral", max_signatures=20)
    with pytest.raises(ConfigError, match=r"at most 20 signatures.* 32 entries: raise .* article"):
        hsc.fit(BLOCKS)


def test_no_more_signatures_than_clusters_need_no_spectral_clustering():
    """One plane has two sides: each is an entry, and the report says how few there are."""
    hsc = HSC(4, mode="spectral", n_planes=1, random_state=0).fit(BLOCKS)
    assert len(hsc.cluster_centers_) == 2
    assert any("2 of 2^1 signatures occur" in note for note in hsc.report_.notes)
