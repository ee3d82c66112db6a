"""Mixtures of Gaussians on weighted blocks: expectation in tiles, whatever the maximisation.

One pass over tiles of rows does both halves of an iteration with two matrix products, and no
array of (n_blocks, n_components) ever exists.

Squares are those of blocks moved to their median and scaled to unit size, in double precision:
that keeps their digits, and makes every constant relative to the size of the weights.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks, tiles
from wc_core.clustering._fit import Iteration
from wc_core.clustering._frame import Frame
from wc_core.clustering._gaussians import (
    Components,
    Moments,
    features,
    hard_moments,
    rows_per_tile,
)
from wc_core.clustering._lloyd import lloyd_steps, nearest
from wc_core.clustering._seeding import seed_steps
from wc_core.progress import Progress, phase, relay
from wc_core.words import _

START_STEPS = 10  # Lloyd steps before the mixture takes over
MERGE_EVERY = 4  # iterations between two looks at pairs that could be one component
MOST_TO_MERGE = 4096  # components whose pairs are looked at
WORK_PER_RECORD = 1 << 26  # multiplications between two records
MAX_SHOWN = (32, 1 << 20)  # lanes, and numbers in all covariances, that an iteration shows


@dataclass(frozen=True, slots=True)
class Learner:
    """The maximisation.

    Parameters
    ----------
    learn : callable
        Makes components of moments.
    evidence : callable, optional
        What each component of some moments adds to the objective, (k,), but for the entropy of
        the responsibilities. With it, pairs merge where that raises the objective.
    """

    learn: Callable[[Moments], Components]
    evidence: Callable[[Moments], NDArray[np.float64]] | None = None

    def can_merge(self, k: int) -> bool:
        """Tell whether pairs of so many components are looked at."""
        return self.evidence is not None and 1 < k <= MOST_TO_MERGE


@dataclass(frozen=True, slots=True)
class Fitting:
    """How long to go on, and with what.

    Parameters
    ----------
    covariance : str
        One of `COVARIANCES`.
    max_iter : int
    tol : float
        Stop when an iteration adds less than this to the objective of a lane.
    prune_below : float
        Components with a smaller share of the weight vanish.
    """

    covariance: str
    max_iter: int
    tol: float
    prune_below: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What one pass over the blocks gives: labels, summed features, total log-likelihood.

    `doubt` is the entropy that is lost if a component and its partner become one.
    """

    labels: NDArray[np.int64]  # (n_blocks,)
    sums: NDArray[np.float64]  # (k, n_features)
    log_likelihood: float
    doubt: NDArray[np.float64]  # (k,)


def mixture_steps(
    blocks: MaskedBlocks,
    n_clusters: int,
    random_state: np.random.RandomState,
    fitting: Fitting,
    begin: Callable[[Moments], Learner],
) -> Generator[Progress, None, NDArray[np.int64]]:
    """Fit a mixture from k-means on; return the likeliest component of each block.

    Records carry an `Iteration` with the components and the labels that follow from them;
    `detail` has "weights" (k,), "objective", the mean log-likelihood of a block (less the
    penalty), and "covariances" (k, block_size, block_size) unless those are many.

    Parameters
    ----------
    blocks : MaskedBlocks
    n_clusters : int
    random_state : RandomState
    fitting : Fitting
    begin : callable
        Gets the moments of the first clusters; returns the maximisation.
    """
    whole = MaskedBlocks.whole(blocks.filled(), blocks.weights)
    frame = Frame.of(whole)
    points = frame.enter(whole)
    labels = yield from phase(_start_steps(points, n_clusters, random_state), 0, 0.1)
    moments = hard_moments(points, labels, fitting.covariance)
    learner = begin(moments)

    def told(record: Progress) -> Progress:
        found = record.result
        if found is None:
            return record
        return Progress(record.done, record.total, result=_shown(blocks, frame, found))

    steps = em_steps(points, learner.learn(moments), learner, fitting)
    labels = yield from phase(relay(steps, told), 0.1, 1)
    return labels


def em_steps(
    points: MaskedBlocks, components: Components, learner: Learner, fitting: Fitting
) -> Generator[Progress, None, NDArray[np.int64]]:
    """Alternate expectation and learning; records carry (step, components, labels, objective).

    Ends where an iteration gains little, none vanished, and no pair was found to merge.
    """
    d, total = points.values.shape[1], points.weights.sum()
    before = -np.inf
    for step in range(1, fitting.max_iter + 1):
        can_merge = learner.can_merge(len(components))
        looks = can_merge and step % MERGE_EVERY == 0
        partners = _partners(components) if looks else None
        passing = phase(expectation_steps(points, components, partners), step - 1, step)
        seen = yield from relay(passing, lambda r: Progress(r.done, fitting.max_iter))
        objective = float((seen.log_likelihood - components.penalty) / total)
        result = (step, components, seen.labels, objective)
        yield Progress(step, fitting.max_iter, result=result)
        sums = seen.sums if partners is None else merged(seen, partners, learner, fitting, d)
        learned = learner.learn(Moments.from_sums(sums, d, fitting.covariance))
        kept = np.flatnonzero(learned.shares > fitting.prune_below)
        vanished = 0 < len(kept) < len(learned)
        stays = not vanished and len(learned) == len(components) and looks == can_merge
        if stays and objective - before <= fitting.tol * d:
            break
        components = learned.take(kept) if vanished else learned
        before = -np.inf if vanished else objective
    return seen.labels


