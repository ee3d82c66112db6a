"""What every clusterer must look like, where clusterers are filed, and how one is built."""

from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._fit import FitReport
from wc_core.params import Domain, check_mapping
from wc_core.progress import Progress
from wc_core.recipe import LayerPlan
from wc_core.registry import Registry


class Clusterer(Protocol):
    """The part of scikit-learn's clustering contract that the engine relies on.

    Rows of `X` are blocks. NaN marks a masked lane: it weighs nothing, neither
    in the distance of its block nor in the mean of its cluster. Fewer entries
    than `n_clusters` come out when there are fewer distinct blocks.
    """

    param_space: ClassVar[Mapping[str, Domain]]
    title: ClassVar[str]
    about: ClassVar[str]
    formula: ClassVar[str]
    labels_are_nearest: ClassVar[bool]
    introductory: ClassVar[bool]

    n_clusters: int
    cluster_centers_: NDArray[np.floating]  # (n_entries, block_size)
    indices_: NDArray[np.unsignedinteger]  # (n_blocks,), of the smallest type
    inertia_: float
    noise_: NDArray[np.bool_] | None  # (n_blocks,), blocks that are to be stored exactly
    report_: FitReport

    @property
    def labels_(self) -> NDArray[np.int32]:
        """Entry of each block, shape (n_blocks,)."""
        ...

    def fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None = None
    ) -> Iterator[Progress]:
        """Fit, yielding a record an iteration; the engine cancels by not taking the next.

        A record's result is an `Iteration`, or None while the fit is prepared.
        """
        ...

    def fit(
        self,
        X: NDArray[np.floating],
        y: None = None,
        sample_weight: NDArray[np.floating] | None = None,
    ) -> Self:
        """Fit to the end."""
        ...

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the index of the nearest entry to each block."""
        ...


CLUSTERERS: Registry[type[Clusterer]] = Registry("clusterer")


def check_plan(plan: LayerPlan) -> None:
    """Raise if the plan's algorithm is unknown or its parameters are impossible.

    Raises
    ------
    UnknownNameError
        If no clusterer has the name.
    ConfigError
        If a parameter is unknown or outside its domain.
    """
    check_mapping(plan.algorithm, plan.params, free_params(CLUSTERERS[plan.algorithm]))


def free_params(clusterer: type[Clusterer]) -> Mapping[str, Domain]:
    """Return the parameters that a plan may set beside the number of clusters."""
    return {name: d for name, d in clusterer.param_space.items() if name != "n_clusters"}


def make_clusterer(plan: LayerPlan, seed: int = 0) -> Clusterer:
    """Build the clusterer that a plan asks for, seeded if it draws random numbers.

    Raises
    ------
    UnknownNameError, ConfigError
        As `check_plan`.
    """
    check_plan(plan)
    cls: Any = CLUSTERERS[plan.algorithm]
    draws = "random_state" in signature(cls).parameters
    clusterer: Clusterer = cls(
        n_clusters=plan.n_clusters, **plan.params, **({"random_state": seed} if draws else {})
    )
    return clusterer
