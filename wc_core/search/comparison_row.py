"""What one algorithm made of the layers: one row of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.compression import CompressedModel
from wc_core.json_form import finite
from wc_core.layer_report import LayerReport
from wc_core.recipe import LayerPlan
from wc_core.stages import layer_blocks
from wc_core.words import _, ngettext

SAMPLE = 1500
"""Blocks of a layer whose entries are remembered, to be drawn around the codebook."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerCodebook:
    """What an algorithm made of one layer, as charts need it.

    Parameters
    ----------
    layer : str
    plan : LayerPlan
        How the layer was pruned and cut, as if it were alone.
    codebook : ndarray of shape (n_entries, block_size)
    counts : ndarray of shape (n_entries,)
        Blocks that each entry serves.
    sample : ndarray of shape (n_sampled,)
        Entry of each of the blocks that `sampled_blocks` gives by that plan.
    """

    layer: str
    plan: LayerPlan
    codebook: NDArray[np.float32]
    counts: NDArray[np.int64]
    sample: NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ComparisonRow:
    """What one algorithm made of the layers; numbers are None if it refused.

    Parameters
    ----------
    algorithm : str
        Name in `wc_core.CLUSTERERS`.
    plan : LayerPlan
    refusal : str
        Why the algorithm could not cluster the layers, or empty.
    entries_asked, entries, entries_used : int
        Entries asked for, stored, and serving at least one block, over all layers.
    stored_bytes : int
        Indices, codebooks, scales, masks and exact blocks.
    bits_per_weight : float
    distortion : float
        Squared error per weight.
    sqnr_db : float
        Infinite if nothing was lost.
    utilization : float
        Entries used over entries stored.
    index_entropy : float
        Bits of information in an index, the mean over all blocks that have one.
    perplexity : float
        Two to that entropy: entries as if all were used alike.
    seconds : float
        Time that clustering took.
    accuracy, agreement : float
        Of the whole model; None if it was not run (or its data have no labels).
    interval : tuple of float
        95 % interval of the accuracy.
    n_samples : int
        Images that accuracy and agreement rest on.
    notes : tuple of str
        Findings of the algorithm, as sentences.
    codebooks : tuple of LayerCodebook
        One for each layer.
    """

    algorithm: str
    plan: LayerPlan
    refusal: str = ""
    entries_asked: int | None = None
    entries: int | None = None
    entries_used: int | None = None
    stored_bytes: int | None = None
    bits_per_weight: float | None = None
    distortion: float | None = None
    sqnr_db: float | None = None
    utilization: float | None = None
    index_entropy: float | None = None
    perplexity: float | None = None
    seconds: float | None = None
    accuracy: float | None = None
    agreement: float | None = None
    interval: tuple[float, float] | None = None
    n_samples: int = 0
    notes: tuple[str, ...] = ()
    codebooks: tuple[LayerCodebook, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types: all but the codebooks."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "codebooks"}
        return {
            **values,
            "plan": self.plan.to_dict(),
            "sqnr_db": None if self.sqnr_db is None else finite(self.sqnr_db),
            "interval": None if self.interval is None else list(self.interval),
            "notes": list(self.notes),
        }


def sampled_blocks(weight: NDArray[np.floating], plan: LayerPlan) -> NDArray[np.floating]:
    """Return up to `SAMPLE` live blocks of a layer, at even steps, as a clusterer sees them.

    Returns
    -------
    ndarray of shape (n_sampled, block_size)
        NaN marks masked lanes.
    """
    values = layer_blocks(weight, plan).values
    return values[_sampled(len(values))]


def _sampled(n_blocks: int) -> NDArray[np.intp]:
    return np.arange(0, n_blocks, max(1, -(-n_blocks // SAMPLE)))


def measured_row(small: CompressedModel, plan: LayerPlan) -> ComparisonRow:
    """Return the row of a finished compression, all its layers taken together."""
    layers = small.layers
    codebooks = tuple(_codebook(small, layer) for layer in layers)
    entries = sum(layer.entries for layer in layers)
    used = sum(int(np.count_nonzero(book.counts)) for book in codebooks)
    n_blocks = max(1, sum(layer.n_live_blocks for layer in layers))
    entropy = sum(layer.index_entropy * layer.n_live_blocks for layer in layers) / n_blocks
    noise = sum(layer.distortion * layer.n_weights for layer in layers)
    return ComparisonRow(
        algorithm=plan.algorithm,
        plan=plan,
        entries_asked=sum(layer.plan.n_clusters for layer in layers),
        entries=entries,
        entries_used=used,
        stored_bytes=sum(layer.stored_bytes for layer in layers),
        bits_per_weight=small.bits_per_weight,
        distortion=noise / small.n_clustered,
        sqnr_db=small.sqnr_db,
        utilization=used / entries,
        index_entropy=entropy,
        perplexity=2.0**entropy,
        seconds=sum(layer.seconds for layer in layers),
        notes=_notes(layers),
        codebooks=codebooks,
    )


def _codebook(small: CompressedModel, layer: LayerReport) -> LayerCodebook:
    weight = small.weights[layer.name]
    indices = weight.stored_indices
    sample = indices[_sampled(len(indices))]
    return LayerCodebook(layer.name, layer.lone_plan, weight.codebook, weight.counts, sample)


def _notes(layers: Sequence[LayerReport]) -> tuple[str, ...]:
    """Return what was found, each sentence once, with its layers if there are several."""
    said: dict[str, list[str]] = {}
    for layer in layers:
        for note in _layer_notes(layer):
            said.setdefault(note, []).append(layer.name)
    if len(layers) == 1:
        return tuple(said)
    return tuple(f"{_places(names, len(layers))}: {note}" for note, names in said.items())


def _places(names: list[str], n_layers: int) -> str:
    if len(names) == n_layers:
        return _("all layers")
    if len(names) == 1:
        return names[0]
    return ngettext("{n} layer", "{n} layers", len(names)).format(n=len(names))


def _layer_notes(layer: LayerReport) -> tuple[str, ...]:
    fit = layer.fit
    if fit is None:
        return ()
    polish = fit.polish
    if polish is None or polish.inertia_before <= 0:
        return fit.notes
    msg = _("polish took {gain:.1%} off the squared error and moved {moved:.1%} of the blocks")
    gain = 1 - polish.inertia_after / polish.inertia_before
    return (*fit.notes, msg.format(gain=gain, moved=polish.moved))
