"""Tables of frequencies: what the entropy coder knows of its symbols, and what they cost with it.

Counts are rounded to whole frequencies that add up to a power of two. The power is the smallest
that wastes next to nothing, its table counted in.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from wc_core.coding._tables import (
    MAX_PRECISION,
    coded_bits,
    fit_frequencies,
    read_table,
    write_table,
)
from wc_core.errors import ModelFileError
from wc_core.words import _

ABSENT_BITS = 32.0  # said of a symbol that does not occur, which the table leaves out
MAX_SYMBOLS = 1 << 16
_TOLERANCE = 1.0002  # a smaller table of frequencies decodes faster, and may cost so much more
_ONLY_COUNTED = np.empty(0, np.uint8)


@dataclass(frozen=True, eq=False)
class Frequencies:
    """How often symbols are taken to occur.

    Parameters
    ----------
    precision : int
        Two to this power is the sum of all.
    values : ndarray of int64, shape (n_symbols,)
        0 for those that do not occur; otherwise 1 or more.
    """

    precision: int
    values: NDArray[np.int64]

    @classmethod
    def of(cls, counts: NDArray[np.integer]) -> "Frequencies":
        """Return the frequencies that cost least, table included; two symbols or more occur."""
        wide: NDArray[np.int64] = np.ascontiguousarray(counts, np.int64)
        total, n_present = int(wide.sum()), int(np.count_nonzero(wide))
        found, costs = [], []
        for precision in range((n_present - 1).bit_length(), MAX_PRECISION + 1):
            values = np.empty(len(wide), np.int64)
            fit_frequencies(wide, total, precision, values)
            table = write_table(values, precision, _ONLY_COUNTED)
            found.append(cls(precision, values))
            costs.append(coded_bits(wide, precision, values) + table)
        return found[int(np.argmax(np.array(costs) <= _TOLERANCE * min(costs)))]

    @property
    def n_bytes(self) -> int:
        """Bytes of the table as it is written."""
        return -(-write_table(self.values, self.precision, _ONLY_COUNTED) // 8)

    def lengths(self) -> NDArray[np.float64]:
        """Return the bits that each symbol takes."""
        bits = np.full(len(self.values), ABSENT_BITS)
        present = self.values > 0
        bits[present] = self.precision - np.log2(self.values[present])
        return bits

    def to_bytes(self) -> NDArray[np.uint8]:
        """Return the table as it is written."""
        out = np.zeros(self.n_bytes, np.uint8)
        write_table(self.values, self.precision, out)
        return out

    @classmethod
    def from_bytes(
        cls, data: NDArray[np.uint8], precision: int, n_symbols: int
    ) -> tuple["Frequencies", int]:
        """Read a table from the start of some bytes; return it, and how many it took.

        Raises
        ------
        ModelFileError
            If there is none whose frequencies add up.
        """
        values = np.empty(n_symbols, np.int64)
        n_bytes = read_table(data, precision, values) if 1 <= precision <= MAX_PRECISION else -1
        if n_bytes < 0:
            msg = _("a table of frequencies is damaged: its {n} symbols do not add up")
            raise ModelFileError(msg.format(n=n_symbols))
        return cls(precision, values), n_bytes


def code_lengths(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the bits that the entropy coder spends on each symbol.

    Parameters
    ----------
    counts : ndarray of shape (n_symbols,)
        How often each occurs.

    Returns
    -------
    ndarray of shape (n_symbols,)
        After the coder's own rounding. `ABSENT_BITS` for what does not occur; a symbol that
        is the only one takes none.

    Examples
    --------
    >>> code_lengths(np.array([2, 1, 0, 1]))
    array([ 1.,  2., 32.,  2.])
    """
    if np.count_nonzero(counts) < 2:
        return np.where(np.asarray(counts) > 0, 0.0, ABSENT_BITS)
    return Frequencies.of(counts).lengths()


def table_bytes(counts: NDArray[np.integer]) -> int:
    """Return the bytes that a payload takes beside its coded symbols, of which it has so many.

    Its table of frequencies, and the one byte before it; states of the coder, two bytes
    or more for every 4096 symbols, are not counted.

    Examples
    --------
    >>> table_bytes(np.array([2, 1, 0, 1])), table_bytes(np.array([0, 4]))
    (3, 2)
    """
    present = np.flatnonzero(counts)
    if len(counts) < 2 or not len(present):
        return 0
    if len(present) == 1:
        return 1 + max(1, ceil(int(present[0]).bit_length() / 7))
    return 1 + Frequencies.of(counts).n_bytes
