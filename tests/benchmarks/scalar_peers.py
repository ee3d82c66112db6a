"""k-means of single weights beside its peers: time, distortion and memory in one table."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.inputs import efficientnet_tensors, heavy_tailed
from tests.benchmarks.race import (
    Entrant,
    Finish,
    mebibytes,
    milliseconds,
    race,
    three_digits,
)
from wc_core import CLUSTERERS
from wc_core.clustering import ScalarSweep, grouped_kmeans

N_WEIGHTS = 1_000_000
CLUSTERS = (4, 16, 64, 256)
SWEEP = (2, 4, 8, 16, 32, 64, 128, 256)
MANY = 25_000_000

OURS, EXACT, FAST, KMEANS1D = "ours", "ours, exact", "coremltools, fast mode", "kmeans1d"
SKLEARN, FAISS, SORT, READ = (
    "scikit-learn",
    "faiss, d = 1",
    "np.sort, for scale",
    "np.sum, for scale",
)


def table() -> str:
    """Return the tables: one layer at several k, a sweep, one codebook a row, many weights."""
    largest = max(efficientnet_tensors().values(), key=np.size)
    return "\n\n".join(
        [
            f"#### {N_WEIGHTS:,} heavy-tailed weights\n\n{peers_table(heavy_tailed(N_WEIGHTS))}",
            f"#### EfficientNet-Lite0's largest tensor, {largest.size:,} weights\n\n"
            + peers_table(largest.ravel(), (16, 256), slow=False),
            f"#### {N_WEIGHTS:,} weights, k in {', '.join(map(str, SWEEP))}\n\n{sweep_table()}",
            f"#### 1,000 rows of 1,000 weights, 16 entries for each row\n\n{groups_table()}",
            f"#### {MANY:,} weights, k = 16, entries and indices\n\n{many_table()}",
        ]
    )


def peers_table(
    weights: NDArray[np.float32], clusters: tuple[int, ...] = CLUSTERS, *, slow: bool = True
) -> str:
    """Return time, distortion and memory of everybody at each number of clusters."""
    rows = [
        "| k | | median, ms | theirs / ours | distortion / optimum | memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for k in clusters:
        rows += _peer_rows(weights, k, race(list(_peers(weights, k, slow=slow))))
    return "\n".join(rows)


def _peers(weights: NDArray[np.float32], k: int, *, slow: bool) -> Iterator[Entrant]:
    column = weights[:, None]
    yield Entrant(OURS, lambda: _ours(column, k))
    yield Entrant(EXACT, lambda: _ours(column, k, exact=True))
    yield Entrant(FAST, lambda: coreml_fast(weights, k))
    if slow:
        yield Entrant(KMEANS1D, lambda: kmeans1d(weights, k), repeats=3 if k < 16 else 1)
    yield Entrant(SKLEARN, lambda: sklearn(column, k), repeats=3 if k < 64 else 1)
    yield Entrant(FAISS, lambda: faiss(column, k), repeats=3)
    yield Entrant(SORT, lambda: np.sort(weights), is_judged=False)
    yield Entrant(READ, weights.sum, is_judged=False)


def _peer_rows(weights: NDArray[np.float32], k: int, found: dict[str, Finish]) -> Iterator[str]:
    optimum = squared_error(weights, found[EXACT].answer)
    for name, finish in found.items():
        ratio = three_digits(finish.median / found[OURS].median)
        error = ""
        if finish.answer is not None:
            error = f"{squared_error(weights, finish.answer) / optimum:.6g}"
        yield (
            f"| {k} | {name} | {milliseconds(finish.median)} | {ratio} | {error} "
            f"| {mebibytes(finish.peak_bytes)} |"
        )


def sweep_table() -> str:
    """Return what it takes to have codebooks and indices at every k."""
    weights = heavy_tailed(N_WEIGHTS)

    def ours() -> Any:
        sweep = ScalarSweep(weights)
        return [sweep.indices(sweep.fit(k)) for k in SWEEP]

    entrants = [
        Entrant(OURS, ours, is_judged=False),
        Entrant(FAST, lambda: [coreml_fast(weights, k) for k in SWEEP], 3, is_judged=False),
    ]
    return plain_table(race(entrants))


def groups_table() -> str:
    """Return what it takes to give each row of a matrix a codebook of its own."""
    matrix = heavy_tailed(1000, 1000)
    entrants = [
        Entrant(OURS, lambda: grouped_kmeans(matrix, 16), is_judged=False),
        Entrant(FAST, lambda: [coreml_fast(row, 16) for row in matrix], 3, is_judged=False),
    ]
    return plain_table(race(entrants))


def many_table() -> str:
    """Return what many weights take beside sorting them."""
    weights = heavy_tailed(MANY)
    column = weights[:, None]
    entrants = [
        Entrant(OURS, lambda: CLUSTERERS["kmeans"](n_clusters=16).fit(column), 5, is_judged=False),
        Entrant(SORT, lambda: np.sort(weights), 5, is_judged=False),
        Entrant(READ, weights.sum, 5, is_judged=False),
    ]
    return plain_table(race(entrants))


def plain_table(found: dict[str, Finish]) -> str:
    """Return times beside ours, which are the first."""
    rows = ["| | median, ms | theirs / ours | memory, MiB |", "|---|---|---|---|"]
    ours = next(iter(found.values())).median
    for name, finish in found.items():
        ratio = three_digits(finish.median / ours)
        memory = mebibytes(finish.peak_bytes)
        rows.append(f"| {name} | {milliseconds(finish.median)} | {ratio} | {memory} |")
    return "\n".join(rows)


def _ours(column: NDArray[np.float32], k: int, **params: Any) -> NDArray[np.floating]:
    return CLUSTERERS["kmeans"](n_clusters=k, random_state=0, **params).fit(column).cluster_centers_


def coreml_fast(weights: NDArray[np.float32], k: int) -> NDArray[np.floating]:
    """Return the entries that coremltools' palettizer of torch models finds by default."""
    import torch
    from coremltools.optimize.torch._utils.k_means import KMeans, KMeansConfig

    config = KMeansConfig(n_bits=k.bit_length() - 1, enable_fast_kmeans_mode=True)
    centers, _labels = KMeans._cluster_weights_1d(torch.from_numpy(weights), None, config)
    return centers.numpy()


def kmeans1d(weights: NDArray[np.float32], k: int) -> NDArray[np.floating]:
    """Return the optimum, as coremltools' exact mode finds it as well."""
    from kmeans1d import cluster

    return np.array(cluster(weights, k).centroids)


def sklearn(column: NDArray[np.float32], k: int) -> NDArray[np.floating]:
    """Return the entries of scikit-learn's defaults."""
    from sklearn.cluster import KMeans

    return KMeans(k, random_state=0).fit(column).cluster_centers_


def faiss(blocks: NDArray[np.float32], k: int, n_iter: int = 25) -> NDArray[np.floating]:
    """Return the entries after some iterations on all points."""
    import faiss

    model = faiss.Kmeans(
        blocks.shape[1], k, niter=n_iter, max_points_per_centroid=len(blocks), seed=0
    )
    model.train(blocks)
    return model.centroids


def squared_error(weights: NDArray[np.float32], centers: NDArray[np.floating]) -> float:
    """Return the error with every weight at its nearest entry, counted the same way for all."""
    line = np.sort(np.ravel(centers).astype(np.float64))
    labels = np.searchsorted((line[1:] + line[:-1]) / 2, weights)
    return float(np.square(weights - line[labels]).sum())
