"""A weight as a codebook and indices: how it is decoded and judged."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from wc_core.blocks import BlockGrid
from wc_core.errors import ModelFileError
from wc_core.masks import Mask
from wc_core.recipe import BlockSpec
from wc_core.threads import run_pieces
from wc_core.weight_loops import count_indices, place_blocks, place_exact
from wc_core.words import _

POSITION_DTYPE = "uint32"  # in which positions of exact blocks are stored
PIECE = 1 << 18  # weights that are decoded in one go: they stay in the cache


@dataclass(frozen=True, eq=False)
class ExactBlocks:
    """Blocks that share nothing: they are stored as they are.

    Parameters
    ----------
    positions : ndarray of int, shape (n_exact,)
        Which blocks, in row-major order of the grid, ascending.
    values : ndarray of float32, shape (n_exact, block_size)
        Their weights; lanes outside the matrix hold 0.
    """

    positions: NDArray[np.intp]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.positions)


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
    codebook_dtype, scale_dtype : {"float32", "float16", "bfloat16", "int8"}
        Types in which entries and scales are stored; their values are already rounded to it.
    codebook_step, scale_step : float
        What one counts for where they are stored as int8; else 1.
    mask : Mask, optional
        What is pruned is zero, whatever entries and exact blocks say. Blocks that are pruned
        altogether have index 0, which is not stored.
    residual : CodebookWeight, optional
        A second codebook on the same grid, whose entries are added to those of the first.
    exact : ExactBlocks, optional
        Blocks that take these values instead of their entry's.

    Raises
    ------
    ModelFileError
        If the parts do not fit together.
    """

    codebook: NDArray[np.float32]
    indices: NDArray[np.integer]
    block: BlockSpec
    shape: tuple[int, ...]
    scales: NDArray[np.float32] | None = None
    codebook_dtype: str = "float32"
    residual: "CodebookWeight | None" = None
    exact: ExactBlocks | None = None
    mask: Mask | None = None
    scale_dtype: str = "float32"
    codebook_step: float = 1.0
    scale_step: float = 1.0

    def __post_init__(self) -> None:
        self._check_codebook()
        if self.scales is not None and self.scales.shape != self.shape[:1]:
            msg = _("{n} scales do not fit a weight of shape {shape}")
            raise ModelFileError(msg.format(n=self.scales.size, shape=self.shape))
        if self.residual is not None and self.residual.grid != self.grid:
            raise ModelFileError(_("both codebooks of a weight must lie on the same grid"))
        if self.exact is not None:
            self._check_exact(self.exact)
        if self.mask is not None and self.mask.shape != self.shape:
            msg = _("a mask of shape {mask} does not fit a weight of shape {shape}")
            raise ModelFileError(msg.format(mask=self.mask.shape, shape=self.shape))

    def _check_codebook(self) -> None:
        wanted = (len(self.codebook), self.block.size)
        if self.codebook.shape != wanted or self.indices.shape != (self.grid.n_blocks,):
            raise ModelFileError(
                _(
                    "codebook {codebook} and {n} indices do not make a weight of shape {shape}"
                ).format(codebook=self.codebook.shape, n=len(self.indices), shape=self.shape)
            )
        for index in (self.indices.min(), self.indices.max()):
            if not 0 <= index < len(self.codebook):
                msg = _("index {index} points outside a codebook of {n} entries")
                raise ModelFileError(msg.format(index=index, n=len(self.codebook)))

    def _check_exact(self, exact: ExactBlocks) -> None:
        fits = exact.values.shape == (len(exact), self.block.size)
        inside = fits and np.all((exact.positions >= 0) & (exact.positions < self.grid.n_blocks))
        if not inside or np.any(np.diff(exact.positions) <= 0):
            msg = _("the {n} blocks stored exactly do not fit a weight of {m} blocks")
            raise ModelFileError(msg.format(n=len(exact), m=self.grid.n_blocks))

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

    @cached_property
    def live(self) -> NDArray[np.bool_] | None:
        """Blocks with at least one weight that is kept, shape (n_blocks,); None without a mask."""
        return None if self.mask is None else self.mask.live_blocks(self.grid)

    @property
    def stored_indices(self) -> NDArray[np.integer]:
        """Indices of the live blocks, in row-major order of the grid."""
        return self.indices if self.live is None else self.indices[self.live]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Live blocks that each entry serves, shape (n_entries,)."""
        counts = np.zeros(self.entries, dtype=np.int64)
        count_indices(self.stored_indices, counts)
        counts.flags.writeable = False
        return counts

    @property
    def utilization(self) -> float:
        """Share of entries that serve at least one live block."""
        return float(np.count_nonzero(self.counts) / self.entries)

    @property
    def index_entropy(self) -> float:
        """Entropy of the indices in bits: what an ideal coder would spend on each."""
        share = self.counts[self.counts > 0] / max(1, self.counts.sum())
        return max(0.0, float(-(share * np.log2(share)).sum()))

    @property
    def perplexity(self) -> float:
        """Two to the entropy of the indices: entries as if all were used alike."""
        return float(np.exp2(self.index_entropy))

    def members(self, entry: int) -> NDArray[np.intp]:
        """Return the live blocks that an entry serves, as positions in row-major grid order."""
        own = self.indices == entry
        return np.flatnonzero(own if self.live is None else own & self.live)

    def decode(self) -> NDArray[np.float32]:
        """Return the weight that codebooks and indices stand for, of shape `shape`."""
        weight = np.empty(self.grid.matrix_shape, dtype=np.float32)
        pieces = self.grid.pieces(PIECE)
        run_pieces(
            lambda i: self.decode_rows(pieces[i], weight[self.grid.rows(pieces[i])]), len(pieces)
        )
        return weight.reshape(self.shape)

    def decode_rows(self, grid_rows: slice, out: NDArray[np.float32]) -> None:
        """Decode some rows of blocks.

        Parameters
        ----------
        grid_rows : slice
            Which rows of the grid of blocks.
        out : ndarray of float32, shape (n_rows, n_columns)
            Takes their rows of the matrix.
        """
        across = self.grid.grid_shape[1]
        inside = slice(grid_rows.start * across, grid_rows.stop * across)
        second = self.residual
        place_blocks(
            self.codebook,
            self.indices[inside],
            second.codebook if second else self.codebook[:0],
            second.indices[inside] if second else self.indices[:0],
            _NO_SCALES if self.scales is None else self.scales[self.grid.rows(grid_rows)],
            self.block.rows,
            self.block.cols,
            out,
        )
        if self.exact is not None:
            self._place_exact(self.exact, inside, out)
        if self.mask is not None:
            self.mask.zero(self.grid.rows(grid_rows), out)

    def _place_exact(self, exact: ExactBlocks, inside: slice, out: NDArray[np.float32]) -> None:
        first, last = np.searchsorted(exact.positions, [inside.start, inside.stop])
        place_exact(
            exact.positions[first:last] - inside.start,
            exact.values[first:last],
            self.grid.grid_shape[1],
            self.block.rows,
            self.block.cols,
            out,
        )


_NO_SCALES = np.empty(0, dtype=np.float32)


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
