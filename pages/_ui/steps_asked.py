"""What is to be watched, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wc_core.recipe import BlockSpec, LayerPlan

FIRST = "kmeans", "square"  # what the page opens with


@dataclass(frozen=True, slots=True)
class StepsAsked:
    """What to watch.

    Parameters
    ----------
    algorithm : str
    toy : str
        A name in `TOYS`; empty for a layer.
    layer : str
        A layer of the open model; empty for toy data.
    n_clusters : int
    block : BlockSpec
        How a layer is cut.
    seed : int
    params : mapping
        Further parameters of the algorithm.
    """

    algorithm: str = FIRST[0]
    toy: str = FIRST[1]
    layer: str = ""
    n_clusters: int = 6
    block: BlockSpec = field(default_factory=lambda: BlockSpec(1, 2))
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plan(self) -> LayerPlan:
        """The plan that the engine gets."""
        return LayerPlan(
            algorithm=self.algorithm,
            n_clusters=self.n_clusters,
            block=self.block,
            params=self.params,
        )
