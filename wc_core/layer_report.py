"""What clustering did to one layer: sizes, errors, and what the algorithm says."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.clustering import FitReport
from wc_core.codebook import PIECE, CodebookWeight, sqnr_db
from wc_core.coding import packed_bytes
from wc_core.json_form import finite
from wc_core.layer_parts import LayerParts, layer_parts
from wc_core.models import LayerInfo, TensorInfo
from wc_core.models.weights import round_to
from wc_core.pruning import ALONE, PRUNERS
from wc_core.recipe import LayerPlan
from wc_core.stages import SecondStage
from wc_core.threads import run_pieces
from wc_core.weight_loops import count_zero_blocks, error_sums


@dataclass(frozen=True, slots=True)
class LayerReport:
    """What clustering did to one layer.

    Parameters
    ----------
    name : str
    shape : tuple of int
    n_weights, n_blocks : int
    plan : LayerPlan
        What was asked for.
    entries : int
        Codebook entries stored; fewer than asked for when there are fewer distinct blocks.
    index_bits : int
        Bits of one index at fixed width.
    index_bytes, codebook_bytes, scale_bytes, exact_bytes : int
        Bytes of the layer's tensors in the packed file: indices and codebooks of both stages,
        scales, and blocks stored exactly with their positions.
    mask_bytes : int
        Bytes of the positions of what is pruned.
    packed_index_bytes : int
        Bytes that the indices of both stages take at fixed width.
    power : float
        Mean square of the weights before.
    distortion : float
        Squared error per weight, after rounding to the layer's own dtype.
    utilization, perplexity, index_entropy : float
        Share of entries in use; two to the entropy of the indices; that entropy in bits.
    sparsity_before, sparsity_after : float
        Share of weights that are exactly zero.
    block_sparsity_before, block_sparsity_after : float, optional
        Share of blocks that are zeros altogether; None before, where a file does not tell.
    n_pruned : int
        Weights that are pruned.
    n_live_blocks : int
        Blocks that are not pruned altogether: those that have an index.
    index_coding, mask_coding : str
        How the file codes them; empty for what it does not have.
    residual_entries : int
        Entries of a second codebook; 0 without one.
    n_exact : int
        Blocks stored exactly.
    seconds : float
        Time that clustering took.
    fit : FitReport, optional
        What the algorithm says; None for a layer read from a file.
    second : SecondStage, optional
        What a second stage changed; None without one, and for a layer read from a file.
    """

    name: str
    shape: tuple[int, ...]
    n_weights: int
    n_blocks: int
    plan: LayerPlan
    entries: int
    index_bits: int
    index_bytes: int
    codebook_bytes: int
    scale_bytes: int
    exact_bytes: int
    mask_bytes: int
    packed_index_bytes: int
    power: float
    distortion: float
    utilization: float
    perplexity: float
    index_entropy: float
    sparsity_before: float
    sparsity_after: float
    n_live_blocks: int
    n_pruned: int = 0
    block_sparsity_before: float | None = None
    block_sparsity_after: float | None = None
    index_coding: str = "packed"
    mask_coding: str = ""
    residual_entries: int = 0
    n_exact: int = 0
    seconds: float = 0.0
    fit: FitReport | None = None
    second: SecondStage | None = None

    @property
    def stored_bytes(self) -> int:
        """Indices, codebooks, scales, mask and exact blocks together."""
        return (
            self.index_bytes
            + self.codebook_bytes
            + self.scale_bytes
            + self.mask_bytes
            + self.exact_bytes
        )

    @property
    def lone_plan(self) -> LayerPlan:
        """The plan that does to this layer alone what was done to it among the others.

        Pruned together with others, it lost a share of its own.
        """
        plan = self.plan
        if plan.pruner == "none" or not PRUNERS[plan.pruner].is_global:
            return plan
        return replace(plan, pruner=ALONE, sparsity=self.n_pruned / self.n_weights)

    @property
    def bits_per_weight(self) -> float:
        """Stored bits over weights."""
        return 8 * self.stored_bytes / self.n_weights

    @property
    def sqnr_db(self) -> float:
        """Signal-to-quantization-noise ratio of the layer in decibels."""
        return sqnr_db(self.power, self.distortion)

    @property
    def clamped(self) -> bool:
        """Whether there were fewer distinct blocks than clusters asked for."""
        return self.entries < self.plan.n_clusters

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            **values,
            "shape": list(self.shape),
            "plan": self.plan.to_dict(),
            "fit": self.fit.to_dict() if self.fit else None,
            "second": self.second.to_dict() if self.second else None,
            "stored_bytes": self.stored_bytes,
            "bits_per_weight": self.bits_per_weight,
            "sqnr_db": finite(self.sqnr_db),
        }


def judged_layer(
    info: LayerInfo | TensorInfo, weight: CodebookWeight, plan: LayerPlan, original: NDArray
) -> LayerReport:
    """Judge a clustered weight, rounded to the layer's own dtype, against the original."""
    grid = weight.grid
    matrix = original.reshape(grid.matrix_shape)
    pieces = grid.pieces(PIECE)

    def judged(piece: int) -> NDArray[np.float64]:
        rows = matrix[grid.rows(pieces[piece])]
        decoded = np.empty(rows.shape, dtype=np.float32)
        weight.decode_rows(pieces[piece], decoded)
        return _sums(rows, round_to(decoded, info.dtype), grid)

    sums = np.sum(run_pieces(judged, len(pieces)), axis=0)
    power, error, before, after = sums[:4] / matrix.size
    blocks_before, blocks_after = sums[4:] / grid.n_blocks
    return layer_report(
        info,
        weight,
        plan,
        power=float(power),
        distortion=float(error),
        sparsity_before=1 - float(before),
        sparsity_after=1 - float(after),
        block_sparsity_before=float(blocks_before),
        block_sparsity_after=float(blocks_after),
    )


