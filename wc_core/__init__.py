"""Cluster and share the weights of neural networks: the engine of the Weight Clustering Lab.

Public names load on first use, so that importing the package stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wc_core.clustering import CLUSTERERS, ScalarSweep, make_clusterer
    from wc_core.compression import CompressedModel, compress, compress_steps
    from wc_core.data import PRESETS, Dataset, PreprocessSpec, load_dataset
    from wc_core.errors import (
        ConfigError,
        DataError,
        ModelFileError,
        NotRunnableError,
        UnknownNameError,
        UnsafeFileError,
        WeightClusteringError,
    )
    from wc_core.evaluation import EvaluationConfig, EvaluationReport, evaluate, evaluate_steps
    from wc_core.export import load, open_model, save
    from wc_core.layer_report import LayerReport
    from wc_core.models import Model, list_layers, list_tensors, load_model
    from wc_core.pruning import PRUNERS
    from wc_core.recipe import BlockSpec, LayerPlan, Recipe
    from wc_core.size import SizeReport

__version__ = "0.1.0"

_HOMES = {
    "wc_core.clustering": ("CLUSTERERS", "ScalarSweep", "make_clusterer"),
    "wc_core.compression": ("CompressedModel", "compress", "compress_steps"),
    "wc_core.data": ("PRESETS", "Dataset", "PreprocessSpec", "load_dataset"),
    "wc_core.errors": (
        "ConfigError",
        "DataError",
        "ModelFileError",
        "NotRunnableError",
        "UnknownNameError",
        "UnsafeFileError",
        "WeightClusteringError",
    ),
    "wc_core.evaluation": ("EvaluationConfig", "EvaluationReport", "evaluate", "evaluate_steps"),
    "wc_core.export": ("load", "open_model", "save"),
    "wc_core.layer_report": ("LayerReport",),
    "wc_core.models": ("Model", "list_layers", "list_tensors", "load_model"),
    "wc_core.pruning": ("PRUNERS",),
    "wc_core.recipe": ("BlockSpec", "LayerPlan", "Recipe"),
    "wc_core.size": ("SizeReport",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CLUSTERERS",
    "PRESETS",
    "PRUNERS",
    "BlockSpec",
    "CompressedModel",
    "ConfigError",
    "DataError",
    "Dataset",
    "EvaluationConfig",
    "EvaluationReport",
    "LayerPlan",
    "LayerReport",
    "Model",
    "ModelFileError",
    "NotRunnableError",
    "PreprocessSpec",
    "Recipe",
    "ScalarSweep",
    "SizeReport",
    "UnknownNameError",
    "UnsafeFileError",
    "WeightClusteringError",
    "compress",
    "compress_steps",
    "evaluate",
    "evaluate_steps",
    "list_layers",
    "list_tensors",
    "load",
    "load_dataset",
    "load_model",
    "make_clusterer",
    "open_model",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return value
    msg = f"module 'wc_core' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
