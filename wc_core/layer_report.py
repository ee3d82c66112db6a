"""What clustering did to one layer: sizes, errors, and what the algorithm says."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering import FitReport
from wc_core.codebook import PIECE, POSITION_DTYPE, CodebookWeight, sqnr_db
from wc_core.coding import packed_bytes
from wc_core.json_form import finite
from wc_core.models import LayerInfo, TensorInfo
from wc_core.models.weights import round_to
from wc_core.recipe import LayerPlan
from wc_core.stages import SecondStage
from wc_core.threads import run_pieces
from wc_core.weight_loops import error_sums


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
    power : float
        Mean square of the weights before.
    distortion : float
        Squared error per weight, after rounding to the layer's own dtype.
    utilization, perplexity, index_entropy : float
        Share of entries in use; two to the entropy of the indices; that entropy in bits.
    sparsity_before, sparsity_after : float
        Share of weights that are exactly zero.
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
    power: float
    distortion: float
    utilization: float
    perplexity: float
    index_entropy: float
    sparsity_before: float
    sparsity_after: float
    residual_entries: int = 0
    n_exact: int = 0
    seconds: float = 0.0
    fit: FitReport | None = None
    second: SecondStage | None = None

    @property
    def stored_bytes(self) -> int:
        """Indices, codebooks, scales and exact blocks together."""
        return self.index_bytes + self.codebook_bytes + self.scale_bytes + self.exact_bytes

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
        return _error_sums(rows, round_to(decoded, info.dtype))

    power, error, before, after = np.sum(run_pieces(judged, len(pieces)), axis=0) / matrix.size
    return layer_report(
        info,
        weight,
        plan,
        power=float(power),
        distortion=float(error),
        sparsity_before=1 - float(before),
        sparsity_after=1 - float(after),
    )


def _error_sums(original: NDArray, decoded: NDArray) -> NDArray[np.float64]:
    """Return sums of squares and squared errors, and how many numbers of each are not zero."""
    wide = np.promote_types(original.dtype, np.float32)  # compiled loops know no half precision
    sums = np.empty(4)
    error_sums(
        np.ascontiguousarray(original, wide).reshape(-1),
        np.ascontiguousarray(decoded, wide).reshape(-1),
        sums,
    )
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
) -> LayerReport:
    """Report what can be read off a clustered weight, beside errors measured elsewhere."""
    return LayerReport(
        name=info.name,
        shape=info.shape,
        n_weights=info.n_weights,
        n_blocks=len(weight.indices),
        plan=plan,
        entries=weight.entries,
        index_bits=weight.index_bits,
        index_bytes=_index_bytes(weight),
        codebook_bytes=_codebook_bytes(weight),
        scale_bytes=0 if weight.scales is None else weight.scales.nbytes,
        exact_bytes=_exact_bytes(weight),
        power=power,
        distortion=distortion,
        utilization=weight.utilization,
        perplexity=weight.perplexity,
        index_entropy=weight.index_entropy,
        sparsity_before=sparsity_before,
        sparsity_after=sparsity_after,
        residual_entries=weight.residual.entries if weight.residual else 0,
        n_exact=len(weight.exact) if weight.exact else 0,
    )


def share_of_zeros(array: NDArray) -> float:
    """Return the share of numbers that are exactly zero."""
    return 1 - np.count_nonzero(array) / array.size


def _index_bytes(weight: CodebookWeight) -> int:
    """Return the bytes of the indices of both stages, as the packed file stores them."""
    second = _index_bytes(weight.residual) if weight.residual else 0
    return packed_bytes(len(weight.indices), weight.index_bits) + second


def _codebook_bytes(weight: CodebookWeight) -> int:
    second = _codebook_bytes(weight.residual) if weight.residual else 0
    return weight.codebook.size * np.dtype(weight.codebook_dtype).itemsize + second


def _exact_bytes(weight: CodebookWeight) -> int:
    if weight.exact is None:
        return 0
    return len(weight.exact) * np.dtype(POSITION_DTYPE).itemsize + weight.exact.values.nbytes
