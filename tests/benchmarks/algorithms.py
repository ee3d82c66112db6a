"""All algorithms on real networks and on many blocks: the tables of docs/algorithms.md.

`python -m tests.benchmarks.algorithms docs/algorithms.md` writes them there (`make algorithms`).
"""

import contextlib
import io
import json
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import algorithm_peers, algorithm_scaling
from tests.benchmarks.inputs import efficientnet, photos
from wc_core import CLUSTERERS, BlockSpec, LayerPlan, Recipe, compress, load, save
from wc_core.__main__ import main as command_line

BLOCK, SAMPLE_CLUSTERS, LARGE_CLUSTERS = "1x4", 32, 256
PLACE = re.compile(r"(?<=<!-- tables: make algorithms -->\n).*?(?=<!-- end -->)", re.DOTALL)


def tables() -> str:
    """Return all tables with their headings."""
    scaling = "### 1,000 x 1,000 weights, k = 64, blocks of 1x4\n\n" + algorithm_scaling.table()
    peers = "### Beside scikit-learn: LeNet-5's largest layer, k = 32, blocks of 1x4\n\n"
    peers += algorithm_peers.table()
    return "\n\n".join([sample_table(), large_table(), scaling, peers]) + "\n\n"


def sample_table() -> str:
    """Return what each algorithm makes of the sample LeNet-5, through the command line."""
    rows = [
        f"### LeNet-5, k = {SAMPLE_CLUSTERS}, blocks of {BLOCK}, all layers\n",
        "| algorithm | accuracy, % | SQNR, dB | bits per weight | file, bytes | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name in CLUSTERERS:
        said = _compressed(name)
        rows.append(
            f"| `{name}` | {100 * said['accuracy']:.2f} | {said['sqnr_db']:.2f} "
            f"| {said['bits_per_weight']:.3f} | {said['stored_bytes']:,} "
            f"| {sum(layer.get('seconds', 0) for layer in said['layers']):.2f} |"
        )
    baseline = f"{100 * said['baseline_accuracy']:.2f}"
    n = f"{said['n_samples']:,}"
    return "\n".join([*rows, "", f"Before: {baseline} %. All accuracies with n = {n} images."])


def large_table() -> str:
    """Return what each algorithm makes of EfficientNet-Lite0's largest layer."""
    model = efficientnet()
    largest = max((i for i in model.infos if len(i.shape) > 1), key=lambda i: i.n_weights)
    shape = " x ".join(map(str, largest.shape))
    images, labels = _photos()
    before = model.runner()(images).argmax(axis=1)
    rows = [
        f"### EfficientNet-Lite0, `{largest.name}` ({shape}), k = {LARGE_CLUSTERS}, "
        f"blocks of {BLOCK}\n",
        "| algorithm | accuracy, % | agreement, % | SQNR, dB | bits per weight | entries "
        "| seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in CLUSTERERS:
        plan = LayerPlan(algorithm=name, n_clusters=LARGE_CLUSTERS, block=BlockSpec.parse(BLOCK))
        small = _saved(compress(model, Recipe(plan=plan, layers=(largest.name,))))
        after = small.runner()(images).argmax(axis=1)
        (layer,) = small.layers
        rows.append(
            f"| `{name}` | {100 * np.mean(after == labels):.0f} "
            f"| {100 * np.mean(after == before):.0f} | {layer.sqnr_db:.2f} "
            f"| {layer.bits_per_weight:.3f} | {layer.entries} | {layer.seconds:.1f} |"
        )
    note = (
        f"Before: {100 * np.mean(before == labels):.0f} %. Accuracy and agreement with n = "
        f"{len(labels)} photos: one photo is {100 / len(labels):.0f} points, so they only show "
        "whether the network still works."
    )
    return "\n".join([*rows, "", note])


def _compressed(name: str) -> dict[str, Any]:
    """Run the command line as a person would; it writes the file, reads it back and compares."""
    command = ["compress", "sample:lenet5", "--algorithm", name, "--clusters"]
    command += [str(SAMPLE_CLUSTERS), "--block", BLOCK, "--data", "sample", "--json"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if command_line(command):
            raise RuntimeError(name)
    said: dict[str, Any] = json.loads(printed.getvalue())
    return said


def _saved(compressed: Any) -> Any:
    """Write the packed file and read it back: what is judged is what the file decodes to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packed.safetensors"
        save(compressed, path)
        again = load(path)
    return replace(compressed, weights=again.weights)


def _photos() -> tuple[np.ndarray, np.ndarray]:
    """Return photos as the network takes them, and their classes."""
    from wc_core.data import PreprocessSpec
    from wc_core.data.preprocess import preprocess

    spec = PreprocessSpec(
        resize=256, crop=224, interpolation="bicubic", mean=(127 / 255,) * 3, std=(128 / 255,) * 3
    )
    images, labels = photos()
    return preprocess(images, spec, 3), labels


if __name__ == "__main__":
    page = Path(sys.argv[1])
    made = tables()
    page.write_text(PLACE.sub(lambda _match: made, page.read_text(), count=1))
