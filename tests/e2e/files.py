"""Files that a person might bring: good ones, and ones that must be refused."""

import pickle
from pathlib import Path

import numpy as np

IMAGES_PER_CLASS = 20


def write_small_model(path: Path) -> Path:
    """Write a LeNet-300-100 with weights that tell ten bars apart, as safetensors."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    first = 0.02 * rng.normal(size=(300, 784)).astype(np.float32)
    first[:100] += np.repeat(_bars().reshape(10, 784), 10, axis=0) / 100
    second = 0.02 * rng.normal(size=(100, 300)).astype(np.float32)
    second[np.arange(100), np.arange(100)] += 1
    third = 0.02 * rng.normal(size=(10, 100)).astype(np.float32)
    third[np.repeat(np.arange(10), 10), np.arange(100)] += 1
    tensors = {}
    for name, weight in (("fc1", first), ("fc2", second), ("fc3", third)):
        tensors[f"{name}.weight"] = weight
        tensors[f"{name}.bias"] = np.zeros(len(weight), np.float32)
    save_file(tensors, path)
    return path


def write_small_data(path: Path) -> Path:
    """Write noisy pictures of ten bars, labelled by their place, as npz."""
    rng = np.random.default_rng(1)
    labels = np.tile(np.arange(10), IMAGES_PER_CLASS)
    noise = 160 * rng.random((len(labels), 28, 28))
    images = np.clip(noise + 200 * _bars()[labels], 0, 255).astype(np.uint8)
    np.savez_compressed(path, x_test=images, y_test=labels)
    return path


def write_random_bytes(path: Path) -> Path:
    """Write bytes that only their name calls a model."""
    path.write_bytes(np.random.default_rng(0).bytes(4096))
    return path


def write_nothing(path: Path) -> Path:
    """Write a file without a byte."""
    path.write_bytes(b"")
    return path


def write_whole_module(path: Path) -> Path:
    """Pickle a module with its code instead of its weights, as `torch.save(model)` does."""
    import torch

    torch.save(torch.nn.Linear(4, 2), path)
    return path


def write_code(path: Path) -> Path:
    """Write a pickle that would run a command when it is read."""
    path.write_bytes(pickle.dumps(_Dangerous(str(path.with_suffix(".ran")))))
    return path


class _Dangerous:
    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path(self.mark),)


def _bars() -> np.ndarray:
    """Return ten pictures, each with one bright horizontal bar, shape (10, 28, 28)."""
    bars = np.zeros((10, 28, 28), np.float32)
    for place in range(10):
        bars[place, 2 * place + 4 : 2 * place + 6] = 1
    return bars
