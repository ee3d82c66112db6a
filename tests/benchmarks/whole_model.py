"""Whole models through the command line: time of each part, peak memory, and a file of 4 GB."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks.inputs import efficientnet_file, efficientnet_tensors, heavy_tailed
from tests.benchmarks.race import mebibytes
from wc_core import LayerPlan, Recipe

CLUSTERS = 16
RUNS = 5
# A process counts the memory of the one that it was started by, until it is itself: so a small
# one starts the command, and tells what that took.
WATCH = """
import resource, subprocess, sys, time
started = time.perf_counter()
status = subprocess.run(sys.argv[1:]).returncode
wall = time.perf_counter() - started
print(wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, file=sys.stderr)
sys.exit(status)
"""
LAYERS, ROWS, COLUMNS = 64, 4000, 4000  # in float32, 4.1 GB


def table() -> str:
    """Return both tables."""
    title = f"#### {LAYERS} layers of {ROWS:,} x {COLUMNS:,}, float32, k = {CLUSTERS}"
    return "\n\n".join(
        [
            parts_table(),
            f"{title}\n\n{large_table()}",
        ]
    )


def parts_table() -> str:
    """Return where the time of the command goes; every number is a median of its own."""
    names = tuple(efficientnet_tensors())
    recipe = Recipe(plan=LayerPlan(n_clusters=CLUSTERS), layers=names, include=names)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.json"
        path.write_text(recipe.to_json())
        options = "--recipe", str(path)
        runs = [
            _compressed(efficientnet_file(), Path(folder), options) for _run in range(RUNS + 1)
        ][1:]
        fresh = {"NUMBA_CACHE_DIR": folder}
        cold = _compressed(efficientnet_file(), Path(folder), options, fresh)
    clustered = [layer for layer in runs[0]["layers"] if not layer["skipped"]]
    n_weights = sum(layer["parameters"] for layer in clustered)
    title = f"EfficientNet-Lite0, {len(clustered)} tensors, {n_weights:,} weights, k = {CLUSTERS}"
    parts = {part: median(run["timings"][part] for run in runs) for part in runs[0]["timings"]}
    rows = [f"#### {title}\n", "| part | seconds |", "|---|---|"]
    rows += [f"| {part} | {seconds:.3f} |" for part, seconds in parts.items()]
    rows.append(f"| the whole command, as a process | {median(r['wall'] for r in runs):.3f} |")
    rows.append(f"| the same with nothing compiled before, once | {cold['wall']:.3f} |")
    return "\n".join(rows)


def large_table() -> str:
    """Return what one layer takes and what the file takes, each in a process of its own."""
    rows = [
        "| | weights | clustering, s | command, s | million weights/s | peak memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for n_layers in (1, LAYERS):
        with _model_file(n_layers) as path:
            options = "--clusters", str(CLUSTERS)
            run = min((_compressed(path, path.parent, options) for _run in range(2)), key=_wall)
        n_weights = n_layers * ROWS * COLUMNS
        rows.append(
            f"| {n_layers} | {n_weights:,} | {run['timings']['clustering']:.2f} "
            f"| {run['wall']:.2f} | {n_weights / run['wall'] / 1e6:.1f} "
            f"| {mebibytes(run['peak_bytes'])} |"
        )
    return "\n".join(rows)


def _wall(run: dict[str, Any]) -> float:
    return float(run["wall"])


@contextmanager
def _model_file(n_layers: int) -> Iterator[Path]:
    """Write a safetensors file layer by layer, so that the maker needs no memory either."""
    size = 4 * ROWS * COLUMNS
    header = {
        f"layers.{i:02}.weight": {
            "dtype": "F32",
            "shape": [ROWS, COLUMNS],
            "data_offsets": [i * size, (i + 1) * size],
        }
        for i in range(n_layers)
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    layer = heavy_tailed(ROWS, COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.safetensors"
        with path.open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for i in range(n_layers):
                file.write((layer * np.float32(1 + i / n_layers)).data)
        yield path


def _compressed(
    model: Path, folder: Path, options: tuple[str, ...], environment: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Run the command as a person would, and watch what it takes."""
    command = [sys.executable, "-c", WATCH, sys.executable, "-m", "wc_core", "compress", str(model)]
    command += [*options, "--json", "-o", str(folder / "small.safetensors")]
    environment = {**os.environ, **environment}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    wall, peak = map(float, run.stderr.split()[-2:])
    return {**json.loads(run.stdout), "wall": wall, "peak_bytes": int(peak)}
