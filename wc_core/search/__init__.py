"""Looking for good recipes: what each layer costs and can bear."""

from wc_core.search.curves import DEFAULT_KS, CurvePoint, layer_curves_steps

__all__ = ["DEFAULT_KS", "CurvePoint", "layer_curves_steps"]
