"""Clustering by density: density peaks, DBSCAN and HDBSCAN."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._density_peaks import peak_steps
from wc_core.clustering._density_scale import dbscan_steps, hdbscan_steps
from wc_core.clustering._estimator import MAX_POINTS, N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.params import Choice, Domain, FloatRange
from wc_core.progress import Progress
from wc_core.words import mark

_MODES = {"peaks": peak_steps, "dbscan": dbscan_steps, "hdbscan": hdbscan_steps}


@CLUSTERERS.register("density")
class Density(BlockClusterer):
    """Clusters are where blocks lie dense.

    Density peaks give any number of clusters: centres are the points with the greatest
    product of density and distance to the next denser point; all others follow their next
    denser point. That distance runs along the data, in steps between neighbours that cost
    their length cubed, so that clusters may be bent. More clusters only split some.

    DBSCAN and HDBSCAN find their own number and leave noise. Their scale (the radius, or the
    least weight of a cluster) is searched for the number of clusters nearest to `n_clusters`
    but not above it, leaving no more than half of the blocks as noise if any can; of scales
    alike in that, the one with less noise is taken. A cloud of weights has a single mode, so
    they often find one cluster or none: `report_.notes` says what they found. Without any
    cluster, all blocks share one entry.

    All work on weighted micro-clusters.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; with DBSCAN and HDBSCAN the most there may be.
    mode : {"peaks", "dbscan", "hdbscan"}, default="peaks"
    neighborhood : float, default=0.02
        Share of all blocks in a neighbourhood. With density peaks the average within the
        cutoff distance; with DBSCAN and HDBSCAN what a point needs around it to count as
        dense.
    noise : {"nearest", "exact"}, default="nearest"
        Whether noise goes to the nearest entry or is stored exactly. Density peaks leave no
        noise and ignore it.
    max_points : int, default=2000
        Micro-clusters to work on.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the micro-clusters.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Means of the clusters; sorted when there is one feature.
    labels_ : ndarray of shape (n_samples,)
        Cluster of each block, which need not be the nearest entry.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Stages of growth, or scales tried.
    noise_ : ndarray of bool, shape (n_samples,), or None
        Blocks that are stored exactly.

    Notes
    -----
    `detail` of an iteration holds `density` and `delta` of each point and the `peaks`
    themselves with density peaks (labels are -1 where the clusters have not grown to); else
    `scale`, `noise` (share of the weight) and `n_found` of one scale tried; the last iteration
    is the scale chosen. Scales are radii where the largest weight is about 1, and shares of all
    weight with HDBSCAN.

    References
    ----------
    A. Rodriguez and A. Laio, "Clustering by fast search and find of density peaks",
    Science 344(6191), 2014.
    M. Ester, H.-P. Kriegel, J. Sander and X. Xu, "A density-based algorithm for discovering
    clusters in large spatial databases with noise", KDD 1996.
    R. Campello, D. Moulavi, A. Zimek and J. Sander, "Hierarchical density estimates for data
    clustering, visualization, and outlier detection", ACM TKDD 10(1), 2015.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> Density(n_clusters=2).fit(blocks).labels_
    array([0, 0, 0, 1, 1, 1], dtype=int32)
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "mode": Choice(
            tuple(_MODES),
            label=mark("Mode"),
            help=mark(
                "Density peaks give any number of clusters. DBSCAN and HDBSCAN find their own, "
                "at most the number asked for, and call the rest noise."
            ),
        ),
        "neighborhood": FloatRange(
            0.0005,
            0.2,
            label=mark("Neighbourhood"),
            help=mark(
                "Share of all blocks that makes a neighbourhood: the average one with density "
                "peaks, the least one that counts as dense with DBSCAN and HDBSCAN."
            ),
        ),
        "noise": Choice(
            ("nearest", "exact"),
            label=mark("Noise"),
            help=mark(
                "DBSCAN and HDBSCAN only: noise goes to the nearest entry, or is stored exactly. "
                "Density peaks leave none."
            ),
        ),
        "max_points": MAX_POINTS,
        "polish": POLISH,
    }

    title = mark("Density")
    about = mark(
        "Clusters are crowded places with empty space between them, whatever their shape. "
        "Density peaks start them at dense points far from any denser one; DBSCAN and HDBSCAN "
        "join crowded neighbourhoods and leave the rest as noise. A cloud of weights mostly has "
        "a single crowded place, which is why the two find so few clusters in it."
    )
    formula = (
        r"\rho_i = \sum_j w_j\, e^{-\lVert x_i - x_j \rVert^2 / d_c^2},\quad "
        r"\delta_i = \min_{\rho_j > \rho_i} d(x_i, x_j),\quad "
        r"\text{centres: greatest } \rho_i\, \delta_i"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        mode: str = "peaks",
        neighborhood: float = 0.02,
        noise: str = "nearest",
        max_points: int = 2000,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.mode = mode
        self.neighborhood = neighborhood
        self.noise = noise
        self.max_points = max_points
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        outcome = yield from _MODES[self.mode](blocks, n_clusters, self.neighborhood)
        return replace(outcome, keeps_noise=self.noise == "exact")
