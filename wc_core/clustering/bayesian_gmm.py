"""Mixture of Gaussians that finds out how many components it needs, by variational Bayes."""

from collections.abc import Generator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._gaussians import Moments
from wc_core.clustering._mixture import Fitting, Learner, mixture_steps
from wc_core.clustering._priors import Prior, evidence, posterior
from wc_core.clustering.gmm import COVARIANCE, TOL
from wc_core.params import Domain, Flag, FloatRange, IntRange
from wc_core.progress import Progress
from wc_core.words import _, mark


@CLUSTERERS.register("bayesian_gmm")
class BayesianGaussianMixture(BlockClusterer):
    """Mixture of Gaussians with priors: components that the blocks do not need vanish.

    Variational Bayes with a symmetric Dirichlet prior on the weights and Gauss-gamma
    (diagonal and spherical) or Gauss-Wishart (full) priors on the components. The
    priors are worth a few blocks each and expect components as wide as the clusters
    of the k-means that it starts from. Masked lanes are filled from the most alike
    whole block. Sample weights count as repetitions; below one on average, as shares
    of as many blocks as there are. An entry is the mean of the blocks for which its
    component is the likeliest.

    How many components are left is a matter of `weight_concentration` and `merge`. A
    cloud of weights is nearly one Gaussian, so the fullest use of the evidence (a small
    concentration, merging) leaves small layers with two or three components. That
    describes their density and says nothing of single blocks. The defaults only thin
    out components that lie on top of others, which leaves a codebook of use.

    Parameters
    ----------
    n_clusters : int, default=16
        Components to begin with, the most there can be.
    covariance : {"diagonal", "spherical", "full"}, default="diagonal"
        Shape of the components.
    max_iter : int, default=100
        Most iterations.
    tol : float, default=1e-4
        Stop when an iteration raises the evidence bound by less than this for
        each lane of a block, in nats, and no component vanished.
    weight_concentration : float, default=1.0
        Parameter of the Dirichlet prior: blocks that each component is credited with
        beforehand. Below half the number of its parameters (the lanes, if diagonal),
        spare components tend to fade; above, to stay.
    prune_below : float, default=0.01
        Components whose share of the blocks falls below this part of an even
        share, 1 / n_clusters, vanish.
    merge : bool, default=False
        Whether every few iterations pairs of components become one where that
        raises the evidence bound. Without, they only fade, slowly.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds k-means.

    References
    ----------
    C. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 10.2.
    D. Blei and M. Jordan, "Variational inference for Dirichlet process mixtures",
    Bayesian Anal. 1(1), 2006.
    M. Hughes and E. Sudderth, "Memoized online variational inference for Dirichlet process
    mixture models", NeurIPS 2013 (merging).
    J. Rousseau and K. Mengersen, "Asymptotic behaviour of the posterior distribution in
    overfitted mixture models", J. R. Stat. Soc. B 73(5), 2011 (the concentration).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> blocks = np.repeat([[0.0], [9.0]], 200, axis=0) + rng.normal(size=(400, 1))
    >>> mixture = BayesianGaussianMixture(8, weight_concentration=0.1, merge=True)
    >>> len(mixture.fit(blocks).cluster_centers_)
    2
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "covariance": COVARIANCE,
        "max_iter": IntRange(
            1, 1000, label=mark("Most iterations"), help=mark("Passes over the blocks at most.")
        ),
        "tol": TOL,
        "weight_concentration": FloatRange(
            1e-6,
            1e6,
            label=mark("Weight concentration"),
            help=mark(
                "Blocks that every component is credited with beforehand. Far below 1, spare "
                "components fade; from about the number of weights in a block on, they stay."
            ),
        ),
        "prune_below": FloatRange(
            0.0,
            0.9,
            label=mark("Prune below"),
            help=mark(
                "Components with fewer blocks than this part of an even share vanish: with 16 "
                "clusters, 0.5 stands for one block in 32."
            ),
        ),
        "merge": Flag(
            label=mark("Merge pairs"),
            help=mark(
                "Two components become one where the evidence says so: small layers keep two or "
                "three, which describe how weights are spread, but not each of them."
            ),
        ),
        "polish": POLISH,
    }

    title = mark("Bayesian Gaussian mixture")
    about = mark(
        "A Gaussian mixture whose weights, means and widths are uncertain and have priors. "
        "Components that explain too few blocks fade and vanish, so that the codebook may come "
        "out smaller than asked for. The weight concentration says how readily they do."
    )
    formula = (
        r"\max_q\; \mathbb E_q[\log p(x,z,\pi,\mu,\Lambda)] - \mathbb E_q[\log q],\quad "
        r"\pi \sim \mathrm{Dir}(\alpha, \dots, \alpha)"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        covariance: str = "diagonal",
        max_iter: int = 100,
        tol: float = 1e-4,
        weight_concentration: float = 1.0,
        prune_below: float = 0.01,
        merge: bool = False,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance = covariance
        self.max_iter = max_iter
        self.tol = tol
        self.weight_concentration = weight_concentration
        self.prune_below = prune_below
        self.merge = merge
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        prune = self.prune_below / n_clusters
        fitting = Fitting(self.covariance, self.max_iter, self.tol, prune)

        def begin(moments: Moments) -> Learner:
            prior = Prior.of(moments, self.covariance, self.weight_concentration)
            marginal = partial(evidence, prior=prior) if self.merge else None
            return Learner(partial(posterior, prior=prior), marginal)

        repeated = _as_repetitions(blocks)
        labels = yield from mixture_steps(repeated, n_clusters, random_state, fitting, begin)
        return Outcome(labels=labels, notes=_kept(len(np.unique(labels)), n_clusters))


def _as_repetitions(blocks: MaskedBlocks) -> MaskedBlocks:
    """Scale small weights up: the priors are worth blocks, and so must the blocks be."""
    factor = max(1.0, len(blocks) / float(blocks.weights.sum()))
    return MaskedBlocks(blocks.values, blocks.weights * factor, blocks.ragged, blocks.observed)


def _kept(n: int, n_clusters: int) -> tuple[str, ...]:
    if n == n_clusters:
        return ()
    return (_("kept {n} of {k} components").format(n=n, k=n_clusters),)
