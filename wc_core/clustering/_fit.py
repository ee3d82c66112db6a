"""What a fit tells: each iteration while it runs, and a report at its end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wc_core.words import ngettext


def index_dtype(n_entries: int) -> np.dtype[np.unsignedinteger]:
    """Return the smallest type that holds the index of every entry.

    Examples
    --------
    >>> index_dtype(256), index_dtype(257)
    (dtype('uint8'), dtype('uint16'))
    """
    return np.min_scalar_type(n_entries - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Iteration:
    """Where a fit stands after one iteration: the `result` of its progress records.

    Arrays are those of the fit itself, not copies: read them before taking the next record.

    Parameters
    ----------
    step : int
        Iterations done; 0 is the state that the first iteration starts from.
    points : ndarray of shape (n_points, block_size)
        What the algorithm works on: blocks, or micro-clusters of them. Masked lanes hold 0.
    weights : ndarray of shape (n_points,)
        How much each point counts.
    labels : ndarray of shape (n_points,), optional
        Cluster of each point after this iteration; -1 for noise and for points not reached.
    centers : ndarray of shape (n_entries, block_size), optional
        Centroids after this iteration, in the space of blocks.
    inertia : float, optional
        Squared error that goes with `labels`.
    note : str
        What happened, for people.
    detail : mapping
        What this algorithm alone has to show; its docstring says what.
    """

    step: int
    points: NDArray[np.floating]
    weights: NDArray[np.floating]
    labels: NDArray[np.integer] | None = None
    centers: NDArray[np.floating] | None = None
    inertia: float | None = None
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """What an algorithm found: centroids, or labels whose clusters' means are the entries.

    With both, and the inertia, nothing is computed again.

    Parameters
    ----------
    centers : ndarray of shape (n_entries, block_size), optional
        The entries; every block goes to its nearest one.
    labels : ndarray of shape (n_points,), optional
        Without centers the cluster of each point, in any numbering; -1 for noise, which goes to
        the nearest entry. With centers the nearest of them to each point, of any integer type.
    inertia : float, optional
        With centers and labels: the weighted squared error of all points.
    keeps_noise : bool
        Whether noise is stored exactly instead.
    notes : tuple of str
        Findings, as sentences for people.
    """

    centers: NDArray[np.floating] | None = None
    labels: NDArray[np.integer] | None = None
    inertia: float | None = None
    keeps_noise: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolishReport:
    """What Lloyd's iteration changed after an algorithm was done.

    Parameters
    ----------
    inertia_before, inertia_after : float
    moved : float
        Share of blocks that changed their entry.
    n_iter : int
    """

    inertia_before: float
    inertia_after: float
    moved: float
    n_iter: int


@dataclass(frozen=True, slots=True)
class FitReport:
    """What an algorithm says of its own fit.

    Parameters
    ----------
    n_blocks : int
        Blocks that it was given.
    n_points : int
        Points that it worked on: the blocks, or fewer micro-clusters of them.
    n_iter : int
    notes : tuple of str
        Findings, as sentences for people.
    polish : PolishReport, optional
    """

    n_blocks: int
    n_points: int
    n_iter: int
    notes: tuple[str, ...] = ()
    polish: PolishReport | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {**asdict(self), "notes": list(self.notes)}


def clamping(n_distinct: int, n_clusters: int) -> tuple[str, ...]:
    """Say that there are fewer entries than were asked for, if so it is."""
    if n_distinct == n_clusters:
        return ()
    return (
        ngettext(
            "only {n} distinct block: it alone is an entry",
            "only {n} distinct blocks: each is an entry of its own",
            n_distinct,
        ).format(n=n_distinct),
    )
