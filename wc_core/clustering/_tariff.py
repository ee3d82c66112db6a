"""What a codebook and its indices cost in bits: the entropy coder's own lengths."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from wc_core.coding import code_lengths, table_bytes


@dataclass(frozen=True, slots=True)
class Tariff:
    """What is paid for.

    Parameters
    ----------
    entry_bits : int
        Bits that one entry takes in the codebook.
    """

    entry_bits: int

    def lengths(self, counts: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the bits of one index of each entry, for how often each is used."""
        return code_lengths(counts)

    def bits(self, counts: NDArray[np.integer], lengths: NDArray[np.float64]) -> float:
        """Return the bits of all indices, of the coder's table and of the codebook together."""
        return float(counts @ lengths) + self.fixed_bits(counts)

    def fixed_bits(self, counts: NDArray[np.integer]) -> float:
        """Return the bits of table and codebook."""
        return float(8 * table_bytes(counts) + self.entry_bits * len(counts))


def price_at(error: float, n_lanes: int) -> float:
    """Return the squared error that one bit more saves a block, once there are many entries.

    The error of a block of d lanes falls with the bits b of its index as 2^(-2 b / d).

    Parameters
    ----------
    error : float
        Squared error of a block.
    n_lanes : int
    """
    return 2 * log(2) / n_lanes * error


def error_at(price: float, n_lanes: int) -> float:
    """Return the error whose price `price_at` tells."""
    return price * n_lanes / (2 * log(2))
