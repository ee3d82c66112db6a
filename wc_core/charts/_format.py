"""Numbers and names as people read them on a chart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wc_core.words import _

FAINT = "rgba(128,128,128,0.55)"  # a grey that shows on light and on dark pages
BEHIND = -1  # drawn under what has the default order; keeps theme colours for the traces before
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "triangle-down")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def bytes_text(n_bytes: float) -> str:
    """Return a size in bytes as people read it.

    Examples
    --------
    >>> bytes_text(999), bytes_text(25600), bytes_text(3.2e6)
    ('999 B', '25.6 kB', '3.2 MB')
    """
    for limit, unit in ((1e3, "B"), (1e6, "kB"), (1e9, "MB")):
        if abs(n_bytes) < limit:
            return f"{n_bytes / limit * 1e3:.4g} {unit}"
    return f"{n_bytes / 1e9:.4g} GB"


def short_name(name: str, length: int = 24) -> str:
    """Return a layer's name with its middle left out if it is too long for an axis.

    Examples
    --------
    >>> short_name("features.12.conv.0.1.weight", 16)
    'features…weight'
    """
    if len(name) <= length:
        return name
    half = (length - 1) // 2
    return f"{name[: length - half - 1].rstrip('.')}…{name[-half:].lstrip('.')}"


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return the finite numbers of an array, flattened."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def shown_layer(layer: str, *notes: str) -> str:
    """Return a subtitle: the layer, if known, and what else is to be said."""
    head = [_("Layer {layer}.").format(layer=short_name(layer, 44))] if layer else []
    return " ".join([*head, *(note for note in notes if note)])


def log_ticks(low: float, high: float) -> list[float]:
    """Return where a logarithmic axis has its labels: few enough for a narrow screen.

    Examples
    --------
    >>> log_ticks(0.3, 12)
    [0.5, 1.0, 2.0, 5.0, 10.0]
    >>> log_ticks(30, 40_000)
    [100.0, 1000.0, 10000.0]
    """
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if high / low < 200 else (1,)
    ticks = [float(f"{step}e{decade}") for decade in decades for step in steps]
    return [tick for tick in ticks if low <= tick <= high]
