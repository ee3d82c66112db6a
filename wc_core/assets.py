"""Where the embedded models, data and texts lie."""

from collections.abc import Mapping
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"

SAMPLE_MODELS: Mapping[str, Path] = {
    "lenet5": ASSETS / "samples" / "lenet5.safetensors",
    "lenet_300_100": ASSETS / "samples" / "lenet_300_100.safetensors",
}
SAMPLE_DATA = ASSETS / "samples" / "fashion_mnist.npz"
SAMPLE_RESULT = ASSETS / "samples" / "result.json"
