"""Codebooks of one scale: every entry is the scale times a pattern of few whole numbers."""

from abc import abstractmethod
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from wc_core.clustering._blocks import MaskedBlocks, distinct_rows
from wc_core.clustering._estimator import BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._found import Found
from wc_core.clustering._passes import Passes, Served
from wc_core.params import IntRange
from wc_core.progress import Progress
from wc_core.words import _, mark, ngettext

MAX_ITER = IntRange(
    1,
    1000,
    label=mark("Most iterations"),
    help=mark("Blocks go to their nearest pattern and the scale follows, so often at most."),
)


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """All observed numbers of some blocks, and how much each counts.

    Parameters
    ----------
    values, weights : ndarray of shape (n_blocks, block_size)
        A masked lane has weight 0.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: MaskedBlocks) -> "Lanes":
        """Spread the weights of blocks over their lanes."""
        weights = np.repeat(blocks.weights[:, None], blocks.values.shape[1], axis=1)
        weights[blocks.ragged] *= blocks.observed
        return cls(blocks.values, weights)

    def scale(self, patterns: NDArray[np.floating]) -> float:
        """Return the factor with which patterns come closest; 0 if none holds anything."""
        shares = self.weights * patterns
        size = float((shares * patterns).sum())
        return float((shares * self.values).sum()) / size if size > 0 else 0.0


class PatternClusterer(BlockClusterer):
    """A clusterer whose entries are one scale times patterns.

    A subclass says from which magnitude on a number is more than nothing, and which pattern a
    block would then take, lane by lane. The patterns that most blocks would take become entries;
    scale and assignment improve each other until nothing changes. Entries are patterns even
    where there are few distinct blocks.
    """

    labels_are_nearest = True
    takes_lane_weights = True
    uses_blas = False
    max_iter: int

    @abstractmethod
    def _threshold(self, lanes: Lanes) -> float:
        """Return the magnitude from which on a number is more than nothing."""

    @abstractmethod
    def _patterns(self, values: NDArray[np.floating], threshold: float) -> NDArray[np.floating]:
        """Return the pattern that each block would take."""

    def _learn(self, blocks: MaskedBlocks, found: Found) -> Generator[Progress, None, None]:
        steps = self._iterate(blocks, self.n_clusters, check_random_state(0))
        found.take((yield from found.watch(steps)))

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        lanes, passes = Lanes.of(blocks), Passes(blocks)
        threshold = self._threshold(lanes)
        wanted = self._patterns(lanes.values, threshold)
        scale = lanes.scale(wanted)
        patterns = _most_frequent(wanted, blocks.weights, n_clusters)
        before = np.inf
        for step in range(1, self.max_iter + 1):
            served = passes.serve(scale * patterns)
            detail = {"scale": scale, "threshold": threshold}
            yield Progress(step, self.max_iter, result=_iteration(step, blocks, served, detail))
            if served.inertia >= before:
                break
            before, scale = served.inertia, lanes.scale(patterns[served.labels])
        entries = (scale * patterns).astype(blocks.values.dtype)
        served = passes.serve(entries)
        used = np.flatnonzero(served.loads > 0)
        labels = np.searchsorted(used, served.labels)
        notes = _notes(scale, threshold, len(used))
        return Outcome(centers=entries[used], labels=labels, inertia=served.inertia, notes=notes)


def _most_frequent(
    wanted: NDArray[np.floating], weights: NDArray[np.float64], n_patterns: int
) -> NDArray[np.float64]:
    """Return so many of the patterns, those of most weight, in rising order."""
    first, kind = distinct_rows(wanted)
    order = np.argsort(-np.bincount(kind, weights), kind="stable")[:n_patterns]
    return np.unique(wanted[first[order]], axis=0).astype(np.float64)


def _notes(scale: float, threshold: float, n_patterns: int) -> tuple[str, ...]:
    msg = ngettext(
        "a scale of {scale:.6g}, and {n} pattern",
        "a scale of {scale:.6g}, and {n} patterns",
        n_patterns,
    )
    told = msg.format(scale=scale, n=n_patterns)
    if threshold <= 0:
        return (told,)
    zero = _("numbers up to {threshold:.6g} count as zero").format(threshold=threshold)
    return told, zero


def _iteration(
    step: int, blocks: MaskedBlocks, served: Served, detail: dict[str, float]
) -> Iteration:
    return Iteration(
        step,
        blocks.values,
        blocks.weights,
        served.labels,
        served.entries,
        served.inertia,
        _("a scale of {scale:.4g}").format(scale=detail["scale"]),
        detail,
    )
