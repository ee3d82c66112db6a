"""Looking for good recipes: what each layer costs and can bear, and what each algorithm does."""

from wc_core.search.budget import entries_for_budget, planned_bits, planned_bytes
from wc_core.search.comparison import (
    Comparison,
    compare,
    compare_steps,
    default_algorithms,
    recipe_with,
)
from wc_core.search.comparison_row import ComparisonRow, LayerCodebook, sampled_blocks
from wc_core.search.curves import DEFAULT_KS, CurvePoint, layer_curves_steps
from wc_core.search.live import LIVE_KS, LayerPreview, LiveLayer, why_not_live
from wc_core.search.rate_target import RateFound, RateTrial, rate_target_steps

__all__ = [
    "DEFAULT_KS",
    "LIVE_KS",
    "Comparison",
    "ComparisonRow",
    "CurvePoint",
    "LayerCodebook",
    "LayerPreview",
    "LiveLayer",
    "RateFound",
    "RateTrial",
    "compare",
    "compare_steps",
    "default_algorithms",
    "entries_for_budget",
    "layer_curves_steps",
    "planned_bits",
    "planned_bytes",
    "rate_target_steps",
    "recipe_with",
    "sampled_blocks",
    "why_not_live",
]
