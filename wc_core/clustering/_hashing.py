"""Hashing by random hyperplanes: a point's signature says on which side of each it lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import ROWS_PER_TILE, distinct_rows, tiles

MIN_SHIFT = 0.1  # how close a plane between two blocks comes to one, as a share of their gap


@dataclass(frozen=True, slots=True, eq=False)
class Hyperplanes:
    """Planes `normals @ x = offsets`; a point's bit is 1 beyond a plane.

    Parameters
    ----------
    normals : ndarray of shape (n_planes, n_dims)
    offsets : ndarray of shape (n_planes,)
    """

    normals: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.offsets)

    def bits(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return the signatures, (n_points, n_planes); equal points have equal ones."""
        bits = np.empty((len(points), len(self)), dtype=bool)
        for tile in tiles(len(points), ROWS_PER_TILE):
            exact = points[tile].astype(np.float64)
            # Unlike a product of matrices, this adds up the lanes of every row in one order.
            heights = np.einsum("id,pd->ip", exact, self.normals)
            bits[tile] = heights > self.offsets
        return bits


def planes_through(
    center: NDArray[np.floating], n_planes: int, random_state: np.random.RandomState
) -> Hyperplanes:
    """Draw planes of random directions through a point: SimHash of points centred on it.

    References
    ----------
    M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
    """
    normals = random_state.normal(size=(n_planes, len(center)))
    return Hyperplanes(normals, normals @ center)


def planes_between(
    points: NDArray[np.floating], n_planes: int, random_state: np.random.RandomState
) -> Hyperplanes:
    """Draw planes of random directions, each anywhere between two random distinct points.

    Unlike planes through the centre they also tell apart points in one direction from it.
    """
    first, _kind = distinct_rows(points)
    n = len(first)
    one = random_state.randint(n, size=n_planes)
    other = (one + random_state.randint(1, max(2, n), size=n_planes)) % n
    share = random_state.uniform(MIN_SHIFT, 1 - MIN_SHIFT, size=(n_planes, 1))
    ends = points[first[one]].astype(np.float64), points[first[other]].astype(np.float64)
    through = share * ends[0] + (1 - share) * ends[1]
    normals = random_state.normal(size=through.shape)
    return Hyperplanes(normals, np.einsum("pd,pd->p", normals, through))


def places(n_bits: int, n_buckets: int) -> NDArray[np.int64]:
    """Return what each bit of a signature adds to the number of its bucket.

    That is the signature, read as a number whose first bit is the lowest, modulo `n_buckets`:
    the sum of these places is to be taken modulo it again. Signatures may be longer than a
    machine's numbers.

    Examples
    --------
    >>> places(5, 6)
    array([1, 2, 4, 2, 4])
    """
    return np.array([pow(2, bit, n_buckets) for bit in range(n_bits)], dtype=np.int64)


def bucket_numbers(bits: NDArray[np.bool_], n_buckets: int) -> NDArray[np.int64]:
    """Return the number of each signature's bucket, (n_points,).

    Examples
    --------
    >>> bucket_numbers(np.array([[True, False, True], [True, True, False]]), 4)
    array([1, 3])
    """
    numbers: NDArray[np.int64] = bits @ places(bits.shape[1], n_buckets) % n_buckets
    return numbers


def signatures(bits: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return the distinct signatures in the order they occur, and that of each point."""
    first, kind = distinct_rows(np.packbits(bits, axis=1).astype(np.float32))
    return bits[first], kind


def hamming(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return in how many bits signatures differ, (n_one, n_other)."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    gaps: NDArray[np.float64] = a.sum(axis=1)[:, None] + b.sum(axis=1) - 2 * (a @ b.T)
    return gaps
