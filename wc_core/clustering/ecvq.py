"""Entropy-constrained clustering: an entry costs what the coder takes for its index."""

from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._block_rate import Groups, PricedBlocks
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._found import Found
from wc_core.clustering._line_rate_fit import LineRate, fit_line_rate_steps
from wc_core.clustering._lloyd import lloyd_steps, means, squared_errors
from wc_core.clustering._rate_fit import (
    Aim,
    Blocks,
    Priced,
    detail_of,
    hunted_steps,
    notes_of,
    settled_steps,
    told_of,
)
from wc_core.clustering._seeding import seed_steps
from wc_core.clustering._tariff import Tariff, price_at
from wc_core.params import Domain, FloatRange, IntRange
from wc_core.progress import Progress, phase, relay
from wc_core.words import mark

TRIALS = 3  # draws for each of the first entries
TOL = 1.5e-3
LINE_TOL = 1e-4


@CLUSTERERS.register("ecvq")
class EntropyConstrained(BlockClusterer):
    """Vector quantization under an entropy constraint.

    Minimises sum_i w_i |x_i - c_j(i)|^2 + lambda B, where B is what the layer takes once it is
    coded: the bits of every index, by the entropy coder's own table, that table, and the
    codebook. Blocks go to the entry that is cheapest, which need not be the nearest; entries that
    do not pay for their place disappear. There are `n_clusters` at most: give more than would be
    needed without coding. A block is coded once, whatever it weighs.

    How far to go is said by one of `bits`, `sqnr_db` and `lagrangian`. If none is given, a bit
    costs what it is worth where k-means with `n_clusters` entries stands: about its error, in
    fewer bits.

    An iteration's `detail` has `rates`, the bits of an index of each entry, `lagrangian`, and
    `bits`, those of a block with table and codebook shared out. With `bits` or `sqnr_db` an
    iteration is one lambda that is tried.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook at most.
    bits : float, default=0
        Bits of a block, with its share of table and codebook, not to be exceeded.
    sqnr_db : float, default=0
        Signal-to-quantization-noise ratio in decibels to be reached.
    lagrangian : float, default=0
        Lambda: squared error that a bit is worth.
    number_bits : int, default=32
        Bits of a number in the codebook.
    max_iter : int, default=100
        Most iterations for one lambda.
    random_state : int, RandomState or None, default=None
        Seeds k-means, from which blocks larger than 1x1 start.

    References
    ----------
    P. Chou, T. Lookabaugh and R. Gray, "Entropy-constrained vector quantization",
    IEEE Trans. ASSP 37(1), 1989.
    G. Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables",
    IEEE Trans. Inf. Theory 42(5), 1996 (single weights, which start from a uniform grid).

    Examples
    --------
    >>> weights = np.random.default_rng(0).laplace(size=(20_000, 1))
    >>> ecvq = EntropyConstrained(n_clusters=64, bits=2.0).fit(weights)
    >>> shares = np.unique(ecvq.labels_, return_counts=True)[1] / 20_000
    >>> bool(1.9 < -(shares * np.log2(shares)).sum() < 2.0)
    True
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "bits": FloatRange(
            0.0,
            64.0,
            label=mark("Bits a block"),
            help=mark(
                "Coded bits of a block, with its share of table and codebook, not to be exceeded. "
                "0 asks for nothing."
            ),
        ),
        "sqnr_db": FloatRange(
            0.0,
            200.0,
            label=mark("SQNR in dB"),
            help=mark("Signal-to-quantization-noise ratio to be reached. 0 asks for nothing."),
        ),
        "lagrangian": FloatRange(
            0.0,
            1e12,
            label=mark("Price of a bit (λ)"),
            help=mark(
                "Squared error that one bit is worth. Layers with the same price share their "
                "bits out best. 0 asks for nothing."
            ),
        ),
        "number_bits": IntRange(
            0,
            32,
            label=mark("Bits of a codebook number"),
            help=mark("What each number of an entry costs: 16 where codebooks are float16."),
        ),
        "max_iter": IntRange(
            1,
            1000,
            label=mark("Most iterations"),
            help=mark("For one price of a bit."),
        ),
    }

    title = mark("Entropy-constrained (ECVQ)")
    about = mark(
        "k-means that counts bits: an entry used often has a short code, so blocks prefer it "
        "even where another is a little nearer, and entries that do not pay for their place "
        "disappear. It gives the least error for a file size after entropy coding."
    )
    formula = (
        r"\min_{C}\;\sum_{i} w_i \lVert x_i - c_{j(i)} \rVert^2 + \lambda\, r_{j(i)},\quad "
        r"j(i) = \arg\min_j w_i \lVert x_i - c_j \rVert^2 + \lambda\, r_j,\quad "
        r"r_j = -\log_2 \tfrac{n_j}{n}"
    )
    takes_lane_weights = True
    uses_blas = False

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        bits: float = 0.0,
        sqnr_db: float = 0.0,
        lagrangian: float = 0.0,
        number_bits: int = 32,
        max_iter: int = 100,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.bits = bits
        self.sqnr_db = sqnr_db
        self.lagrangian = lagrangian
        self.number_bits = number_bits
        self.max_iter = max_iter
        self.random_state = random_state

    @property
    def _aim(self) -> Aim:
        return Aim(self.bits, self.sqnr_db, self.lagrangian)

    def _fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None
    ) -> Iterator[Progress]:
        aim, rate = self._aim, None
        if X.shape[1] == 1:
            rate = LineRate.of(X[:, 0], self._single_weights(X, sample_weight))
        if rate is None or (aim.is_none and rate.has_few(self.n_clusters)):
            yield from super()._fit_steps(X, sample_weight)
            return
        tariff = Tariff(self.number_bits)
        steps = fit_line_rate_steps(rate, aim, self.n_clusters, tariff, self.max_iter, LINE_TOL)
        fit = yield from phase(steps, 0, 0.95)
        self.cluster_centers_ = fit.centers.astype(X.dtype)[:, None]
        self.indices_, self.inertia_, self.noise_ = fit.indices, fit.inertia, None
        self.n_iter_, self.report_ = fit.report.n_iter, fit.report

    def _single_weights(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None
    ) -> NDArray[np.float64] | None:
        """Return a weight for each block of one lane."""
        if sample_weight is None:
            return None
        return self._weighed(np.zeros_like(X), sample_weight).weights

    def _learn(self, blocks: MaskedBlocks, found: Found) -> Generator[Progress, None, None]:
        if self._aim.is_none:
            yield from super()._learn(blocks, found)
            return
        # Few distinct blocks need not all have an entry: it may cost more than it is worth.
        steps = self._iterate(blocks, self.n_clusters, check_random_state(self.random_state))
        found.take((yield from phase(found.watch(steps), 0, 0.9)))

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        aim, width = self._aim, blocks.values.shape[1]
        seeds = yield from phase(seed_steps(blocks, n_clusters, random_state, TRIALS), 0, 0.1)
        centers = yield from phase(lloyd_steps(blocks, seeds, self.max_iter, TOL), 0.1, 0.4)
        priced = PricedBlocks(blocks, n_clusters, Tariff(self.number_bits * width))
        start = priced.around(centers)
        price = aim.lagrangian or price_at(start.error / len(blocks), width)
        solver, of = _Warm(priced, start, self.max_iter), _sizes(blocks)
        is_hunt = bool(aim.bits or aim.sqnr_db)
        steps = hunted_steps(solver, of, aim) if is_hunt else settled_steps(solver, price)
        found = yield from phase(relay(steps, _Teller(blocks)), 0.4, 1)
        last = priced.final(found.coded, found.price)
        entries = last.centers.astype(blocks.values.dtype)
        error = float(blocks.weights @ squared_errors(blocks, last.labels, entries))
        notes = notes_of(replace(found, coded=last), of, aim, n_clusters)
        return Outcome(centers=entries, labels=last.labels, inertia=error, notes=notes)


class _Warm:
    """Solves for blocks, each time from where the nearest lower price led."""

    def __init__(self, priced: PricedBlocks, start: Groups, max_iter: int) -> None:
        self._priced = priced
        self._max_iter = max_iter
        self._known = [(0.0, start)]  # in rising order of the price

    def solve_steps(self, price: float) -> Iterator[Groups]:
        """Yield ever cheaper groups."""
        place = bisect_right(self._known, price, key=lambda known: known[0])
        start = groups = self._known[place - 1][1]
        for groups in self._priced.settle_steps(start, price, self._max_iter, TOL):
            yield groups
        self._known.insert(place, (price, groups))


class _Teller:
    """Makes iterations of the states of a fit."""

    def __init__(self, blocks: MaskedBlocks) -> None:
        self._blocks = blocks
        self._step = 0

    def __call__(self, state: tuple[Priced[Groups], bool]) -> Progress:
        """Return the record of a state."""
        (found, is_shown), blocks = state, self._blocks
        self._step += is_shown
        done, groups = self._step / (self._step + 5), found.coded
        if not is_shown:
            return Progress(done, 1)
        detail = detail_of(groups.lengths, found.price, groups.bits / len(blocks))
        return Progress(
            done,
            1,
            result=Iteration(
                self._step,
                blocks.values,
                blocks.weights,
                groups.labels,
                groups.centers,
                groups.error,
                told_of(found, len(blocks)),
                detail,
            ),
        )


def _sizes(blocks: MaskedBlocks) -> Blocks:
    """Return what there is to code."""
    lone = np.zeros(len(blocks), dtype=np.int32)
    nothing = np.zeros((1, blocks.values.shape[1]))
    mean = means(blocks, lone, nothing)
    energy, spread = (
        float(blocks.weights @ squared_errors(blocks, lone, center)) for center in (nothing, mean)
    )
    return Blocks(len(blocks), blocks.values.shape[1], energy, spread)
