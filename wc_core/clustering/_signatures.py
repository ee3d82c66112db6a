"""Signatures that occur: blocks with one hash count as one weighted point."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, tiles
from wc_core.clustering._embedded import nearest_neighbors
from wc_core.clustering._fit import Iteration
from wc_core.clustering._hashing import Hyperplanes, hamming, planes_between, signatures
from wc_core.clustering._lloyd import means
from wc_core.progress import Progress
from wc_core.words import _

FEWEST_PLANES = 64
MOST_PLANES = 256
SIGNATURES_PER_CLUSTER = 4  # that are worth clustering
SCALE_NEIGHBORS = 7  # as in L. Zelnik-Manor and P. Perona, "Self-tuning spectral clustering", 2004
SIGNATURES_PER_TILE = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Occupied:
    """The signatures of a layer.

    Parameters
    ----------
    planes : Hyperplanes
    bits : ndarray of bool, shape (n_signatures, n_planes)
    points : MaskedBlocks
        Mean and weight of the blocks with each signature.
    kind : ndarray of shape (n_blocks,)
        Signature of each block.
    n_occurring : int
        How many there were before rare ones were merged.
    """

    planes: Hyperplanes
    bits: NDArray[np.bool_]
    points: MaskedBlocks
    kind: NDArray[np.intp]
    n_occurring: int

    def __len__(self) -> int:
        return len(self.bits)

    @classmethod
    def of(
        cls,
        blocks: MaskedBlocks,
        n_planes: int,
        n_clusters: int,
        random_state: np.random.RandomState,
    ) -> "Occupied":
        """Hash all blocks; with no planes asked for, by as many as give enough signatures."""
        values = blocks.filled()
        drawn = planes_between(values, n_planes or MOST_PLANES, random_state)
        wanted = n_planes or FEWEST_PLANES
        while True:
            planes = Hyperplanes(drawn.normals[:wanted], drawn.offsets[:wanted])
            bits, kind = signatures(planes.bits(values))
            if wanted == len(drawn) or len(bits) >= SIGNATURES_PER_CLUSTER * n_clusters:
                break
            wanted *= 2
        points = _points(MaskedBlocks.whole(values, blocks.weights), kind)
        return cls(planes, bits, points, kind, len(bits))

    def gathered(self, most: int) -> "Occupied":
        """Let the rarest signatures beyond `most` count as the most alike of the others."""
        if len(self) <= most:
            return self
        order = np.argsort(-self.points.weights, kind="stable")
        kept, rare = np.sort(order[:most]), order[most:]
        place = np.empty(len(self), dtype=np.intp)
        place[kept] = np.arange(most)
        for tile in tiles(len(rare), SIGNATURES_PER_TILE):
            rows = rare[tile]
            place[rows] = hamming(self.bits[rows], self.bits[kept]).argmin(axis=1)
        points = _points(self.points, place)
        return replace(self, bits=self.bits[kept], points=points, kind=place[self.kind])

    def state(self) -> Iteration:
        """Return what to show where every signature is a cluster of its own."""
        labels = np.arange(len(self))
        points = self.points
        return Iteration(
            1, points.values, points.weights, labels, points.values, None, "", self.detail
        )

    @property
    def detail(self) -> dict[str, NDArray[np.float64]]:
        """The hyperplanes, to be drawn."""
        return {"planes": self.planes.normals, "offsets": self.planes.offsets}

    def beside(self, record: Progress) -> Progress:
        """Put the hyperplanes beside what an iteration shows."""
        shown = record.result
        if shown is None:
            return record
        return replace(record, result=replace(shown, detail={**shown.detail, **self.detail}))

    def told(self) -> str:
        """Say how many there are."""
        msg = _("{m} of 2^{bits} signatures occur among {n} blocks")
        return msg.format(m=self.n_occurring, bits=len(self.planes), n=len(self.kind))


def hamming_kernel(bits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return exp(-d(a, b)^2 / (s_a s_b)) of Hamming distances d, (n_signatures, n_signatures).

    The width s of a signature is its distance to its seventh neighbour, so that crowded and
    empty parts of space are treated alike.
    """
    gaps = hamming(bits, bits)
    last = nearest_neighbors(gaps, SCALE_NEIGHBORS)[:, -1]
    widths = gaps[np.arange(len(gaps)), last]
    kernel: NDArray[np.float64] = np.exp(-np.square(gaps) / np.outer(widths, widths))
    return kernel


def _points(blocks: MaskedBlocks, kind: NDArray[np.intp]) -> MaskedBlocks:
    weights = np.asarray(np.bincount(kind, weights=blocks.weights), dtype=np.float64)
    start = np.zeros((len(weights), blocks.values.shape[1]))
    return MaskedBlocks.whole(means(blocks, kind, start), weights)
