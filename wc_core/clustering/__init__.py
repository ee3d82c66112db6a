"""Clustering algorithms, one a file, filed in `CLUSTERERS`."""

from wc_core.clustering import bayesian_gmm as _bayesian_gmm  # noqa: F401  (registers)
from wc_core.clustering import binary as _binary  # noqa: F401  (registers)
from wc_core.clustering import bisecting_kmeans as _bisecting_kmeans  # noqa: F401  (registers)
from wc_core.clustering import density as _density  # noqa: F401  (registers)
from wc_core.clustering import dlca as _dlca  # noqa: F401  (registers)
from wc_core.clustering import ecvq as _ecvq  # noqa: F401  (registers)
from wc_core.clustering import gmm as _gmm  # noqa: F401  (registers)
from wc_core.clustering import hierarchical as _hierarchical  # noqa: F401  (registers)
from wc_core.clustering import hsc as _hsc  # noqa: F401  (registers)
from wc_core.clustering import kmeans as _kmeans  # noqa: F401  (registers)
from wc_core.clustering import lle as _lle  # noqa: F401  (registers)
from wc_core.clustering import minibatch_kmeans as _minibatch_kmeans  # noqa: F401  (registers)
from wc_core.clustering import som as _som  # noqa: F401  (registers)
from wc_core.clustering import spectral as _spectral  # noqa: F401  (registers)
from wc_core.clustering import ternary as _ternary  # noqa: F401  (registers)
from wc_core.clustering._base import (
    CLUSTERERS,
    Clusterer,
    check_plan,
    free_params,
    make_clusterer,
)
from wc_core.clustering._facts import AlgorithmFacts, Parameter, algorithm_facts
from wc_core.clustering._fit import FitReport, Iteration, PolishReport
from wc_core.clustering._price import PriceHunt
from wc_core.clustering._tariff import price_at
from wc_core.clustering.groups import GroupedFit, grouped_kmeans
from wc_core.clustering.sweep import ScalarFit, ScalarSweep

__all__ = [
    "CLUSTERERS",
    "AlgorithmFacts",
    "Clusterer",
    "FitReport",
    "GroupedFit",
    "Iteration",
    "Parameter",
    "PolishReport",
    "PriceHunt",
    "ScalarFit",
    "ScalarSweep",
    "algorithm_facts",
    "check_plan",
    "free_params",
    "grouped_kmeans",
    "make_clusterer",
    "price_at",
]
