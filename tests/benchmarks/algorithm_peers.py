"""Our algorithms beside scikit-learn's on the same blocks of a real layer, in turn."""

import time
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

CLUSTERS = 32
FEW = 2000  # blocks for algorithms whose cost grows with their square: ours would gather more
ROUNDS = 3

Labels = NDArray[np.integer]


def table() -> str:
    """Return the table: the best of three runs each, ours and theirs taking turns."""
    from threadpoolctl import threadpool_limits

    rows = [
        "| algorithm | blocks | ours, s | scikit-learn, s | theirs / ours | our error "
        "| their error | our entries | theirs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    blocks = _blocks()
    with threadpool_limits(1), warnings.catch_warnings():  # ours hold BLAS to one thread
        warnings.simplefilter("ignore")  # scikit-learn's, of fits that did not converge
        for name, (n, peer) in _peers().items():
            step = max(1, len(blocks) // n)
            rows.append(_row(name, blocks[::step][:n], peer))
    return "\n".join(rows)


def _row(name: str, blocks: NDArray[np.float32], peer: Callable[[NDArray], Labels]) -> str:
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _round in range(ROUNDS):
        ours = _timed(times["ours"], lambda: _ours(name, blocks))
        theirs = _timed(times["theirs"], lambda: peer(blocks))
    our_time, their_time = min(times["ours"]), min(times["theirs"])
    return (
        f"| `{name}` | {len(blocks):,} | {our_time:.3f} | {their_time:.3f} "
        f"| {their_time / our_time:.2f} | {_error(blocks, ours):.3f} "
        f"| {_error(blocks, theirs):.3f} | {len(np.unique(ours))} | {len(np.unique(theirs))} |"
    )


def _timed(times: list[float], run: Callable[[], Labels]) -> Labels:
    started = time.perf_counter()
    labels = run()
    times.append(time.perf_counter() - started)
    return labels


def _ours(name: str, blocks: NDArray[np.float32]) -> Labels:
    from wc_core import LayerPlan, make_clusterer

    return (
        make_clusterer(LayerPlan(algorithm=name, n_clusters=CLUSTERS), seed=0).fit(blocks).labels_
    )


def _peers() -> dict[str, tuple[int, Callable[[NDArray], Labels]]]:
    """Return scikit-learn's algorithm for each of ours that has one, with settings like ours."""
    from sklearn import cluster, mixture
    from sklearn.manifold import LocallyLinearEmbedding

    seeded = {"n_clusters": CLUSTERS, "random_state": 0}

    def unfolded(blocks: NDArray) -> Labels:
        sheet = LocallyLinearEmbedding(n_neighbors=10, n_components=2, random_state=0)
        return cluster.KMeans(**seeded).fit_predict(sheet.fit_transform(blocks))

    graph = cluster.SpectralClustering(affinity="nearest_neighbors", n_neighbors=10, **seeded)
    mixed = {"n_components": CLUSTERS, "random_state": 0}
    return {
        "kmeans": (12_000, cluster.KMeans(**seeded).fit_predict),
        "minibatch_kmeans": (12_000, cluster.MiniBatchKMeans(**seeded).fit_predict),
        "bisecting_kmeans": (12_000, cluster.BisectingKMeans(**seeded).fit_predict),
        "gmm": (
            12_000,
            mixture.GaussianMixture(covariance_type=_covariance("gmm"), **mixed).fit_predict,
        ),
        "bayesian_gmm": (
            12_000,
            mixture.BayesianGaussianMixture(
                covariance_type=_covariance("bayesian_gmm"), **mixed
            ).fit_predict,
        ),
        "hierarchical": (FEW, cluster.AgglomerativeClustering(CLUSTERS).fit_predict),
        "spectral": (FEW, graph.fit_predict),
        "lle": (FEW, unfolded),
    }


def _covariance(name: str) -> str:
    """Return the shape of components that ours has by default, in scikit-learn's words."""
    from wc_core import CLUSTERERS

    ours = CLUSTERERS[name]().get_params()["covariance"]
    return {"diagonal": "diag"}.get(ours, ours)


def _blocks() -> NDArray[np.float32]:
    """Return the 12,000 blocks of 1 x 4 of the sample's largest layer."""
    from wc_core import BlockSpec, LayerPlan, load_model
    from wc_core.stages import layer_blocks

    weight = load_model("sample:lenet5").tensors["fc1.weight"]
    values: NDArray[np.float32] = layer_blocks(weight, LayerPlan(block=BlockSpec(1, 4))).values
    return values


def _error(blocks: NDArray[np.float32], labels: Labels) -> float:
    """Return the squared error to the means of the clusters, over the sum of squares."""
    _names, kind = np.unique(labels, return_inverse=True)
    n = np.bincount(kind)
    means = np.stack([np.bincount(kind, lane) for lane in blocks.T], axis=1) / n[:, None]
    exact = blocks.astype(np.float64)
    return float(np.square(exact - means[kind]).sum() / np.square(exact).sum())
