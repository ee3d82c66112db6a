"""Files that a person might bring: good ones, and ones that must be refused."""

import pickle
import zipfile
from collections.abc import Callable
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


def write_cut_checkpoint(path: Path) -> Path:
    """Write a checkpoint whose end is missing, as a broken download leaves it."""
    import torch

    torch.save({"fc.weight": torch.zeros(40, 40)}, path)
    path.write_bytes(path.read_bytes()[:-300])
    return path


def write_zip_bomb(path: Path) -> Path:
    """Write a small archive that claims to unpack to 50 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", b"\x80\x02}.")
        archive.writestr("model/data/0", bytes(50_000_000))
    return path


def write_nan_weights(path: Path) -> Path:
    """Write a model two of whose weights are not numbers."""
    from safetensors.numpy import save_file

    weight = np.zeros((20, 20), np.float32)
    weight[3, :2] = np.nan
    save_file({"layer1.weight": np.ones((20, 20), np.float32), "layer2.weight": weight}, path)
    return path


def write_external_onnx(path: Path) -> Path:
    """Write an ONNX model that keeps its weights in another file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [4, 4]) for n in ("x", "y")]
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", value[:1], value[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, path, save_as_external_data=True, size_threshold=0)
    return path


def write_labels_out_of_range(path: Path) -> Path:
    """Write images whose labels the model's ten classes do not have."""
    np.savez(path, x_test=np.zeros((20, 28, 28), np.uint8), y_test=np.arange(20) + 5)
    return path


def write_uneven_data(path: Path) -> Path:
    """Write more images than labels."""
    np.savez(path, x_test=np.zeros((20, 28, 28), np.uint8), y_test=np.zeros(7, int))
    return path


def write_wrong_shape(path: Path) -> Path:
    """Write images of a shape that no image has."""
    np.savez(path, x_test=np.zeros((4, 2, 3, 5, 7), np.uint8), y_test=np.zeros(4, int))
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


Refusal = tuple[str, Callable[[Path], Path], str]

# What is brought under which name, and a pattern of the sentence that refuses it.
REFUSED_MODELS: list[Refusal] = [
    ("noise.safetensors", write_random_bytes, r"noise\.safetensors: .*no known kind"),
    ("nothing.pth", write_nothing, r"nothing\.pth: it is empty"),
    ("module.pt", write_whole_module, r"would run code.*state_dict"),
    ("code.pt", write_code, r"state_dict"),
    ("cut.pth", write_cut_checkpoint, r"truncated"),
    ("bomb.pth", write_zip_bomb, r"zip bomb"),
    ("nan.safetensors", write_nan_weights, r"layer2\.weight holds 2 NaN"),
    ("external.onnx", write_external_onnx, r"external data"),
]
REFUSED_DATA: list[Refusal] = [
    ("labels.npz", write_labels_out_of_range, r"label 10 .*not one of the model's 10 classes"),
    ("uneven.npz", write_uneven_data, r"20 images but 7 labels"),
    ("shape.npz", write_wrong_shape, r"images have shape"),
    ("nothing.npz", write_nothing, r"empty"),
    ("noise.csv", write_random_bytes, r"neither an \.npz"),
]
