"""k-means: near-optimal on single weights, Lloyd's iteration on larger blocks."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._lloyd import MaskedBlocks, lloyd_steps, nearest
from wc_core.clustering._scalar import nearest_on_line, scalar_kmeans_steps
from wc_core.params import Domain, FloatRange, IntRange, check_params
from wc_core.progress import Progress, last_result
from wc_core.words import mark

_FLOATS = (np.float64, np.float32)


@CLUSTERERS.register("kmeans")
class KMeans(ClusterMixin, TransformerMixin, BaseEstimator):
    """k-means: each block goes to the nearest entry, each entry is the mean of its blocks.

    Single weights (one feature) are solved on the sorted values: a dynamic
    programme over bins, then Lloyd steps; with up to 1,024 distinct values the
    result is optimal. Larger blocks start from k-means++ with local trials and
    run Lloyd's iteration; entries left without blocks move to the worst-served
    block. NaN marks a masked lane, which weighs nothing.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    max_iter : int, default=100
        Most iterations.
    tol : float, default=1e-4
        Blocks larger than one weight: stop when an iteration lowers the inertia
        by less than this share of it.
    random_state : int, RandomState or None, default=None
        Seeds the choice of first entries for blocks larger than one weight.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Codebook entries; sorted when there is one feature.
    labels_ : ndarray of shape (n_samples,)
        Index of the nearest entry to each block.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Iterations run.

    References
    ----------
    S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982.
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> kmeans = KMeans(n_clusters=2).fit(blocks)
    >>> kmeans.labels_
    array([0, 0, 1, 1])
    >>> kmeans.cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": IntRange(1, 65536, label=mark("Clusters (k)")),
        "max_iter": IntRange(
            1, 1000, label=mark("Most iterations"), help=mark("Lloyd steps at most.")
        ),
        "tol": FloatRange(
            0.0,
            0.1,
            label=mark("Tolerance"),
            help=mark(
                "Blocks larger than 1x1: stop when a step lowers the error by less than this share."
            ),
        ),
    }

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        max_iter: int = 100,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self,
        X: NDArray[np.floating],
        y: None = None,
        sample_weight: NDArray[np.floating] | None = None,
    ) -> Self:
        """Learn the codebook from blocks, one block a row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Blocks; NaN marks masked lanes.
        y : None
            Ignored.
        sample_weight : ndarray of shape (n_samples,), optional
            How much each block's squared error counts.

        Returns
        -------
        self
        """
        last_result(self.fit_steps(X, sample_weight))
        return self

    def fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None = None
    ) -> Iterator[Progress]:
        """Fit as `fit` does, yielding a record after each iteration."""
        check_params(self)
        X = validate_data(self, X, dtype=_FLOATS, ensure_all_finite="allow-nan")
        weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        steps = _scalar_steps if X.shape[1] == 1 else _block_steps
        for n_iter, record in enumerate(steps(X, weights, self)):
            self.n_iter_ = max(1, n_iter)
            centers = record.result.reshape(-1, X.shape[1])
            yield Progress(record.done, record.total)
        self.cluster_centers_: NDArray[np.floating] = centers.astype(X.dtype)
        self.labels_, errors = _assign(X, self.cluster_centers_, weights)
        self.inertia_ = float(weights.astype(np.float64) @ errors)
        yield Progress(self.max_iter, self.max_iter)

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the index of the nearest entry to each block, shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=_FLOATS, reset=False, ensure_all_finite="allow-nan")
        return _assign(X, self.cluster_centers_, np.ones(len(X)))[0]

    def transform(self, X: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the distance of each block to each entry, shape (n_samples, n_entries)."""
        from sklearn.metrics.pairwise import euclidean_distances, nan_euclidean_distances

        check_is_fitted(self)
        X = validate_data(self, X, dtype=_FLOATS, reset=False, ensure_all_finite="allow-nan")
        measure = nan_euclidean_distances if np.isnan(X).any() else euclidean_distances
        distances: NDArray[np.floating] = measure(X, self.cluster_centers_)
        return distances

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _scalar_steps(
    X: NDArray[np.floating], weights: NDArray[np.floating], estimator: KMeans
) -> Iterator[Progress]:
    seen = ~np.isnan(X[:, 0])
    yield from scalar_kmeans_steps(
        X[seen, 0], weights[seen], estimator.n_clusters, estimator.max_iter
    )


def _block_steps(
    X: NDArray[np.floating], weights: NDArray[np.floating], estimator: KMeans
) -> Iterator[Progress]:
    yield from lloyd_steps(
        MaskedBlocks.from_nan(X, weights),
        estimator.n_clusters,
        estimator.max_iter,
        estimator.tol,
        check_random_state(estimator.random_state),
    )


def _assign(
    X: NDArray[np.floating], centers: NDArray[np.floating], weights: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest entry to each block and the squared error over observed lanes."""
    if X.shape[1] > 1:
        return nearest(MaskedBlocks.from_nan(X, weights), centers)
    values = np.nan_to_num(X[:, 0], nan=0.0)
    labels = nearest_on_line(values, centers[:, 0])
    errors = np.square(values.astype(np.float64) - centers[labels, 0])
    errors[np.isnan(X[:, 0])] = 0.0
    return labels, errors
