"""Self-organising map, trained in batches: entries on a grid, neighbours alike."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks, tiles
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Iteration, Outcome
from wc_core.clustering._lloyd import LARGE, nearest
from wc_core.params import Choice, Domain, FloatRange, IntRange
from wc_core.progress import Progress
from wc_core.words import _, mark

_SHRINKING = 0.75  # share of the steps in which the neighbourhood shrinks; then it settles
_FLAT = 1e-9  # variance beside the greatest below which blocks have no second direction
_MAX_TILE = 1 << 21  # distances in a tile, so that many units do not fill the memory
_REACH = 2.0  # standard deviations to either side that the first units cover


@CLUSTERERS.register("som")
class SOM(BlockClusterer):
    """Self-organising map: the entries sit on a grid and learn together with their neighbours.

    The batch rule: every block goes to its nearest unit, then every unit moves to the mean
    of all blocks, weighted by how near their units are on the grid. The neighbourhood
    shrinks from step to step. Units start on the plane of the two greatest variances, so
    nothing is drawn. The result are units, not means: each stays a little drawn to its
    neighbours. NaN marks a masked lane, which weighs nothing.

    Parameters
    ----------
    n_clusters : int, default=16
        Units of the map, that is, entries of the codebook. In a grid they stand in the
        rows and columns that come nearest to a square; prime numbers make a chain.
    topology : {"grid", "chain"}, default="grid"
        Which units are neighbours. Blocks that vary along one line only get a chain.
    n_steps : int, default=40
        Passes over the blocks.
    radius : float, default=0.25
        Width of the first neighbourhood, as a share of the longer side of the map.
    final_radius : float, default=0.35
        Width of the last neighbourhood, in units. At 0.1 a unit learns from its own blocks
        alone and is their mean; at 1 the map stays stiff.
    polish : int, default=0
        Lloyd steps afterwards, which make the units means.
    random_state : int, RandomState or None, default=None
        Not used: nothing is drawn.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Units, row by row of the map; sorted when there is one feature. Without polish they
        are no means of their blocks, and some may have no block.
    labels_ : ndarray of shape (n_samples,)
        Index of the nearest entry to each block.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Steps run.

    Notes
    -----
    `detail` of an iteration holds `edges`, an array of shape (n_edges, 2) of units that are
    neighbours, and `radius`, the width of the neighbourhood in units.

    References
    ----------
    T. Kohonen, "Essentials of the self-organizing map", Neural Networks 37, 2013.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> som = SOM(n_clusters=2).fit(blocks)
    >>> som.labels_
    array([0, 0, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "topology": Choice(
            ("grid", "chain"),
            label=mark("Topology"),
            help=mark(
                "Which entries are neighbours: those beside and above each other on a grid as "
                "square as the number of clusters allows, or the two along a chain."
            ),
        ),
        "n_steps": IntRange(
            2, 1000, label=mark("Steps"), help=mark("Passes over the blocks; all are made.")
        ),
        "radius": FloatRange(
            0.01,
            1.0,
            label=mark("First radius"),
            help=mark(
                "Width of the neighbourhood in the first step, as a share of the longer side."
            ),
        ),
        "final_radius": FloatRange(
            0.1,
            2.0,
            label=mark("Last radius"),
            help=mark(
                "Width of the neighbourhood in the last step, in entries. At 0.1 an entry is the "
                "mean of its own blocks; above, neighbours pull on it and stay more alike."
            ),
        ),
        "polish": POLISH,
    }

    title = mark("Self-organising map")
    about = mark(
        "The entries are the knots of an elastic net: each moves towards its own blocks and "
        "draws its neighbours along, less and less. Neighbouring indices then decode to similar "
        "blocks. The knots stay a little drawn to each other, so they are no means."
    )
    formula = (
        r"c_j \leftarrow \frac{\sum_i w_i\, h_{j\,b(i)}\, x_i}{\sum_i w_i\, h_{j\,b(i)}},\quad "
        r"h_{jl} = e^{-\lVert r_j - r_l \rVert^2 / 2\sigma^2},\quad "
        r"b(i) = \arg\min_j \lVert x_i - c_j \rVert"
    )
    labels_are_nearest = True
    introductory = True

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        topology: str = "grid",
        n_steps: int = 40,
        radius: float = 0.25,
        final_radius: float = 0.35,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.topology = topology
        self.n_steps = n_steps
        self.radius = radius
        self.final_radius = final_radius
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        mean, axes = _plane(blocks)
        net, notes = _lay_out(n_clusters, self.topology, len(axes))
        units = net.unrolled(mean, axes)
        widths = self._widths(max(net.rows, net.cols))
        edges = net.edges()
        yield Progress(0, len(widths), result=_state(0, blocks, units, edges, widths[0]))
        is_large = len(blocks) * len(units) > LARGE
        dtype = blocks.values.dtype if is_large else np.float64
        for step, width in enumerate(widths, start=1):
            labels, errors = nearest(blocks, units, dtype)
            units = net.learn(blocks, labels, units, width)
            cost = float(blocks.weights @ errors)
            state = _state(step, blocks, units, edges, width, labels, cost)
            yield Progress(step, len(widths), result=state)
        return Outcome(centers=units, notes=notes)

    def _widths(self, longer_side: int) -> list[float]:
        """Return the width of the neighbourhood in each step, in units."""
        last = self.final_radius
        n_shrinking = int(np.ceil(_SHRINKING * self.n_steps))
        shrinking = np.geomspace(max(self.radius * longer_side, last), last, n_shrinking)
        return [*shrinking.tolist(), *[last] * (self.n_steps - n_shrinking)]


@dataclass(frozen=True, slots=True)
class _Net:
    """Units in rows and columns, numbered row by row; a chain has one row."""

    rows: int
    cols: int

    def unrolled(self, mean: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return units spread evenly over the plane, the longer side along the first axis."""
        along, across = _even(self.cols), _even(self.rows)
        units = mean + along[None, :, None] * axes[0]
        if self.rows > 1:
            units = units + across[:, None, None] * axes[1]
        return np.asarray(units.reshape(self.rows * self.cols, -1), dtype=np.float64)

    def edges(self) -> NDArray[np.intp]:
        """Return the pairs of neighbours, (n_edges, 2)."""
        units = np.arange(self.rows * self.cols).reshape(self.rows, self.cols)
        beside = np.stack([units[:, :-1].ravel(), units[:, 1:].ravel()], axis=1)
        below = np.stack([units[:-1].ravel(), units[1:].ravel()], axis=1)
        return np.concatenate([beside, below])

    def learn(
        self,
        blocks: MaskedBlocks,
        labels: NDArray[np.integer],
        units: NDArray[np.float64],
        width: float,
    ) -> NDArray[np.float64]:
        """Move every unit to the mean of all blocks, weighted by the pull of their units.

        A lane that pulls nowhere near keeps its value.
        """
        sums, masses = _winnings(blocks, labels, len(units))
        pulled, weight = self._spread(sums, width), self._spread(masses, width)
        # Below this share of a unit's weight a pull is rounding.
        moved = weight > 1e-30 * blocks.weights.sum()
        after = units.copy()
        after[moved] = pulled[moved] / weight[moved]
        return after

    def _spread(self, what: NDArray[np.float64], width: float) -> NDArray[np.float64]:
        """Add to every unit what the others have, by their nearness: rows, then columns."""
        grid = what.reshape(self.rows, self.cols, -1)
        grid = _blur(grid.reshape(self.rows, -1), width).reshape(grid.shape)
        turned = np.ascontiguousarray(grid.swapaxes(0, 1))
        turned = _blur(turned.reshape(self.cols, -1), width).reshape(turned.shape)
        spread: NDArray[np.float64] = turned.swapaxes(0, 1).reshape(what.shape)
        return spread


def _lay_out(n_clusters: int, topology: str, n_axes: int) -> tuple[_Net, tuple[str, ...]]:
    """Return the net for so many units, and why it is no grid although one was asked for."""
    if topology == "chain":
        return _Net(1, n_clusters), ()
    if n_axes < 2:
        note = _("the blocks vary along one line only, so the map is a chain instead of a grid")
        return _Net(1, n_clusters), (note,)
    rows = max(r for r in range(1, int(np.sqrt(n_clusters)) + 1) if n_clusters % r == 0)
    if rows > 1 or n_clusters < 4:
        return _Net(rows, n_clusters // rows), ()
    msg = _("{n} is prime: no grid has so many entries, so the map is a chain")
    return _Net(1, n_clusters), (msg.format(n=n_clusters),)


def _plane(blocks: MaskedBlocks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of the blocks and the one or two directions of greatest variance.

    The directions are as long as the standard deviation along them, (n_axes, block_size).
    """
    values = blocks.filled().astype(np.float64)
    share = blocks.weights / blocks.weights.sum()
    mean = share @ values
    values -= mean
    spreads, directions = np.linalg.eigh((values * share[:, None]).T @ values)
    spreads, directions = spreads[::-1][:2], directions.T[::-1][:2]
    kept = spreads > _FLAT * spreads[0]
    axes = directions[kept] * np.sqrt(spreads[kept])[:, None]
    largest = np.abs(axes).argmax(axis=1)  # a direction has no sign of its own
    signs = np.sign(axes[np.arange(len(axes)), largest])
    return mean, axes * signs[:, None]


def _even(n: int) -> NDArray[np.float64]:
    """Return n places around 0, in standard deviations."""
    return _REACH * ((2 * np.arange(n) + 1) / n - 1)


def _winnings(
    blocks: MaskedBlocks, labels: NDArray[np.integer], n_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weighted sum of each unit's blocks and their weight, by lane, (n_units, d)."""
    d = blocks.values.shape[1]
    sums, masses = np.empty((n_units, d)), np.empty((n_units, d))
    total = np.bincount(labels, weights=blocks.weights, minlength=n_units)
    for lane in range(d):
        weighted = blocks.weights * blocks.values[:, lane]
        sums[:, lane] = np.bincount(labels, weights=weighted, minlength=n_units)
        masked = blocks.weights[blocks.ragged] * (1 - blocks.observed[:, lane])
        unseen = np.bincount(labels[blocks.ragged], weights=masked, minlength=n_units)
        masses[:, lane] = np.maximum(total - unseen, 0)
    return sums, masses


def _blur(line: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Let every row of a line take in the others, with a Gaussian of their distance."""
    n = len(line)
    if n == 1:
        return line
    places, spread = np.arange(n), np.empty_like(line)
    for tile in tiles(n, max(1, _MAX_TILE // n)):
        hops = (places[tile, None] - places) / width
        spread[tile] = np.exp(-0.5 * np.square(hops)) @ line
    return spread


def _state(
    step: int,
    blocks: MaskedBlocks,
    units: NDArray[np.float64],
    edges: NDArray[np.intp],
    width: float,
    labels: NDArray[np.integer] | None = None,
    inertia: float | None = None,
) -> Iteration:
    detail = {"edges": edges, "radius": width}
    return Iteration(step, blocks.values, blocks.weights, labels, units, inertia, "", detail)