def _sums(original: NDArray, decoded: NDArray, grid: BlockGrid) -> NDArray[np.float64]:
    """Return sums over some rows, shape (6,).

    Squares and squared errors; numbers of each that are not zero; blocks of each that are zeros.
    """
    wide = np.promote_types(original.dtype, np.float32)  # compiled loops know no half precision
    original, decoded = (np.ascontiguousarray(rows, wide) for rows in (original, decoded))
    sums = np.empty(6)
    error_sums(original.reshape(-1), decoded.reshape(-1), sums[:4])
    sides = grid.block.rows, grid.block.cols
    sums[4:] = [count_zero_blocks(rows, *sides) for rows in (original, decoded)]
    return sums


def layer_report(
    info: LayerInfo | TensorInfo,
    weight: CodebookWeight,
    plan: LayerPlan,
    *,
    power: float,
    distortion: float,
    sparsity_before: float,
    sparsity_after: float,
    block_sparsity_before: float | None = None,
    block_sparsity_after: float | None = None,
    parts: LayerParts | None = None,
) -> LayerReport:
    """Report what can be read off a clustered weight, beside errors measured elsewhere.

    Bytes are those of `parts`, or of what the plan makes of the weight.
    """
    parts = parts or layer_parts(weight, plan.coding)
    return LayerReport(
        name=info.name,
        shape=info.shape,
        n_weights=info.n_weights,
        n_blocks=len(weight.indices),
        plan=plan,
        entries=weight.entries,
        index_bits=weight.index_bits,
        index_bytes=parts.n_bytes("indices"),
        codebook_bytes=parts.n_bytes("codebook"),
        scale_bytes=parts.n_bytes("scales"),
        exact_bytes=parts.n_bytes("exact"),
        mask_bytes=parts.n_bytes("mask"),
        packed_index_bytes=_packed_index_bytes(weight),
        power=power,
        distortion=distortion,
        utilization=weight.utilization,
        perplexity=weight.perplexity,
        index_entropy=weight.index_entropy,
        sparsity_before=sparsity_before,
        sparsity_after=sparsity_after,
        n_live_blocks=int(weight.counts.sum()),
        n_pruned=weight.mask.n_pruned_weights if weight.mask else 0,
        block_sparsity_before=block_sparsity_before,
        block_sparsity_after=block_sparsity_after,
        index_coding=parts.codings["indices"],
        mask_coding=parts.codings.get("mask", ""),
        residual_entries=weight.residual.entries if weight.residual else 0,
        n_exact=len(weight.exact) if weight.exact else 0,
    )


def share_of_zeros(array: NDArray) -> float:
    """Return the share of numbers that are exactly zero."""
    return 1 - np.count_nonzero(array) / array.size


def _packed_index_bytes(weight: CodebookWeight) -> int:
    """Return the bytes of the indices of both stages at fixed width."""
    n_live = int(weight.counts.sum())
    widths = [weight.index_bits, *([weight.residual.index_bits] if weight.residual else [])]
    return sum(packed_bytes(n_live, width) for width in widths)