def expectation_steps(
    points: MaskedBlocks, components: Components, partners: NDArray[np.intp] | None = None
) -> Generator[Progress, None, Expectation]:
    """Weigh blocks by responsibility, tile by tile; records only tell how far the pass is."""
    coefficients = components.coefficients()
    sums = np.zeros_like(coefficients)
    doubt = np.zeros(len(coefficients))
    labels = np.empty(len(points), dtype=np.int64)
    total, work = 0.0, 0
    for tile in tiles(len(points), rows_per_tile(coefficients)):
        seen = features(points.values[tile], components.is_full)
        chances = seen @ coefficients.T  # (rows, k), log-densities at first
        best = labels[tile] = np.argmax(chances, axis=1)
        peaks = chances[np.arange(len(best)), best]
        chances -= peaks[:, None]
        np.exp(chances, out=chances)
        evidence = chances.sum(axis=1)
        weights = points.weights[tile]
        sums += chances.T @ (seen * (weights / evidence)[:, None])
        total += float(weights @ (peaks + np.log(evidence)))
        if partners is not None:
            doubt += weights @ _pair_entropy(chances / evidence[:, None], partners)
        work += len(best) * coefficients.size
        if work > WORK_PER_RECORD:
            work = 0
            yield Progress(tile.start, len(points))
    return Expectation(labels, sums, total, doubt)


def _partners(components: Components) -> NDArray[np.intp]:
    """Return for each component the other one that is densest at its mean."""
    coefficients = components.coefficients()
    partners = np.empty(len(components), dtype=np.intp)
    for tile in tiles(len(components), rows_per_tile(coefficients)):
        densities = features(components.means[tile], components.is_full) @ coefficients.T
        rows = np.arange(len(densities))
        densities[rows, rows + tile.start] = -np.inf
        partners[tile] = np.argmax(densities, axis=1)
    return partners


def _pair_entropy(
    responsibilities: NDArray[np.float64], partners: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the entropy of each component and its partner less that of the two as one."""
    own = _plogp(responsibilities)
    both = _plogp(responsibilities + responsibilities[:, partners])
    lost: NDArray[np.float64] = both - own - own[:, partners]
    return lost


def _plogp(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return p * np.log(np.maximum(p, np.finfo(float).tiny))


def merged(
    seen: Expectation, partners: NDArray[np.intp], learner: Learner, fitting: Fitting, d: int
) -> NDArray[np.float64]:
    """Add up the features of pairs that are worth more as one, the best pairs first.

    The objective is a sum over components, so what merging adds to it is known beforehand,
    and pairs without a common member add independently.
    """
    assert learner.evidence is not None
    pairs = seen.sums + seen.sums[partners]
    alone = learner.evidence(Moments.from_sums(seen.sums, d, fitting.covariance))
    together = learner.evidence(Moments.from_sums(pairs, d, fitting.covariance))
    gains = together - alone - alone[partners] - seen.doubt
    sums, free = seen.sums.copy(), np.ones(len(gains), dtype=bool)
    gone = np.zeros(len(gains), dtype=bool)
    for first in np.argsort(-gains, kind="stable"):
        second = partners[first]
        if gains[first] > 0 and free[first] and free[second]:
            sums[first] += sums[second]
            free[first] = free[second] = False
            gone[second] = True
    return sums[~gone]


def _start_steps(
    points: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
) -> Generator[Progress, None, NDArray[np.int64]]:
    """Return k-means labels, none of them without blocks."""
    message = _("starting from k-means")
    seeds = yield from phase(seed_steps(points, n_clusters, random_state), 0, 0.5)
    steps = lloyd_steps(points, seeds, START_STEPS, tol=1e-3)
    # Without the iterations of the preparation: they are not the algorithm's.
    untold = relay(steps, lambda record: Progress(record.done, record.total, message))
    centers = yield from phase(untold, 0.5, 1)
    labels, _errors = nearest(points, centers, points.values.dtype)
    return np.unique(labels, return_inverse=True)[1]


def _shown(
    blocks: MaskedBlocks, frame: Frame, found: tuple[int, Components, NDArray[np.int64], float]
) -> Iteration:
    step, components, labels, objective = found
    objective -= float(np.log(frame.unit)) * blocks.values.shape[1]
    detail = {"weights": components.shares, "objective": objective}
    k, d = components.means.shape
    if d <= MAX_SHOWN[0] and k * d * d <= MAX_SHOWN[1]:
        spread = components.covariances
        full = spread if components.is_full else spread[:, :, None] * np.eye(d)
        detail["covariances"] = full * frame.unit**2
    centers = frame.leave(components.means)
    note = _("{k} components, {value:.4f} nats per block").format(k=k, value=objective)
    return Iteration(step, blocks.values, blocks.weights, labels, centers, None, note, detail)
