"""Every algorithm on a layer of 1,000 x 1,000 weights: time, memory, and how long Cancel waits."""

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE, BLOCK, CLUSTERS = 1000, 4, 64
KIB_IN_MIB = 1024


def table() -> str:
    """Return the table; each algorithm runs in a fresh process, two threads, defaults."""
    from wc_core import CLUSTERERS

    rows = [
        "| algorithm | seconds | peak memory of the fit, MiB | longest wait for Cancel, s "
        "| points | entries | squared error / total |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in CLUSTERERS:
        command = [sys.executable, "-m", "tests.benchmarks.algorithm_scaling", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(_row(name, json.loads(done.stdout)))
    return "\n".join(rows)


def _row(name: str, said: dict[str, float]) -> str:
    return (
        f"| `{name}` | {said['seconds']:.1f} | {said['mebibytes']:.0f} | {said['wait']:.1f} "
        f"| {said['points']:,} | {said['entries']} | {said['error']:.3f} |"
    )


def measure(name: str) -> dict[str, float]:
    """Fit one algorithm in this process and say what it took."""
    from wc_core import LayerPlan, make_clusterer

    blocks = layer().reshape(-1, BLOCK)
    clusterer = make_clusterer(LayerPlan(algorithm=name, n_clusters=CLUSTERS), seed=0)
    warm = make_clusterer(LayerPlan(algorithm=name, n_clusters=4), seed=0)
    warm.fit(blocks[:64])  # libraries load here: their memory is not the fit's
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts anew from here
    before = _status("VmRSS")
    times = [time.perf_counter()]
    times += [time.perf_counter() for _record in clusterer.fit_steps(blocks)]
    return {
        "seconds": times[-1] - times[0],
        "wait": max(late - early for early, late in pairwise(times)),
        "mebibytes": (_status("VmHWM") - before) / KIB_IN_MIB,
        "points": clusterer.report_.n_points,
        "entries": len(clusterer.cluster_centers_),
        "error": clusterer.inertia_ / float(np.square(blocks, dtype=np.float64).sum()),
    }


def _status(field: str) -> int:
    """Return a line of the kernel's record of this process, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def layer() -> NDArray[np.float32]:
    """Return weights as layers have them: normal, with a share of wider ones."""
    rng = np.random.default_rng(0)
    wide = rng.random((SIDE, SIDE)) < 0.1
    return (rng.normal(size=(SIDE, SIDE)) * np.where(wide, 0.15, 0.05)).astype(np.float32)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
