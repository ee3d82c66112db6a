"""Blocks in the buckets of a hash, and hyperplanes redrawn where a bucket is worst."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._fit import Iteration
from wc_core.clustering._hashing import Hyperplanes, bucket_numbers, places
from wc_core.clustering._lloyd import lloyd_steps, means, squared_errors
from wc_core.clustering._seeding import seed_steps
from wc_core.progress import Progress

BISECTED_BLOCKS = 2048  # blocks of a bucket that its bisector is learned from, at most
BISECTING_STEPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Which bucket each block falls into, and what that costs.

    Parameters
    ----------
    blocks : MaskedBlocks
    values : ndarray of shape (n_blocks, block_size)
        The blocks with masked lanes filled up: what is hashed.
    planes : Hyperplanes
    columns : tuple of ndarray of bool, shape (n_blocks,)
        Bit of every block, one array a plane.
    numbers : ndarray of shape (n_blocks,)
        Number of each signature modulo `n_buckets`.
    n_buckets : int
    labels : ndarray of shape (n_blocks,)
        The same with empty buckets left out.
    centers : ndarray of shape (n_used, block_size)
        Means of the buckets in use.
    errors : ndarray of shape (n_blocks,)
        Weighted squared error of each block.
    """

    blocks: MaskedBlocks
    values: NDArray[np.floating]
    planes: Hyperplanes
    columns: tuple[NDArray[np.bool_], ...]
    numbers: NDArray[np.int64]
    n_buckets: int
    labels: NDArray[np.int64]
    centers: NDArray[np.floating]
    errors: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        blocks: MaskedBlocks,
        values: NDArray[np.floating],
        planes: Hyperplanes,
        n_buckets: int,
    ) -> "Buckets":
        """Hash all blocks."""
        bits = planes.bits(values)
        columns = tuple(np.ascontiguousarray(bits.T))
        numbers = bucket_numbers(bits, n_buckets)
        return cls._weighed(blocks, values, planes, columns, numbers, n_buckets)

    @classmethod
    def _weighed(
        cls,
        blocks: MaskedBlocks,
        values: NDArray[np.floating],
        planes: Hyperplanes,
        columns: tuple[NDArray[np.bool_], ...],
        numbers: NDArray[np.int64],
        n_buckets: int,
    ) -> "Buckets":
        used = np.bincount(numbers, minlength=n_buckets) > 0
        labels = (np.cumsum(used) - 1)[numbers]
        start = np.zeros((int(used.sum()), values.shape[1]))
        centers = means(blocks, labels, start)
        errors = blocks.weights * squared_errors(blocks, labels, centers)
        return cls(blocks, values, planes, columns, numbers, n_buckets, labels, centers, errors)

    @property
    def n_used(self) -> int:
        """How many buckets hold blocks."""
        return len(self.centers)

    @property
    def inertia(self) -> float:
        """What the buckets cost."""
        return float(self.errors.sum())

    def redrawn(self, plane: int, normal: NDArray[np.float64], offset: float) -> "Buckets":
        """Return the buckets with another hyperplane in one place."""
        alone = Hyperplanes(normal[None, :], np.array([offset]))
        column = alone.bits(self.values)[:, 0]
        planes = Hyperplanes(self.planes.normals.copy(), self.planes.offsets.copy())
        planes.normals[plane], planes.offsets[plane] = normal, offset
        columns = (*self.columns[:plane], column, *self.columns[plane + 1 :])
        place = places(len(planes), self.n_buckets)[plane]
        turned = column.astype(np.int64) - self.columns[plane]
        numbers = (self.numbers + place * turned) % self.n_buckets
        return self._weighed(self.blocks, self.values, planes, columns, numbers, self.n_buckets)

    def state(self, step: int, note: str = "") -> Iteration:
        """Return what to show after a round."""
        detail = {"planes": self.planes.normals, "offsets": self.planes.offsets}
        return Iteration(
            step,
            self.blocks.values,
            self.blocks.weights,
            self.labels,
            self.centers,
            self.inertia,
            note,
            detail,
        )


def bisector_steps(
    found: Buckets, random_state: np.random.RandomState
) -> Generator[Progress, None, tuple[NDArray[np.float64], float] | None]:
    """Draw one of the worst buckets and return the plane between its two halves.

    The odds of a bucket are its error; either half may be the one beyond the plane.
    None if what was drawn cannot be halved.
    """
    costs = np.bincount(found.labels, weights=found.errors)
    if not costs.sum() > 0:
        return None
    worst = random_state.choice(len(costs), p=costs / costs.sum())
    rows = np.flatnonzero(found.labels == worst)
    if len(rows) > BISECTED_BLOCKS:
        rows = np.sort(random_state.choice(rows, BISECTED_BLOCKS, replace=False))
    members = MaskedBlocks.whole(found.values[rows], found.blocks.weights[rows])
    seeds = yield from seed_steps(members, 2, random_state)
    if len(seeds) < 2:
        return None
    one, other = (yield from lloyd_steps(members, seeds, BISECTING_STEPS, 0.0)).astype(float)
    length = np.linalg.norm(other - one)
    if not length > 0:
        return None
    # Which side gets the 1 decides which cells the modulo puts into one bucket.
    normal = (other - one) / length * random_state.choice([-1.0, 1.0])
    return normal, float(normal @ (one + other) / 2)
