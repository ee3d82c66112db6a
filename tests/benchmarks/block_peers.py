"""k-means of blocks beside its peers: time and inertia, and the matrix product that bounds it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.inputs import blocks_of, efficientnet_tensors, heavy_tailed
from tests.benchmarks.race import (
    Entrant,
    Finish,
    mebibytes,
    milliseconds,
    race,
    three_digits,
)
from tests.benchmarks.scalar_peers import faiss
from wc_core import CLUSTERERS

CLUSTERS = 256
ROWS_PER_PRODUCT = 4096
SIZES = ((250_000, 4), (31_250, 8), (100_000, 9), (100_000, 16))

OURS, CAREFUL, FULL = "ours", "ours, tol = 1e-4", "scikit-learn"
FAISS, LONGER = "faiss, 25 iterations", "faiss, 50 iterations"
PRODUCT = "one product of blocks and entries, for scale"


def table() -> str:
    """Return one table for each set of blocks."""
    sets = {f"{n:,} heavy-tailed blocks of {d}": heavy_tailed(n, d) for n, d in SIZES}
    largest = max(efficientnet_tensors().values(), key=np.size)
    for block in ("1x4", "1x16"):
        cut = blocks_of(largest, block)
        sets[f"EfficientNet-Lite0's largest tensor, {len(cut):,} blocks of {block}"] = cut
    return "\n\n".join(f"#### {title}\n\n{_table(blocks)}" for title, blocks in sets.items())


def _table(blocks: NDArray[np.float32]) -> str:
    found = race(list(_peers(blocks)))
    best = inertia(blocks, found[FULL].answer)
    rows = [
        "| | median, ms | theirs / ours | inertia / scikit-learn's | memory, MiB |",
        "|---|---|---|---|---|",
    ]
    rows += [_row(blocks, name, finish, found[OURS], best) for name, finish in found.items()]
    return "\n".join(rows)


def _peers(blocks: NDArray[np.float32]) -> Iterator[Entrant]:
    yield Entrant(OURS, lambda: ours(blocks))
    yield Entrant(CAREFUL, lambda: ours(blocks, tol=1e-4))
    yield Entrant(FAISS, lambda: faiss(blocks, CLUSTERS), repeats=5)
    yield Entrant(LONGER, lambda: faiss(blocks, CLUSTERS, 50), repeats=3)
    yield Entrant(FULL, lambda: sklearn(blocks), repeats=1)
    yield Entrant(PRODUCT, lambda: _product(blocks), is_judged=False)


def _row(blocks: NDArray[np.float32], name: str, finish: Finish, ours: Finish, best: float) -> str:
    error = ""
    if finish.answer is not None:
        error = f"{inertia(blocks, finish.answer) / best:.4f}"
    return (
        f"| {name} | {milliseconds(finish.median)} | {three_digits(finish.median / ours.median)} "
        f"| {error} | {mebibytes(finish.peak_bytes)} |"
    )


def ours(blocks: NDArray[np.float32], **params: Any) -> NDArray[np.floating]:
    """Return our entries."""
    kmeans = CLUSTERERS["kmeans"](n_clusters=CLUSTERS, random_state=0, **params)
    return kmeans.fit(blocks).cluster_centers_


def sklearn(blocks: NDArray[np.float32]) -> NDArray[np.floating]:
    """Return the entries of Lloyd's iteration, run until nothing changes or 300 times."""
    from sklearn.cluster import KMeans

    full = KMeans(CLUSTERS, n_init=1, max_iter=300, tol=0.0, algorithm="lloyd", random_state=0)
    return full.fit(blocks).cluster_centers_


def inertia(blocks: NDArray[np.float32], centers: NDArray[np.floating]) -> float:
    """Return the squared error with every block at its nearest entry, counted the same way."""
    exact = centers.astype(np.float64)
    norms = np.square(exact).sum(axis=1)
    total = 0.0
    for start in range(0, len(blocks), ROWS_PER_PRODUCT):
        piece = blocks[start : start + ROWS_PER_PRODUCT].astype(np.float64)
        nearest = (norms - 2 * piece @ exact.T).argmin(axis=1)
        total += float(np.square(piece - exact[nearest]).sum())
    return total


def _product(blocks: NDArray[np.float32]) -> None:
    """Multiply all blocks with as many entries as there are clusters, in pieces that stay near."""
    entries = np.ascontiguousarray(blocks[:CLUSTERS].T)
    room = np.empty((ROWS_PER_PRODUCT, CLUSTERS), np.float32)
    for start in range(0, len(blocks), ROWS_PER_PRODUCT):
        piece = blocks[start : start + ROWS_PER_PRODUCT]
        np.matmul(piece, entries, out=room[: len(piece)])
