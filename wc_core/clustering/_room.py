"""How large numbers are, at the speed of memory, and room for their squares."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite

from wc_core.compiled import kernel
from wc_core.errors import ConfigError
from wc_core.words import _

_EXTREME = (1e-15, 1e15)  # largest magnitudes outside leave no room for squares in float32
_TOO_LARGE = 1e150  # and this one in float64


def with_room_for_squares(X: NDArray[np.floating]) -> tuple[NDArray[np.floating], bool]:
    """Return numbers, in double precision if single could not hold their squares.

    Returns
    -------
    X : ndarray
    has_nan : bool
        Whether there is a NaN among them.

    Raises
    ------
    ConfigError
        If not even double precision could.
    ValueError
        If there are infinite numbers, in scikit-learn's words.
    """
    peak, has_nan = peak_of(X)
    if np.isinf(peak):
        assert_all_finite(X, allow_nan=True, input_name="X")
    if peak > _TOO_LARGE:
        msg = _("blocks hold values up to {peak:.3g}, whose squares no number can hold: scale them")
        raise ConfigError(msg.format(peak=peak))
    low, high = _EXTREME
    return X if peak == 0 or low < peak < high else X.astype(np.float64), has_nan


def peak_of(X: NDArray[np.floating]) -> tuple[float, bool]:
    """Return the largest magnitude, and whether there is a NaN, which counts for nothing there."""
    if not X.size:
        return 0.0, False
    word = np.dtype(f"u{X.dtype.itemsize}").type
    bits = word(
        largest_bits(np.ascontiguousarray(X).reshape(-1).view(word), word(np.iinfo(word).max >> 1))
    )
    peak = float(bits.view(X.dtype))
    if np.isnan(peak):
        return float(np.nanmax(np.abs(X), initial=0.0)), True
    return peak, False


@kernel
def largest_bits(words: NDArray[np.unsignedinteger], mask: np.unsignedinteger) -> int:
    """Return the largest of some words without their sign bits.

    Floating-point numbers order like their bits, with infinity and NaN above them all.
    """
    largest = words[0] & mask
    for i in range(len(words)):
        largest = max(largest, words[i] & mask)
    return int(largest)
