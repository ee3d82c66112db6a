"""Measures what a model does with data, and how many of its weights are zero."""

from wc_core.evaluation.default import default_config
from wc_core.evaluation.evaluate import evaluate, evaluate_steps
from wc_core.evaluation.head import SharedHead
from wc_core.evaluation.metrics import confusion_matrix, precision_recall_f1, wilson_interval
from wc_core.evaluation.report import NO_CLASS, EvaluationConfig, EvaluationReport
from wc_core.evaluation.sparsity import block_sparsity, sparsity

__all__ = [
    "NO_CLASS",
    "EvaluationConfig",
    "EvaluationReport",
    "SharedHead",
    "block_sparsity",
    "confusion_matrix",
    "default_config",
    "evaluate",
    "evaluate_steps",
    "precision_recall_f1",
    "sparsity",
    "wilson_interval",
]
