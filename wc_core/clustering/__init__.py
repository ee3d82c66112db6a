"""Clustering algorithms, one a file, filed in `CLUSTERERS`."""

from wc_core.clustering import kmeans as _kmeans  # noqa: F401  (registers)
from wc_core.clustering._base import (
    CLUSTERERS,
    Clusterer,
    check_plan,
    free_params,
    make_clusterer,
)
from wc_core.clustering._fit import FitReport, Iteration, PolishReport

__all__ = [
    "CLUSTERERS",
    "Clusterer",
    "FitReport",
    "Iteration",
    "PolishReport",
    "check_plan",
    "free_params",
    "make_clusterer",
]
