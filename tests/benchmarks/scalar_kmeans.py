"""k-means on single weights: ours beside scikit-learn's, time and distortion."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

N_WEIGHTS = 1_000_000
CLUSTERS = (16, 64, 256)
RUNS = 3


def table() -> str:
    """Return the table; both are timed alike: three fits in turn, of which the best counts."""
    weights = _weights()
    rows = [
        "| k | ours, s | scikit-learn, s | times faster | distortion, ours / scikit-learn |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_row(weights, k) for k in CLUSTERS)])


def _row(weights: NDArray[np.float32], k: int) -> str:
    from sklearn.cluster import KMeans as SklearnKMeans

    from wc_core import CLUSTERERS

    ours = CLUSTERERS["kmeans"](n_clusters=k)
    theirs = SklearnKMeans(n_clusters=k, random_state=0)
    fast, slow = np.min(
        [[_seconds(lambda m=m: m.fit(weights)) for m in (ours, theirs)] for _ in range(RUNS)],
        axis=0,
    )
    ratio = _inertia(weights, ours.cluster_centers_) / _inertia(weights, theirs.cluster_centers_)
    return f"| {k} | {fast:.2f} | {slow:.2f} | {slow / fast:.1f} | {ratio:.4f} |"


def _weights() -> NDArray[np.float32]:
    """Return weights as layers have them: normal, with a share of wider ones."""
    rng = np.random.default_rng(0)
    wide = rng.random(N_WEIGHTS) < 0.1
    return (rng.normal(size=N_WEIGHTS) * np.where(wide, 0.15, 0.05)).astype(np.float32)[:, None]


def _inertia(weights: NDArray[np.float32], centers: NDArray[np.floating]) -> float:
    """Return the squared error with every weight at its nearest centroid, counted the same way."""
    line = np.sort(centers[:, 0].astype(np.float64))
    labels = np.searchsorted((line[1:] + line[:-1]) / 2, weights[:, 0])
    return float(np.square(weights[:, 0] - line[labels]).sum())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
