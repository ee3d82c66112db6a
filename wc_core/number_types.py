"""Types in which codebook entries and scales are stored, and rounding to them.

An int8 stands for a whole number of steps: one step serves a whole codebook, or all scales of a
layer, and is stored beside them as a float32.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.errors import ConfigError
from wc_core.words import _

INT8_LIMIT = 127  # the same on both sides of zero


@dataclass(frozen=True, slots=True)
class NumberType:
    """A type of stored numbers.

    Parameters
    ----------
    n_bytes : int
        Of one number.
    limit : float
        Largest magnitude; infinite for numbers that are counted in steps.
    least : float
        Smallest positive number, in steps.
    has_step : bool
        Whether a float32 step is stored beside the numbers.
    """

    n_bytes: int
    limit: float
    least: float
    has_step: bool = False

    def bytes_of(self, n_numbers: int) -> int:
        """Return the bytes that so many numbers take, their step included."""
        return n_numbers * self.n_bytes + 4 * self.has_step


NUMBER_TYPES = {
    "float32": NumberType(4, float(np.finfo(np.float32).max), 2.0**-149),
    "float16": NumberType(2, float(np.finfo(np.float16).max), 2.0**-24),
    "bfloat16": NumberType(2, float(np.uint32(0x7F7F0000).view(np.float32)), 2.0**-133),
    "int8": NumberType(1, np.inf, 1.0, has_step=True),
}


def rounded(values: NDArray[np.floating], dtype: str) -> tuple[NDArray[np.float32], float]:
    """Round numbers to the type that they are stored in.

    Parameters
    ----------
    values : ndarray
        Finite numbers.
    dtype : {"float32", "float16", "bfloat16", "int8"}

    Returns
    -------
    values : ndarray of float32, of the same shape
        What is read back from the stored numbers.
    step : float
        What one counts for in the type "int8": the largest magnitude over 127; else 1.

    Raises
    ------
    ConfigError
        If a number is too large for the type.

    Examples
    --------
    >>> rounded(np.array([0.5, -2.54]), "int8")[0]
    array([ 0.5 , -2.54], dtype=float32)
    >>> rounded(np.array([0.1]), "bfloat16")
    (array([0.10009766], dtype=float32), 1.0)
    """
    if dtype == "int8":
        step = _int8_step(values)
        return _steps(values, step).astype(np.float32) * np.float32(step), step
    _check_limit(values, dtype)
    narrow = values.astype(np.float32)
    if dtype == "float16":
        narrow = values.astype(np.float16).astype(np.float32)
    return (to_bfloat16(narrow) if dtype == "bfloat16" else narrow), 1.0


def stored_array(values: NDArray[np.float32], dtype: str, step: float = 1.0) -> NDArray:
    """Return rounded numbers as they are stored.

    Parameters
    ----------
    values : ndarray of float32
        As `rounded` returns them.
    dtype : str
    step : float

    Returns
    -------
    ndarray of float32, float16, int8, or uint16: the upper half of the bits of a "bfloat16"

    Examples
    --------
    >>> values, step = rounded(np.array([0.5, -2.54]), "int8")
    >>> stored_array(values, "int8", step)
    array([  25, -127], dtype=int8)
    """
    if dtype == "int8":
        return _steps(values, step)
    if dtype == "bfloat16":
        return (np.ascontiguousarray(values).view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(dtype)


def to_bfloat16(array: NDArray[np.floating]) -> NDArray[np.float32]:
    """Round float32 to the nearest bfloat16, ties to even; values are finite."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    odd = (bits >> 16) & 1
    narrow: NDArray[np.float32] = ((bits + 0x7FFF + odd) & 0xFFFF0000).view(np.float32)
    return narrow.reshape(array.shape)


def _int8_step(values: NDArray[np.floating]) -> float:
    """Return the step that takes the largest magnitude to 127; 1 if that is nothing at all."""
    peak = float(np.abs(values).max(initial=0.0))
    step = np.float32(peak / INT8_LIMIT)
    with np.errstate(over="ignore"):
        if np.isinf(step * np.float32(INT8_LIMIT)):
            step = np.nextafter(step, np.float32(0))
    return float(step) or 1.0


def _steps(values: NDArray[np.floating], step: float) -> NDArray[np.int8]:
    whole = np.rint(np.divide(values, step, dtype=np.float64))
    steps: NDArray[np.int8] = np.clip(whole, -INT8_LIMIT, INT8_LIMIT).astype(np.int8)
    return steps


def _check_limit(values: NDArray[np.floating], dtype: str) -> None:
    # Beyond the limit by less than half a step numbers would round down to it; nobody needs those.
    peak, limit = float(np.abs(values).max(initial=0.0)), NUMBER_TYPES[dtype].limit
    if peak > limit:
        msg = _("an entry of {peak:.6g} does not fit in {dtype}; store it as float32")
        raise ConfigError(msg.format(peak=peak, dtype=dtype))
