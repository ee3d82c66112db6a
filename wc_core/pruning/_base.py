"""What every pruner looks like, where pruners are filed, and how one is built from a plan."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.masks import Mask
from wc_core.params import Domain, check_mapping
from wc_core.recipe import BlockSpec, LayerPlan
from wc_core.registry import Registry


class Pruner(ABC):
    """Something that says which weights of a layer to keep.

    A subclass declares its parameters in `param_space`, says in `title`, `about` and `formula`
    what it does, and answers in `mask`. What is kept outranks what is pruned; of equals the
    one at the lower position is pruned first, so that the same weight has the same mask.
    """

    param_space: ClassVar[Mapping[str, Domain]]
    title: ClassVar[str]
    """Name for people."""
    about: ClassVar[str]
    """What it does, in two or three plain sentences."""
    formula: ClassVar[str]
    """What it keeps, in LaTeX."""
    takes_sparsity: ClassVar[bool] = True
    """Whether it heeds how much is to be pruned."""
    is_global: ClassVar[bool] = False
    """Whether layers are pruned together; `mask` then sees one that is alone."""

    @abstractmethod
    def mask(self, weight: NDArray[np.floating], sparsity: float, block: BlockSpec) -> Mask:
        """Say what to keep.

        Parameters
        ----------
        weight : ndarray of two or more dimensions
            Finite numbers, viewed as a matrix (out, rest).
        sparsity : float
            Share of the weights to prune, from 0 to 1.
        block : BlockSpec
            What the layer is clustered in.
        """


PRUNERS: Registry[type[Pruner]] = Registry("pruner")


def make_pruner(plan: LayerPlan) -> Pruner:
    """Build the pruner that a plan names.

    Raises
    ------
    UnknownNameError
        If no pruner has the name.
    ConfigError
        If a parameter is unknown or outside its domain.
    """
    cls: Any = PRUNERS[plan.pruner]
    check_mapping(plan.pruner, plan.pruner_params, cls.param_space)
    pruner: Pruner = cls(**plan.pruner_params)
    return pruner


def check_pruning(plan: LayerPlan) -> None:
    """Raise if the plan's pruner is unknown or its parameters are impossible.

    Raises
    ------
    UnknownNameError, ConfigError
        As `make_pruner`.
    """
    if plan.pruner != "none":
        make_pruner(plan)
    else:
        check_mapping(plan.pruner, plan.pruner_params, {})


def prune(weight: NDArray[np.floating], plan: LayerPlan) -> Mask | None:
    """Say what a plan keeps of a weight; None if it prunes nothing at all.

    A plan that prunes layers together is taken as if this one were alone: see `global_shares`.

    Raises
    ------
    UnknownNameError, ConfigError
        As `make_pruner`.

    Examples
    --------
    >>> weight = np.array([[0.1, -2.0], [0.3, 0.2]], dtype=np.float32)
    >>> prune(weight, LayerPlan(pruner="magnitude", sparsity=0.5)).cells
    array([[False,  True],
           [ True, False]])
    """
    check_pruning(plan)
    if plan.pruner == "none":
        return None
    mask = make_pruner(plan).mask(weight, plan.sparsity, plan.block)
    return None if mask.kept.all() else mask
