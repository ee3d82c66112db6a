"""A weight as a codebook and indices: how it is learned, decoded and judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.clustering import make_clusterer
from wc_core.errors import ConfigError, ModelFileError
from wc_core.progress import Progress
from wc_core.recipe import BlockSpec, LayerPlan
from wc_core.words import _


@dataclass(frozen=True, eq=False)
class CodebookWeight:
    """A weight whose blocks are shared: a codebook and one index a block.

    Parameters
    ----------
    codebook : ndarray of float32, shape (n_entries, block_size)
        Each row is one entry, a flattened block.
    indices : ndarray of uint8 or uint16, shape (n_blocks,)
        The entry of each block, row-major over the grid of blocks.
    block : BlockSpec
        Shape of a block.
    shape : tuple of int
        Shape of the weight.
    scales : ndarray of float32, shape (shape[0],), or None
        Factor of each output channel.
    codebook_dtype : {"float32", "float16"}
        Type in which the entries are stored; their values are already rounded to it.
    """

    codebook: NDArray[np.float32]
    indices: NDArray[np.integer]
    block: BlockSpec
    shape: tuple[int, ...]
    scales: NDArray[np.float32] | None = None
    codebook_dtype: str = "float32"

    def __post_init__(self) -> None:
        wanted = (len(self.codebook), self.block.size)
        if self.codebook.shape != wanted or self.indices.shape != (self.grid.n_blocks,):
            raise ModelFileError(
                _(
                    "codebook {codebook} and {n} indices do not make a weight of shape {shape}"
                ).format(codebook=self.codebook.shape, n=len(self.indices), shape=self.shape)
            )
        if len(self.indices) and int(self.indices.max()) >= len(self.codebook):
            msg = _("index {index} points outside a codebook of {n} entries")
            raise ModelFileError(msg.format(index=self.indices.max(), n=len(self.codebook)))

    @property
    def grid(self) -> BlockGrid:
        """How the weight is cut."""
        return BlockGrid(self.shape, self.block)

    @property
    def entries(self) -> int:
        """Entries that are stored."""
        return len(self.codebook)

    @property
    def index_bits(self) -> int:
        """Bits of one index at fixed width: ceil(log2(entries))."""
        return (self.entries - 1).bit_length()

    @property
    def counts(self) -> NDArray[np.int64]:
        """Blocks that each entry serves, shape (n_entries,)."""
        return np.bincount(self.indices, minlength=self.entries).astype(np.int64)

    @property
    def utilization(self) -> float:
        """Share of entries that serve at least one block."""
        return float(np.count_nonzero(self.counts) / self.entries)

    @property
    def perplexity(self) -> float:
        """Two to the entropy of the indices: entries as if all were used alike."""
        share = self.counts[self.counts > 0] / len(self.indices)
        return float(np.exp2(-(share * np.log2(share)).sum()))

    def members(self, entry: int) -> NDArray[np.intp]:
        """Return the blocks that an entry serves, as positions in row-major grid order."""
        return np.flatnonzero(self.indices == entry)

    def decode(self) -> NDArray[np.float32]:
        """Return the weight that the codebook and the indices stand for, of shape `shape`."""
        weight = self.grid.join(self.codebook[self.indices])
        if self.scales is not None:
            rows = weight.reshape(self.grid.matrix_shape) * self.scales[:, None]
            weight = rows.reshape(self.shape)
        return weight.astype(np.float32, copy=False)


def cluster_weight_steps(
    weight: NDArray[np.floating], plan: LayerPlan, seed: int = 0
) -> Iterator[Progress]:
    """Cluster one weight as a plan says; the last record's result is a `CodebookWeight`.

    With `scale="per_channel"` every row is divided by its largest magnitude before it
    is cut, and each block's error counts by the mean square of its scales, so that
    what is minimised is the error of the weight itself.

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
    grid = BlockGrid(weight.shape, plan.block)
    matrix = weight.reshape(grid.matrix_shape).astype(np.float32)
    scales = _channel_scales(matrix) if plan.scale == "per_channel" else None
    if scales is not None:
        matrix = matrix / scales[:, None]
    blocks = grid.split(matrix)
    clusterer = make_clusterer(plan, seed)
    for record in clusterer.fit_steps(blocks, _block_weights(grid, scales)):
        yield Progress(record.done, record.total)
    entries = _rounded(clusterer.cluster_centers_, plan.codebook_dtype)
    small = np.uint8 if len(entries) <= 256 else np.uint16
    coded = CodebookWeight(
        codebook=entries,
        indices=clusterer.labels_.astype(small),
        block=plan.block,
        shape=weight.shape,
        scales=scales,
        codebook_dtype=plan.codebook_dtype,
    )
    yield Progress(1, 1, result=coded)


def mean_squared_error(original: NDArray, decoded: NDArray) -> float:
    """Return the distortion: squared error per weight."""
    return float(np.mean(np.square(np.subtract(original, decoded, dtype=np.float64))))


def sqnr_db(signal_energy: float, noise_energy: float) -> float:
    """Return the signal-to-quantization-noise ratio in decibels; infinite without noise.

    Examples
    --------
    >>> sqnr_db(100.0, 1.0), sqnr_db(1.0, 0.0)
    (20.0, inf)
    """
    if noise_energy <= 0:
        return inf
    return 10 * log10(signal_energy / noise_energy) if signal_energy > 0 else -inf


def _rounded(entries: NDArray[np.floating], dtype: str) -> NDArray[np.float32]:
    """Round entries to the dtype they are stored in."""
    limit = float(np.finfo(dtype).max)
    peak = float(np.abs(entries).max())
    if peak > limit:
        msg = _("an entry of {peak:.6g} does not fit in {dtype}; store the codebook as float32")
        raise ConfigError(msg.format(peak=peak, dtype=dtype))
    return entries.astype(dtype).astype(np.float32)


def _channel_scales(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each row's largest magnitude; a row of zeros gets 1, so that it stays zeros."""
    peaks = np.abs(matrix).max(axis=1)
    return np.where(peaks > 0, peaks, 1).astype(np.float32)


def _block_weights(
    grid: BlockGrid, scales: NDArray[np.float32] | None
) -> NDArray[np.floating] | None:
    if scales is None:
        return None
    # Relative, since squares of scales of 1e-20 would vanish in single precision.
    squares = np.square(scales.astype(np.float64) / scales.max())
    lanes = grid.split(np.repeat(squares[:, None], grid.matrix_shape[1], axis=1))
    return np.asarray(np.nanmean(lanes, axis=1))
