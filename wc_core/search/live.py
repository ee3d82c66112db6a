"""One layer of single weights at any number of entries, fast enough to follow a slider."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering import ScalarFit, ScalarSweep
from wc_core.codebook import sqnr_db
from wc_core.coding import code_lengths, encode_positions, packed_bytes, table_bytes
from wc_core.errors import ConfigError
from wc_core.masks import Mask
from wc_core.models import LayerInfo
from wc_core.models.weights import round_to
from wc_core.number_types import rounded
from wc_core.pruning import PRUNERS
from wc_core.recipe import LayerPlan
from wc_core.search.budget import number_bytes
from wc_core.stages import layer_blocks
from wc_core.words import _

LIVE_ALGORITHM = "kmeans"  # the one that is solved on single weights
LIVE_KS = (2, 256)
N_BARS = 200  # of the histogram: more are finer than a screen shows
_PIECE = 1 << 18  # weights whose squares are added in one go


@dataclass(frozen=True, slots=True, eq=False)
class LayerPreview:
    """What clustering a layer into k entries gives, before anybody waits for it.

    Parameters
    ----------
    layer : str
    k : int
        Entries asked for.
    n_weights : int
    centers : ndarray of float32, shape (n_entries,)
        In rising order, as they are stored: in units of each channel's scale if there is one.
    counts : ndarray of int64, shape (n_entries,)
        Weights that each of them stands for; those that are pruned have none.
    stored_bytes : int
        Indices, codebook, scales and mask, as the packed file has them; where indices are coded,
        to within a few bytes.
    power, distortion : float
        Mean square of the weights, and squared error per weight, that of pruning included.
    n_pruned : int
        Weights that are pruned.
    """

    layer: str
    k: int
    n_weights: int
    centers: NDArray[np.float32]
    counts: NDArray[np.int64]
    stored_bytes: int
    power: float
    distortion: float
    n_pruned: int = 0

    @property
    def entries(self) -> int:
        """Entries stored; fewer than asked for when there are fewer distinct weights."""
        return len(self.centers)

    @property
    def bits_per_weight(self) -> float:
        """Stored bits over weights."""
        return 8 * self.stored_bytes / self.n_weights

    @property
    def sqnr_db(self) -> float:
        """Signal-to-quantization-noise ratio in decibels."""
        return sqnr_db(self.power, self.distortion)

    @property
    def relative_error(self) -> float:
        """Root of the squared error over that of the weights' mean square; 0 for zeros."""
        return float(np.sqrt(self.distortion / self.power)) if self.power > 0 else 0.0


class LiveLayer:
    """A layer prepared once, to be looked at with any number of entries in milliseconds.

    Parameters
    ----------
    info : LayerInfo
    weight : ndarray of two or more dimensions
    plan : LayerPlan
        Everything but `n_clusters`; `why_not_live` tells whether it can be shown.

    Attributes
    ----------
    edges : ndarray of float64, shape (n_bars + 1,)
    bars : ndarray of int64, shape (n_bars,)
        Histogram of the weights, in units of each channel's scale if there is one.

    Raises
    ------
    ConfigError
        If the plan is one of those that `why_not_live` gives a reason for, or prunes everything.

    Examples
    --------
    >>> weight = np.array([[0.0, 0.2], [5.0, 5.2]], dtype=np.float32)
    >>> live = LiveLayer(LayerInfo("fc", (2, 2), "float32", 4), weight, LayerPlan())
    >>> seen = live.preview(2)
    >>> seen.centers, seen.counts, seen.stored_bytes  # a bit each, and two numbers
    (array([0.1, 5.1], dtype=float32), array([2, 2]), 9)
    """

    def __init__(self, info: LayerInfo, weight: NDArray[np.floating], plan: LayerPlan) -> None:
        reason = why_not_live(plan)
        if reason:
            raise ConfigError(reason)
        blocks = layer_blocks(weight, plan)
        if not len(blocks.values):
            raise ConfigError(_("everything is pruned, so there is nothing to cluster"))
        values = blocks.values[:, 0]
        self._info, self._plan = info, plan
        self._sweep = ScalarSweep(values, blocks.weights)
        self._has_scales = blocks.scales is not None
        self._unit = float(blocks.scales.max()) ** 2 if blocks.scales is not None else 1.0
        self._mean_weight = 1.0 if blocks.weights is None else float(blocks.weights.mean())
        self._power = _mean_square(weight)
        self._lost, self._n_pruned, self._mask_bytes = 0.0, 0, 0
        if blocks.mask is not None:
            self._lost = _pruned_squares(weight, blocks.mask)
            self._n_pruned = blocks.mask.n_pruned_weights
            self._mask_bytes = len(encode_positions(blocks.mask.kept, plan.coding)[0])
        self.bars, self.edges = _histogram(values)

    def preview(self, k: int) -> LayerPreview:
        """Return what clustering into `k` entries gives: what `compress` reports, near enough."""
        fit = self._sweep.fit(k)
        stored = rounded(fit.centers, self._plan.codebook_dtype)[0]
        error = fit.inertia + self._rounding(fit, stored)
        return LayerPreview(
            layer=self._info.name,
            k=k,
            n_weights=self._info.n_weights,
            centers=stored,
            counts=fit.counts,
            stored_bytes=self._stored_bytes(fit.counts),
            power=self._power,
            distortion=(self._unit * error + self._lost) / self._info.n_weights,
            n_pruned=self._n_pruned,
        )

    def _stored_bytes(self, counts: NDArray[np.int64]) -> int:
        indices = packed_bytes(int(counts.sum()), (len(counts) - 1).bit_length())
        if self._plan.coding != "packed":
            bits = float(counts @ code_lengths(counts))
            coded = ceil(bits / 8) + table_bytes(counts)
            indices = coded if self._plan.coding == "coded" else min(indices, coded)
        numbers = number_bytes(self._info.shape, self._plan, len(counts))
        return indices + numbers + self._mask_bytes

    def _rounding(self, fit: ScalarFit, stored: NDArray[np.float32]) -> float:
        """Return the error that rounding adds: of the entries, and of what they decode to."""
        decoded = stored if self._has_scales else round_to(stored, self._info.dtype)
        off = decoded.astype(np.float64) - fit.centers
        return self._mean_weight * float(np.dot(fit.counts, off * off))


def why_not_live(plan: LayerPlan) -> str:
    """Return why a plan cannot be followed live, or an empty text if it can."""
    if plan.algorithm != LIVE_ALGORITHM:
        return _("only k-means finds the entries of any k fast enough to follow a slider")
    if plan.block.size > 1:
        return _("only blocks of 1x1, single weights, can be solved for every k at once")
    if plan.recombine != "none":
        return _("a second stage takes longer than a slider waits")
    if plan.pruner != "none" and PRUNERS[plan.pruner].is_global:
        return _("one threshold for all layers is found with all of them, not with one alone")
    return ""


def _pruned_squares(weight: NDArray[np.floating], mask: Mask) -> float:
    """Return the sum of squares of what is pruned."""
    matrix = weight.reshape(mask.matrix_shape)
    step = max(1, _PIECE // matrix.shape[1])
    total = 0.0
    for top in range(0, len(matrix), step):
        rows = slice(top, min(top + step, len(matrix)))
        gone = np.where(mask.rows(rows), 0, matrix[rows])
        total += float(np.square(gone, dtype=np.float64).sum())
    return total


def _mean_square(weight: NDArray[np.floating]) -> float:
    flat = weight.reshape(-1)
    pieces = (flat[at : at + _PIECE] for at in range(0, flat.size, _PIECE))
    return sum(float(np.square(p, dtype=np.float64).sum()) for p in pieces) / flat.size


def _histogram(values: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count values in bars of one width; those of one value get bars around it."""
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        reach = max(abs(low), 1.0) / 2
        low, high = low - reach, high + reach
    bars, edges = np.histogram(values, N_BARS, (low, high))
    return bars.astype(np.int64), edges.astype(np.float64)
