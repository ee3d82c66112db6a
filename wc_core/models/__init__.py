"""Reading model files safely, and recognising how to run them."""

from wc_core.models.layers import LayerInfo, list_layers
from wc_core.models.model import Forward, InputShape, Model, Runner, TakesImages, TensorInfo
from wc_core.models.reading import list_tensors, load_model, runnable

__all__ = [
    "Forward",
    "InputShape",
    "LayerInfo",
    "Model",
    "Runner",
    "TakesImages",
    "TensorInfo",
    "list_layers",
    "list_tensors",
    "load_model",
    "runnable",
]
