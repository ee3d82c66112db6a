"""Hashes by hyperplanes: signatures, the buckets that they number, and how alike they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._buckets import Buckets, bisector_steps
from wc_core.clustering._hashing import (
    Hyperplanes,
    bucket_numbers,
    hamming,
    places,
    planes_between,
    planes_through,
    signatures,
)

SIGNATURES = st.integers(1, 200).flatmap(
    lambda n_bits: arrays(bool, st.tuples(st.integers(1, 8), st.just(n_bits)))
)


def as_number(bits):
    """Read a signature, first bit lowest, as a number of any length."""
    return sum(1 << place for place, bit in enumerate(bits) if bit)


@settings(max_examples=100, deadline=None)
@given(SIGNATURES, st.integers(1, 65536))
def test_buckets_are_signatures_modulo_their_count(bits, n_buckets):
    """Against Python's whole numbers, which have no end: 200 bits fit no machine's."""
    expected = [as_number(row) % n_buckets for row in bits]
    np.testing.assert_array_equal(bucket_numbers(bits, n_buckets), expected)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 200), st.integers(1, 65536))
def test_a_place_is_a_power_of_two_modulo_the_buckets(n_bits, n_buckets):
    """Each bit adds its own, whatever the others are."""
    np.testing.assert_array_equal(
        places(n_bits, n_buckets), [2**bit % n_buckets for bit in range(n_bits)]
    )


@settings(max_examples=100, deadline=None)
@given(SIGNATURES)
def test_signatures_that_occur_are_counted_once(bits):
    """In the order they occur; every point finds its own among them."""
    found, kind = signatures(bits)
    np.testing.assert_array_equal(found[kind], bits)
    assert len(found) == len(np.unique(bits, axis=0))
    assert list(dict.fromkeys(kind.tolist())) == list(range(len(found)))


@settings(max_examples=50, deadline=None)
@given(SIGNATURES)
def test_hamming_counts_the_bits_that_differ(bits):
    """Between all pairs."""
    np.testing.assert_array_equal(hamming(bits, bits[:3]), (bits[:, None] != bits[:3]).sum(axis=2))


def test_a_bit_says_on_which_side_a_point_lies():
    """Beyond a plane is 1; on it is 0."""
    planes = Hyperplanes(np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([1.0, 0.0]))
    points = np.array([[2.0, 3.0], [1.0, -3.0], [0.0, 0.0]])
    np.testing.assert_array_equal(planes.bits(points), [[1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize("n", [5, 10_000])
def test_equal_points_have_equal_signatures(n):
    """Wherever they stand: a matrix product would add up the lanes of some rows otherwise."""
    rng = np.random.default_rng(0)
    point = rng.normal(size=7).astype(np.float32)
    # Planes through the very point: here the last bit of a sum decides.
    planes = planes_through(point, 64, np.random.RandomState(0))
    bits = planes.bits(np.tile(point, (n, 1)))
    assert (bits == bits[0]).all()


def test_planes_through_a_point_halve_what_lies_around_it():
    """Opposite points have opposite signatures."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    planes = planes_through(np.zeros(3), 20, np.random.RandomState(0))
    np.testing.assert_array_equal(planes.bits(X), ~planes.bits(-X))


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(0, 99))
def test_planes_between_points_always_part_some(n, seed):
    """None leaves all points on one side, though most of them are equal."""
    X = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    X[2:] = X[0]
    bits = planes_between(X, 30, np.random.RandomState(seed)).bits(X)
    assert (bits.any(axis=0) & ~bits.all(axis=0)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 20), st.integers(1, 9), st.integers(0, 99))
def test_a_redrawn_plane_changes_the_buckets_as_hashing_anew_would(n_buckets, n_planes, seed):
    """Only the bits of that plane are looked at again."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 3))
    blocks = MaskedBlocks.whole(X, rng.uniform(0.5, 2, 60))
    planes = planes_through(X.mean(axis=0), n_planes, np.random.RandomState(seed))
    before = Buckets.of(blocks, X, planes, n_buckets)
    plane, normal, offset = seed % n_planes, rng.normal(size=3), 0.1
    after = before.redrawn(plane, normal, offset)
    anew = Buckets.of(blocks, X, after.planes, n_buckets)
    np.testing.assert_array_equal(after.planes.normals[plane], normal)
    np.testing.assert_array_equal(after.numbers, anew.numbers)
    np.testing.assert_array_equal(after.labels, anew.labels)
    assert after.inertia == pytest.approx(anew.inertia)
    assert before.planes is planes  # what was found before is left as it was


def test_a_bisector_stands_halfway_between_two_halves():
    """Two far groups in one bucket are parted by the plane in their middle."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 0.1, (50, 2)), rng.normal(8, 0.1, (50, 2))])
    blocks = MaskedBlocks.whole(X, np.ones(100))
    planes = Hyperplanes(np.array([[1.0, 0.0]]), np.array([99.0]))
    found = Buckets.of(blocks, X, planes, 2)
    assert found.n_used == 1
    steps = bisector_steps(found, np.random.RandomState(0))
    try:
        while True:
            next(steps)
    except StopIteration as end:
        normal, offset = end.value
    assert np.linalg.norm(normal) == pytest.approx(1)
    assert normal @ [4, 4] == pytest.approx(offset, abs=0.2)
    assert found.redrawn(0, normal, offset).n_used == 2
