"""Entropy-constrained clustering of blocks: Lloyd's iteration with a price for every entry."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wc_core.clustering._block_loops import serve_lanes
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._passes import COUNTING, Passes, Served, padded
from wc_core.clustering._rate_loops import serve_priced
from wc_core.clustering._tariff import Tariff

LARGE = 1 << 22  # costs in one pass above which double precision is felt as time
TRIED_AT_ONCE = 4  # one in so many entries may be left out at a time


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Blocks parted into groups, each with an entry at its mean.

    Parameters
    ----------
    centers : ndarray of float64, shape (n_entries, block_size)
    labels : ndarray of int32, shape (n_blocks,)
    counts : ndarray of int64, shape (n_entries,)
        Blocks of each group.
    lengths : ndarray of shape (n_entries,)
        Bits of an index of each.
    error : float
        Weighted squared error to the entries before they moved to these means.
    bits : float
        Of all indices, the table and the codebook.
    """

    centers: NDArray[np.float64]
    labels: NDArray[np.int32]
    counts: NDArray[np.int64]
    lengths: NDArray[np.float64]
    error: float
    bits: float

    def __len__(self) -> int:
        return len(self.counts)

    def cost(self, price: float) -> float:
        """Return what error and bits cost together."""
        return self.error + price * self.bits


class PricedPasses(Passes):
    """Passes that find the cheapest entry to each block instead of the nearest.

    A block of weight w costs w times its squared error, and the price of its entry, which has no
    weight: it is coded once, however much its error counts.
    """

    def __init__(self, blocks: MaskedBlocks, dtype: DTypeLike = np.float64) -> None:
        # Where lanes have weights of their own, these take the weight of the block in.
        weights = blocks.weights.copy()
        weights[blocks.ragged] = 1
        shares = blocks.observed * blocks.weights[blocks.ragged][:, None]
        super().__init__(replace(blocks, weights=weights, observed=shares), dtype)

    def serve_priced(self, centers: NDArray[np.floating], prices: NDArray[np.float64]) -> Served:
        """Find the cheapest entry to each block; ties go to the lower index.

        Parameters
        ----------
        centers : ndarray of shape (n_entries, block_size)
        prices : ndarray of shape (n_entries,)
            In units of weighted squared error.
        """
        entries = np.ascontiguousarray(centers, dtype=np.float64)
        labels = np.empty(len(self._blocks), dtype=np.int32)
        near = (entries - self._origin).astype(self._dtype)
        half_prices = (prices / 2).astype(self._dtype)
        lanes = (*self._lanes, 0) if self._lanes else ()
        table = np.hstack([near, -0.5 * np.square(near).sum(axis=1, keepdims=True)])
        last = entries, labels, np.empty(0)
        whole = self._lanes, lanes, self._origin, padded(table, lanes), half_prices
        by_lane = serve_lanes, *self._by_lane(near, half_prices)
        products = entries.size + COUNTING * entries.shape[1]
        return self._add_up((serve_priced, *whole, *last), (*by_lane, *last), products)


class PricedBlocks:
    """Blocks whose entries are paid for.

    Parameters
    ----------
    blocks : MaskedBlocks
    tariff : Tariff
    """

    def __init__(self, blocks: MaskedBlocks, n_clusters: int, tariff: Tariff) -> None:
        self._blocks = blocks
        self._tariff = tariff
        is_large = len(blocks) * n_clusters > LARGE
        dtype = blocks.values.dtype if is_large else np.float64
        self._passes = PricedPasses(blocks, dtype)
        self._last = self._passes if dtype == np.float64 else PricedPasses(blocks)

    def around(self, centers: NDArray[np.floating]) -> Groups:
        """Part blocks by their nearest entry."""
        served = self._passes.serve_priced(centers, np.zeros(len(centers)))
        return self._groups(served)

    def settle_steps(
        self, groups: Groups, price: float, max_iter: int, tol: float
    ) -> Iterator[Groups]:
        """Yield ever cheaper groups, from those given.

        Entries that nobody chooses die at once; those that do not pay for their place in table
        and codebook when the others have settled.
        """
        before = np.inf
        for _iteration in range(max_iter):
            groups = self._moved(groups, price)
            yield groups
            cost = groups.cost(price)
            if before - cost <= tol * cost:
                left = self._paying(groups, price)
                if left is groups:
                    return
                groups, cost = left, np.inf
            before = cost

    def final(self, groups: Groups, price: float) -> Groups:
        """Part blocks among the entries once more, in double precision."""
        return self._groups(self._last.serve_priced(groups.centers, price * groups.lengths))

    def _moved(self, groups: Groups, price: float) -> Groups:
        return self._groups(self._passes.serve_priced(groups.centers, price * groups.lengths))

    def _groups(self, served: Served) -> Groups:
        """Price what a pass found, without the entries that serve nothing."""
        counts = np.bincount(served.labels, minlength=len(served.entries))
        alive = np.flatnonzero(counts)
        labels = served.labels
        if len(alive) < len(counts):
            rank = np.zeros(len(counts), dtype=np.int32)
            rank[alive] = np.arange(len(alive))
            labels = rank[labels]
        counts = counts[alive]
        lengths = self._tariff.lengths(counts)
        bits = self._tariff.bits(counts, lengths)
        return Groups(served.means[alive], labels, counts, lengths, served.inertia, bits)

    def _paying(self, groups: Groups, price: float) -> Groups:
        """Leave out rare entries whose blocks are served by others for less than they cost.

        A quarter of the entries is tried, the rarest; what its blocks would cost with the
        others tells at most too much.
        """
        n_tried = min(-(-len(groups) // TRIED_AT_ONCE), len(groups) - 1)
        if not n_tried:
            return groups
        order = np.argsort(groups.counts, kind="stable")
        tried, others = order[:n_tried], np.sort(order[n_tried:])
        is_tried = np.zeros(len(groups), dtype=bool)
        is_tried[tried] = True
        rows = np.flatnonzero(is_tried[groups.labels])
        passes, labels = Passes(self._blocks.take(rows)), groups.labels[rows]
        now, then = np.empty(len(rows)), np.empty(len(rows))
        passes.tally(labels, groups.centers, now)
        priced = PricedPasses(self._blocks.take(rows))
        elsewhere = priced.serve_priced(groups.centers[others], price * groups.lengths[others])
        moved = others[elsewhere.labels]
        passes.tally(moved, groups.centers, then)
        dearer = self._blocks.weights[rows] * (then - now)
        dearer += price * (groups.lengths[moved] - groups.lengths[labels])
        loss = np.bincount(labels, dearer, len(groups))
        fixed = self._tariff.fixed_bits(groups.counts) / len(groups)
        left = ~(is_tried & (loss < price * fixed))
        if left.all():
            return groups
        counts, lengths = groups.counts[left], groups.lengths[left]
        # Labels are those of all entries still: the next pass tells them anew.
        return replace(groups, centers=groups.centers[left], counts=counts, lengths=lengths)
