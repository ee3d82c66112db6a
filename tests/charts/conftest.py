from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from wc_core.progress import last_result
from wc_core.recipe import LayerPlan
from wc_core.search import LayerPreview
from wc_core.size import SizeItem, SizeReport
from wc_core.toys import toy_points
from wc_core.trace import trace_steps
from wc_core.waterfall import Waterfall, WaterfallStep

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class Point:
    """One point of a curve, as the search yields it."""

    layer: str
    k: int
    stored_bytes: int
    sqnr_db: float
    accuracy: float | None
    agreement: float | None


@pytest.fixture
def class_names():
    return CLASSES


@pytest.fixture
def weights():
    return np.random.default_rng(0).normal(0, 0.05, (24, 40)).astype(np.float32)


@pytest.fixture
def confusions():
    rng = np.random.default_rng(1)
    before = rng.integers(0, 9, (10, 10)) + 100 * np.eye(10, dtype=int)
    after = rng.integers(0, 9, (10, 10)) + 95 * np.eye(10, dtype=int)
    return before, after


@pytest.fixture
def evaluation(confusions):
    def report(matrix):
        precision = np.diag(matrix) / matrix.sum(axis=0)
        recall = np.diag(matrix) / matrix.sum(axis=1)
        accuracy = np.trace(matrix) / matrix.sum()
        return SimpleNamespace(
            class_names=CLASSES,
            precision=precision,
            recall=recall,
            f1=2 * precision * recall / (precision + recall),
            accuracy=accuracy,
            interval=(accuracy - 0.01, accuracy + 0.01),
            n_samples=int(matrix.sum()),
        )

    return report(confusions[0]), report(confusions[1])


@pytest.fixture
def layers():
    def layer(name, n_weights, sqnr_db):
        return SimpleNamespace(
            name=name,
            n_weights=n_weights,
            index_bytes=n_weights // 2,
            codebook_bytes=64,
            scale_bytes=0,
            mask_bytes=n_weights // 20,
            exact_bytes=0,
            stored_bytes=n_weights // 2 + 64 + n_weights // 20,
            sqnr_db=sqnr_db,
            distortion=1e-5,
        )

    return [layer("conv1.weight", 150, 17.5), layer("fc1.weight", 48_000, 20.25)]


@pytest.fixture
def size_report():
    items = (
        SizeItem("fc1.weight", "indices", 24_000),
        SizeItem("fc1.weight", "codebook", 64),
        SizeItem("", "header", 936),
    )
    return SizeReport(items, original_bytes=200_000, fp32_bytes=192_000)


@pytest.fixture
def fall(size_report):
    """Return the way to the same file: half of the weights pruned, the indices coded."""
    changes = {
        "original": 200_000,
        "fp32": -8_000,
        "pruned": -96_000,
        "indices": -70_000,
        "coded": -2_000,
        "codebook": 64,
        "scales": 0,
        "header": 936,
        "file": 0,
    }
    totals = np.cumsum(list(changes.values())).tolist()
    steps = map(WaterfallStep, changes, changes.values(), totals)
    return Waterfall(tuple(steps), size_report)


@pytest.fixture
def curve_points():
    return [
        Point(name, k, scale * k, 6.0 * np.log2(k), 0.9 - 0.2 / k, 0.95 - 0.2 / k)
        for name, scale in (("conv1.weight", 10), ("fc1.weight", 900))
        for k in (2, 16, 256)
    ]


@pytest.fixture
def compared():
    def row(sqnr_db, seconds, accuracy):
        return SimpleNamespace(
            sqnr_db=sqnr_db,
            bits_per_weight=1.5,
            perplexity=12.5,
            seconds=seconds,
            accuracy=accuracy,
            interval=(accuracy - 0.01, accuracy + 0.01),
            agreement=accuracy,
            n_samples=1000,
        )

    return {"A": row(9.5, 0.02, 0.88), "B": row(7.25, 14.0, 0.85)}


@pytest.fixture
def trace():
    plan = LayerPlan(n_clusters=4)
    return last_result(trace_steps(toy_points("square"), None, plan))


@pytest.fixture
def preview():
    """Two entries that stand for eight weights."""
    return LayerPreview(
        layer="fc1.weight",
        k=2,
        n_weights=8,
        centers=np.array([0.5, 1.5], np.float32),
        counts=np.array([3, 5]),
        stored_bytes=9,
        power=1.0,
        distortion=0.1,
    )
