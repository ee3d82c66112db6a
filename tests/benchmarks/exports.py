"""Files of every format: bytes, how many times smaller than the upload, and time to write."""

import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.inputs import efficientnet_file
from tests.export.onnx_uploads import from_torch, logits
from wc_core import LayerPlan, Recipe, compress, load_model
from wc_core.export import EXPORTERS
from wc_core.models import Model

LARGE = 2048  # weights of a tensor that is clustered; LeNet-5 is clustered whole
SIZES = {"lenet5": (1, 28, 28), "efficientnet_lite0": (3, 224, 224)}
FORMATS = ("packed", "onnx", "core_ml", "dense", "state_dict")


def table() -> str:
    """Return one table a model and number of entries."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (
            ("lenet5", "sample:lenet5"),
            ("efficientnet_lite0", efficientnet_file()),
        ):
            model = load_model(source)
            upload = load_model(from_torch(model, Path(folder) / f"{name}.onnx", SIZES[name]))
            for n_clusters in (256, 16):
                for given in (upload, model):
                    parts.append(_of(given, n_clusters, Path(folder), SIZES[name]))
    return "\n\n".join(parts)


def _of(model: Model, n_clusters: int, folder: Path, size: tuple[int, int, int]) -> str:
    least = LARGE if model.n_parameters > 1_000_000 else 0
    layers = tuple(i.name for i in model.infos if len(i.shape) > 1 and i.n_weights >= least)
    recipe = Recipe(plan=LayerPlan(n_clusters=n_clusters), layers=layers, include=layers)
    small = compress(model, recipe)
    rows = [
        f"#### {model.name}.{model.format}, {model.file_bytes:,} B, "
        f"{len(small.layers)} tensors of {small.n_clustered:,} weights, k = {n_clusters}\n",
        "| format | bytes | times smaller | seconds | outputs differ by at most |",
        "|---|---|---|---|---|",
    ]
    images = np.random.default_rng(0).normal(size=(2, *size)).astype(np.float32)
    for name in FORMATS:
        exporter = EXPORTERS[name]()
        if exporter.why_not(small):
            rows.append(f"| {name} | - | - | - | - |")
            continue
        started = time.perf_counter()
        file = exporter.write(small, folder / f"out{exporter.suffix}")
        seconds = time.perf_counter() - started
        gap = "-"
        if name == "onnx":
            gap = f"{np.abs(logits(file.path, images) - small.runner()(images)).max():.1g}"
        ratio = model.file_bytes / file.n_bytes
        rows.append(f"| {name} | {file.n_bytes:,} | {ratio:.2f} | {seconds:.2f} | {gap} |")
    return "\n".join(rows)
