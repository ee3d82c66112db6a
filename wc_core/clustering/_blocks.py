"""Blocks as the algorithms take them: weighted, with masked lanes, and gathered when too many."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS_PER_TILE = 4096  # one tile of distances stays in cache; one big product would not
DONORS = 4096  # whole blocks that a ragged one is compared with when it is filled up
QUICK_LOOK = 4096  # blocks among which different ones are counted first


@dataclass(frozen=True, slots=True, eq=False)
class MaskedBlocks:
    """Weighted blocks some of whose lanes are masked, or count more than others.

    Parameters
    ----------
    values : ndarray of shape (n_blocks, block_size)
        Masked lanes hold 0.
    weights : ndarray of shape (n_blocks,)
        Non-negative.
    ragged : ndarray of shape (n_ragged,)
        Rows whose lanes do not all count alike.
    observed : ndarray of shape (n_ragged, block_size)
        How much each lane of these rows counts, from 0 where it is masked to 1.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.float64]
    ragged: NDArray[np.intp]
    observed: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def from_nan(cls, X: NDArray[np.floating], weights: NDArray[np.floating]) -> "MaskedBlocks":
        """Read NaN as masked."""
        masked = np.isnan(X)
        if not masked.any():
            return cls.whole(X, weights)
        ragged = np.flatnonzero(masked.any(axis=1))
        observed = (~masked[ragged]).astype(X.dtype)
        values = np.where(masked, X.dtype.type(0), X)
        return cls(np.ascontiguousarray(values), weights.astype(np.float64), ragged, observed)

    @classmethod
    def by_lane(cls, X: NDArray[np.floating], weights: NDArray[np.floating]) -> "MaskedBlocks":
        """Take a weight for every lane, (n_blocks, block_size); a lane without any is masked.

        The weight of a block is that of its heaviest lane, so that equal weights make a block
        like any other.
        """
        masked = np.isnan(X) | (weights == 0)
        shares = np.where(masked, 0, weights).astype(np.float64)
        peaks = shares.max(axis=1)
        shares /= np.where(peaks > 0, peaks, 1)[:, None]
        ragged = np.flatnonzero((shares != 1).any(axis=1))
        values = np.where(masked, X.dtype.type(0), X)
        return cls(np.ascontiguousarray(values), peaks, ragged, shares[ragged].astype(X.dtype))

    @classmethod
    def whole(cls, values: NDArray[np.floating], weights: NDArray[np.floating]) -> "MaskedBlocks":
        """Take blocks without masked lanes."""
        none = np.empty(0, dtype=np.intp)
        observed = np.empty((0, values.shape[1]), dtype=values.dtype)
        return cls(np.ascontiguousarray(values), weights.astype(np.float64), none, observed)

    def take(self, rows: NDArray[np.intp]) -> "MaskedBlocks":
        """Return some of the blocks, in the order of `rows`."""
        place = np.full(len(self), -1, dtype=np.intp)
        place[self.ragged] = np.arange(len(self.ragged))
        taken = place[rows]
        ragged = np.flatnonzero(taken >= 0)
        return MaskedBlocks(
            self.values[rows], self.weights[rows], ragged, self.observed[taken[ragged]]
        )

    def whole_rows(self) -> NDArray[np.intp]:
        """Return the rows without masked lanes."""
        is_whole = np.ones(len(self), dtype=bool)
        is_whole[self.ragged] = (self.observed > 0).all(axis=1)
        return np.flatnonzero(is_whole)

    def filled(self) -> NDArray[np.floating]:
        """Return the blocks with masked lanes filled up, for algorithms that know no masks.

        A masked lane takes the value of the block most like its own in what can be seen;
        without any whole block, the lane's mean.
        """
        if (self.observed > 0).all():
            return self.values
        donors = self._donors()
        filled = self.values.copy()
        for tile in tiles(len(self.ragged), ROWS_PER_TILE):
            rows, seen = self.ragged[tile], (self.observed[tile] > 0).astype(donors.dtype)
            likeness = 2 * self.values[rows] @ donors.T - seen @ np.square(donors).T
            given = donors[likeness.argmax(axis=1)]
            filled[rows] = np.where(seen > 0, self.values[rows], given)
        return filled

    def _donors(self) -> NDArray[np.floating]:
        whole = self.whole_rows()
        if len(whole):
            return self.values[whole[:: -(-len(whole) // DONORS)]]
        mean = self.values.sum(axis=0) / np.maximum(1, (self.observed > 0).sum(axis=0))
        return np.asarray(mean[None, :], dtype=self.values.dtype)


def tiles(n_rows: int, size: int) -> Iterator[slice]:
    """Yield slices of `size` rows that cover all rows."""
    return (slice(start, start + size) for start in range(0, n_rows, size))


def unit_of(values: NDArray[np.floating]) -> float:
    """Return a power of two near the largest magnitude: dividing by it makes room for squares.

    It changes no digit, so that the unit of the values does not matter for what follows.
    """
    peak = float(np.abs(values).max(initial=0))
    return float(2.0 ** np.floor(np.log2(peak))) if peak > 0 else 1.0


def distinct_rows(values: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first row of each kind, in order, and the kind of every row."""
    _keys, first, kind = np.unique(_row_keys(values), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return first[order], rank[kind]


def few_distinct(values: NDArray[np.floating], most: int) -> NDArray[np.floating] | None:
    """Return the distinct rows, sorted, if there are at most `most` of them, else None."""
    step = -(-len(values) // QUICK_LOOK)
    if len(np.unique(_row_keys(values[::step]))) > most:
        return None
    first, _kind = distinct_rows(values)
    return np.unique(values[first], axis=0) if len(first) <= most else None


def _row_keys(values: NDArray[np.floating]) -> NDArray[np.uint64]:
    """Return a 64-bit number for each row; different rows share one with odds of n^2 / 2^65."""
    word = np.uint32 if values.dtype.itemsize == 4 else np.uint64
    # Adding 0 turns -0 into 0.
    bits: NDArray[np.unsignedinteger] = np.ascontiguousarray(values + 0.0).view(word)
    keys = np.zeros(len(values), dtype=np.uint64)
    for lane in range(values.shape[1]):
        keys = (keys ^ bits[:, lane].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys
