"""One weight pruned and clustered as its plan says: once, or in two stages.

Entries are rounded to the type they are stored in once they are found, so that a residual
codebook works on what rounding leaves too.

The second stage is the article's recombination, or the residual codebook that the field uses
in its place:

- `recombine="article"`: every block W_i with centroid C_i becomes
  W_v = W_i + C_i - sum_j (C_i + C_i - W_j) / n_i over the n_i members j of its cluster, and
  W_v is clustered again; the centres of that are the weights. The sum is 2 C_i - mean_i, so
  W_v = W_i - C_i + mean_i: nothing changes where centroids are the means of their members
  (k-means that has converged), and a centroid's bias is taken away where they are not (SOM).
- `recombine="residual"`: W - C is clustered into a second codebook, and a block is the sum of
  one entry of each.
"""

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering import Clusterer, FitReport, make_clusterer
from wc_core.codebook import CodebookWeight, ExactBlocks, mean_squared_error
from wc_core.layer_blocks import LayerBlocks, layer_blocks, survivors
from wc_core.number_types import rounded
from wc_core.progress import Progress, phase
from wc_core.recipe import LayerPlan
from wc_core.words import _

__all__ = [
    "ClusteredWeight",
    "LayerBlocks",
    "SecondStage",
    "cluster_weight_steps",
    "layer_blocks",
    "recombined",
]


@dataclass(frozen=True, slots=True)
class SecondStage:
    """What a second stage changed; all errors are means per weight.

    Parameters
    ----------
    mode : {"article", "residual"}
    fit : FitReport
        Of the second clustering.
    shift : float
        Mean squared difference of what the second stage started from to the weight itself, or
        what pruning leaves of it, W_v - W; 0 for "residual".
    distortion_first : float
        Squared error of the first stage against the weight.
    distortion_w : float
        Squared error after the second stage against the weight.
    distortion_wv : float
        Squared error after the second stage against W_v; for "residual" that is the weight.
    """

    mode: str
    fit: FitReport
    shift: float
    distortion_first: float
    distortion_w: float
    distortion_wv: float

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {**asdict(self), "fit": self.fit.to_dict()}


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredWeight:
    """A weight after clustering, and what there is to say of how it went.

    Parameters
    ----------
    weight : CodebookWeight
    fit : FitReport
        Of the (first) clustering.
    second : SecondStage, optional
    """

    weight: CodebookWeight
    fit: FitReport
    second: SecondStage | None = None


def cluster_weight_steps(
    weight: NDArray[np.floating], plan: LayerPlan, seed: int = 0
) -> Iterator[Progress]:
    """Cluster one weight as a plan says; the last record's result is a `ClusteredWeight`.

    Parameters
    ----------
    weight : ndarray of two or more dimensions
        Finite numbers.
    plan : LayerPlan
    seed : int

    Raises
    ------
    ConfigError
        If the plan asks for something impossible.
    """
    layer = layer_blocks(weight, plan)
    if not len(layer.values):
        yield Progress(1, 1, result=_nothing_left(layer, plan))
        return
    second = _SECOND_STAGES.get(plan.recombine)
    first = make_clusterer(plan, seed)
    yield from phase(_fit_steps(first, layer.values, layer.weights), 0, 0.5 if second else 1)
    coded = replace(_coded(layer, first, plan), exact=_exact(weight, layer, first))
    if second is None:
        result = ClusteredWeight(coded, first.report_)
    else:
        steps = second(weight, layer, first, coded, plan, seed)
        result = yield from phase(steps, 0.5, 1)
    yield Progress(1, 1, result=result)


def recombined(
    blocks: NDArray[np.floating],
    labels: NDArray[np.integer],
    centers: NDArray[np.floating],
    weights: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    """Return the article's W_v = W_i + C_i - sum_j (C_i + C_i - W_j) / n_i.

    Parameters
    ----------
    blocks : ndarray of shape (n_blocks, block_size)
        W; NaN marks masked lanes, which no sum counts and which stay NaN.
    labels : ndarray of shape (n_blocks,)
    centers : ndarray of shape (n_entries, block_size)
        C by label.
    weights : ndarray of shape (n_blocks,), optional
        How much each member counts in the sum, and in n.

    Returns
    -------
    ndarray of shape (n_blocks, block_size)

    Examples
    --------
    >>> W = np.array([[1.0], [3.0]])
    >>> recombined(W, np.array([0, 0]), np.array([[2.0]])).ravel()  # a mean: nothing changes
    array([1., 3.])
    >>> recombined(W, np.array([0, 0]), np.array([[5.0]])).ravel()  # off by 3: taken away
    array([-2.,  0.])
    """
    own = centers.astype(np.float64)[labels]
    terms = own + own - blocks
    count = np.ones(len(blocks)) if weights is None else weights
    mean_terms = np.empty_like(terms)
    for lane in range(blocks.shape[1]):
        seen = ~np.isnan(terms[:, lane])
        share = count * seen
        sums = np.bincount(labels, np.where(seen, share * terms[:, lane], 0.0), len(centers))
        n = np.bincount(labels, share, len(centers))
        mean_terms[:, lane] = (sums / np.maximum(n, np.finfo(float).tiny))[labels]
    changed: NDArray[np.floating] = (blocks + own - mean_terms).astype(blocks.dtype)
    return changed


def _article_steps(
    weight: NDArray[np.floating],
    layer: LayerBlocks,
    first: Clusterer,
    coded: CodebookWeight,
    plan: LayerPlan,
    seed: int,
) -> Generator[Progress, None, ClusteredWeight]:
    """Recombine and cluster again; what is stored is the second codebook alone."""
    members = _clustered(layer, first)
    virtual = recombined(layer.values, first.indices_, first.cluster_centers_, members)
    if first.noise_ is not None:
        virtual[first.noise_] = layer.values[first.noise_]
    second = make_clusterer(plan, seed)
    yield from _fit_steps(second, virtual, layer.weights)
    again = replace(_coded(layer, second, plan), exact=_exact(weight, layer, second))
    judged = _judged(weight, layer, virtual, coded, again, plan, second)
    return ClusteredWeight(again, first.report_, judged)


def _residual_steps(
    weight: NDArray[np.floating],
    layer: LayerBlocks,
    first: Clusterer,
    coded: CodebookWeight,
    plan: LayerPlan,
    seed: int,
) -> Generator[Progress, None, ClusteredWeight]:
    """Cluster what the first codebook leaves; both codebooks are stored."""
    left = layer.values - coded.codebook[coded.stored_indices]
    second = make_clusterer(replace(plan, n_clusters=plan.residual_clusters), seed)
    yield from _fit_steps(second, left, _clustered(layer, first))
    stage = replace(_coded(layer, second, plan), scales=None, scale_step=1.0, mask=None)
    both = replace(coded, residual=stage)
    judged = _judged(weight, layer, layer.values, coded, both, plan, second)
    return ClusteredWeight(both, first.report_, judged)


_SECOND_STAGES = {"article": _article_steps, "residual": _residual_steps}


def _judged(
    weight: NDArray[np.floating],
    layer: LayerBlocks,
    start: NDArray[np.floating],
    before: CodebookWeight,
    after: CodebookWeight,
    plan: LayerPlan,
    second: Clusterer,
) -> SecondStage:
    """Measure what a second stage changed, where it started from the blocks `start`."""
    decoded = after.decode()
    clustered = weight if layer.mask is None else survivors(weight, layer.mask)
    begun = clustered if start is layer.values else layer.joined(start)
    return SecondStage(
        mode=plan.recombine,
        fit=second.report_,
        shift=mean_squared_error(clustered, begun),
        distortion_first=mean_squared_error(weight, before.decode()),
        distortion_w=mean_squared_error(weight, decoded),
        distortion_wv=mean_squared_error(begun, decoded),
    )


def _clustered(layer: LayerBlocks, fitted: Clusterer) -> NDArray[np.floating] | None:
    """Return the weights of the blocks, zero for those that are stored exactly."""
    if fitted.noise_ is None:
        return layer.weights
    count = np.ones(len(layer.values)) if layer.weights is None else layer.weights
    return np.where(fitted.noise_, 0.0, count)


def _fit_steps(
    clusterer: Clusterer, values: NDArray[np.floating], weights: NDArray[np.floating] | None
) -> Generator[Progress, None, None]:
    """Fit; iterations are not passed on, since a record's result is what is found so far."""
    for record in clusterer.fit_steps(values, weights):
        yield Progress(record.done, record.total, record.message)


def _coded(layer: LayerBlocks, fitted: Clusterer, plan: LayerPlan) -> CodebookWeight:
    entries, step = rounded(fitted.cluster_centers_, plan.codebook_dtype)
    return CodebookWeight(
        codebook=entries,
        indices=layer.spread(fitted.indices_),
        block=plan.block,
        shape=layer.grid.shape,
        scales=layer.scales,
        codebook_dtype=plan.codebook_dtype,
        mask=layer.mask,
        scale_dtype=plan.scale_dtype,
        codebook_step=step,
        scale_step=layer.scale_step,
    )


def _exact(
    weight: NDArray[np.floating], layer: LayerBlocks, fitted: Clusterer
) -> ExactBlocks | None:
    """Return the blocks that the algorithm wants stored as they are."""
    if fitted.noise_ is None or not fitted.noise_.any():
        return None
    positions = layer.positions[fitted.noise_]
    whole = weight if layer.mask is None else survivors(weight, layer.mask)
    values = layer.grid.split(whole)[positions].astype(np.float32)
    return ExactBlocks(positions, np.nan_to_num(values))


def _nothing_left(layer: LayerBlocks, plan: LayerPlan) -> ClusteredWeight:
    """Return a weight that is pruned altogether: one entry of zeros, and no index."""
    weight = CodebookWeight(
        codebook=np.zeros((1, plan.block.size), dtype=np.float32),
        indices=np.zeros(layer.grid.n_blocks, dtype=np.uint8),
        block=plan.block,
        shape=layer.grid.shape,
        scales=layer.scales,
        codebook_dtype=plan.codebook_dtype,
        mask=layer.mask,
        scale_dtype=plan.scale_dtype,
        scale_step=layer.scale_step,
    )
    return ClusteredWeight(weight, FitReport(0, 0, 0, (_("everything is pruned"),)))
