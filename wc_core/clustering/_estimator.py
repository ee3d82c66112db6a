"""The shared machine of all clusterers: checks, masks, micro-clusters, entries, polish."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from wc_core.blas import LoneBlas
from wc_core.clustering._blocks import MaskedBlocks, few_distinct
from wc_core.clustering._fit import Outcome, clamping, index_dtype
from wc_core.clustering._found import Found
from wc_core.clustering._line_labels import nearest_on_line
from wc_core.clustering._lloyd import nearest, squared_errors
from wc_core.clustering._room import with_room_for_squares
from wc_core.clustering._seeding import gather_steps
from wc_core.errors import ConfigError
from wc_core.params import Domain, IntRange, check_params
from wc_core.progress import Progress, phase
from wc_core.words import _, mark

N_CLUSTERS = IntRange(1, 65536, label=mark("Clusters (k)"))
MAX_POINTS = IntRange(
    10,
    10_000,  # distances between all pairs then take 800 MB
    label=mark("Most points"),
    help=mark(
        "The time grows with the square of this number or worse: blocks beyond it are first "
        "gathered into this many weighted micro-clusters."
    ),
)
POLISH = IntRange(
    0,
    1000,
    label=mark("Polish steps"),
    help=mark(
        "Lloyd steps afterwards: entries move to the means of the blocks nearest to them. "
        "With 0 the result is the algorithm's own."
    ),
)
_FLOATS = (np.float64, np.float32)


class BlockClusterer(ClusterMixin, TransformerMixin, BaseEstimator, ABC):
    """What every clusterer is: scikit-learn's contract around one method, `_iterate`.

    A subclass declares its parameters in `param_space`, says in `title`, `about` and
    `formula` what it is, and clusters in `_iterate`. Everything else happens here: NaN
    becomes a masked lane; layers with no more distinct blocks than `n_clusters` get each
    as an entry; with a parameter `max_points`, `_iterate` sees micro-clusters; labels
    become entries, the means of their blocks; `polish` runs Lloyd's iteration afterwards.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_entries, n_features)
        Codebook entries; sorted when there is one feature.
    indices_ : ndarray of shape (n_samples,)
        Entry of each block, in the smallest unsigned type that holds them all.
    labels_ : ndarray of int32, shape (n_samples,)
        The same, as scikit-learn wants it; made anew whenever it is asked for.
    inertia_ : float
        Sum over blocks and observed lanes of weight times squared error.
    n_iter_ : int
        Iterations run.
    noise_ : ndarray of bool, shape (n_samples,), or None
        Blocks that are to be stored exactly; they cost no inertia.
    report_ : FitReport
        What the algorithm says of its fit.
    """

    param_space: ClassVar[Mapping[str, Domain]]
    title: ClassVar[str]
    """Name for people."""
    about: ClassVar[str]
    """What it does, in two or three plain sentences."""
    formula: ClassVar[str]
    """What it computes, in LaTeX."""
    labels_are_nearest: ClassVar[bool] = False
    """Whether every block's label is its nearest entry, even without polish."""
    uses_blas: ClassVar[bool] = True
    """Whether steps call matrix routines, which are then held to one thread."""
    takes_lane_weights: ClassVar[bool] = False
    """Whether it heeds a weight for every lane; others take the mean of a block's lanes."""
    introductory: ClassVar[bool] = False
    """Whether a first comparison takes it: one of each idea, none of them slow."""

    n_clusters: int
    random_state: int | np.random.RandomState | None

    @abstractmethod
    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        """Cluster blocks, more than `n_clusters` of which are distinct.

        Yields a record an iteration, whose result is an `Iteration` (or None in
        preparations), and returns the outcome. All weights are positive. BLAS has one thread
        if `uses_blas`.
        """

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
        sample_weight : ndarray of shape (n_samples,) or (n_samples, n_features), optional
            How much the squared error of each block counts, or that of each of its lanes: where
            `takes_lane_weights` is False, the mean of those that are not masked.

        Returns
        -------
        self

        Raises
        ------
        ConfigError
            If a parameter is outside its domain or the blocks cannot be clustered with it.
        """
        for _record in self.fit_steps(X, sample_weight):
            pass
        return self

    def fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None = None
    ) -> Iterator[Progress]:
        """Fit as `fit` does, yielding a record an iteration with an `Iteration` as result."""
        check_params(self)
        yield from self._fit_steps(self._checked(X), sample_weight)
        yield Progress(1, 1)

    def _checked(self, X: NDArray[np.floating]) -> NDArray[np.floating]:
        """Check blocks as scikit-learn does, but for those that are blocks already.

        Its checks take longer than it takes to cluster a small layer. Infinite numbers are found
        by who looks for the largest.
        """
        is_plain = type(X) is np.ndarray and X.dtype in _FLOATS and X.ndim == 2 and X.size > 0
        if not is_plain or hasattr(self, "feature_names_in_"):
            checked: NDArray[np.floating] = validate_data(
                self, X, dtype=_FLOATS, ensure_all_finite="allow-nan"
            )
            return checked
        self.n_features_in_ = X.shape[1]
        return X

    def _fit_steps(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None
    ) -> Iterator[Progress]:
        """Set all that is learned from blocks that are checked."""
        blocks = self._weighed(with_room_for_squares(X)[0], sample_weight)
        counts = blocks.weights > 0
        rows = None if counts.all() else np.flatnonzero(counts)
        used = blocks if rows is None else blocks.take(rows)
        found = Found(used)
        steps = self._learn(used, found)
        yield from phase(LoneBlas().around(steps) if self.uses_blas else steps, 0, 0.95)
        self._keep(found, blocks, rows, X.dtype)

    def _weighed(
        self, X: NDArray[np.floating], sample_weight: NDArray[np.floating] | None
    ) -> MaskedBlocks:
        """Return blocks with the weights asked for."""
        if sample_weight is None or np.shape(np.asarray(sample_weight)) != X.shape:
            weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
            return MaskedBlocks.from_nan(X, weights)
        lanes: NDArray[np.floating] = check_array(
            sample_weight, dtype=_FLOATS, ensure_non_negative=True
        )
        if self.takes_lane_weights:
            return MaskedBlocks.by_lane(X, lanes)
        seen = ~np.isnan(X)
        weights = (lanes * seen).sum(axis=1) / np.maximum(1, seen.sum(axis=1))
        return MaskedBlocks.from_nan(X, weights)

    @property
    def labels_(self) -> NDArray[np.int32]:
        """Entry of each block."""
        return self.indices_.astype(np.int32)

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the index of the nearest entry to each block, shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=_FLOATS, reset=False, ensure_all_finite="allow-nan")
        blocks = MaskedBlocks.from_nan(with_room_for_squares(X)[0], np.ones(len(X)))
        return _assign(blocks, self.cluster_centers_)[0]

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

    def _learn(self, blocks: MaskedBlocks, found: Found) -> Generator[Progress, None, None]:
        """Find entries and labels of the blocks that weigh something."""
        distinct = few_distinct(blocks.filled(), self.n_clusters)
        if distinct is not None:
            found.take(Outcome(centers=distinct, notes=clamping(len(distinct), self.n_clusters)))
            return
        random_state = check_random_state(self.random_state)
        points, owner = blocks, None
        max_points = getattr(self, "max_points", None)
        if max_points is not None:
            self._check_max_points(max_points)
            gathering = gather_steps(blocks, max_points, random_state)
            points, owner = yield from phase(gathering, 0, 0.3)
        if len(points) <= self.n_clusters:
            outcome = Outcome(labels=np.arange(len(points)))
        else:
            steps = self._iterate(points, self.n_clusters, random_state)
            outcome = yield from phase(found.watch(steps), 0.3 if max_points else 0, 0.9)
        found.take(outcome, points, owner)
        polish = getattr(self, "polish", 0)
        if polish:
            yield from phase(found.polish_steps(polish), 0.9, 1)

    def _check_max_points(self, max_points: int) -> None:
        if self.n_clusters >= max_points:
            msg = _(
                "{algorithm} works on at most {max_points} micro-clusters, which cannot give "
                "{n_clusters} entries: raise max_points or ask for fewer clusters"
            )
            raise ConfigError(
                msg.format(
                    algorithm=_(self.title), max_points=max_points, n_clusters=self.n_clusters
                )
            )

    def _keep(
        self, found: Found, blocks: MaskedBlocks, rows: NDArray[np.intp] | None, dtype: np.dtype
    ) -> None:
        """Set what was learned of some rows, or all; other blocks go to their nearest entry."""
        centers, labels = _sorted(found.centers, found.labels)
        self.cluster_centers_: NDArray[np.floating] = centers.astype(dtype)
        labels = _everywhere(labels, blocks, rows, self.cluster_centers_)
        self.indices_ = labels.astype(index_dtype(len(centers)), copy=False)
        self.noise_: NDArray[np.bool_] | None = None
        if found.noise is not None:
            self.noise_ = np.zeros(len(blocks), dtype=bool)
            self.noise_[found.noise if rows is None else rows[found.noise]] = True
        self.inertia_ = self._inertia(blocks) if found.inertia is None else found.inertia
        self.n_iter_ = max(1, found.n_iter)
        self.report_ = found.report(len(blocks))

    def _inertia(self, blocks: MaskedBlocks) -> float:
        errors = squared_errors(blocks, self.indices_, self.cluster_centers_)
        if self.noise_ is not None:
            errors[self.noise_] = 0
        return float(blocks.weights @ errors)


def _everywhere(
    labels: NDArray[np.integer] | None,
    blocks: MaskedBlocks,
    rows: NDArray[np.intp] | None,
    centers: NDArray[np.floating],
) -> NDArray[np.integer]:
    """Return the labels of all blocks where those of some rows (None: all) are known, or none."""
    if labels is not None and rows is None:
        return labels
    nearest_entries, _errors = _assign(blocks, centers)
    if labels is not None:
        nearest_entries[rows] = labels
    return nearest_entries


def _assign(
    blocks: MaskedBlocks, centers: NDArray[np.floating]
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Return the nearest entry to each block and its squared error over observed lanes."""
    if blocks.values.shape[1] > 1:
        return nearest(blocks, centers)
    labels = nearest_on_line(blocks.values[:, 0], centers[:, 0])
    return labels, squared_errors(blocks, labels, centers)


def _sorted(
    centers: NDArray[np.floating], labels: NDArray[np.integer] | None
) -> tuple[NDArray[np.floating], NDArray[np.integer] | None]:
    """Sort entries of one feature, so that the nearest is found by halving."""
    if centers.shape[1] > 1:
        return centers, labels
    order = np.argsort(centers[:, 0], kind="stable")
    if labels is None or (order[1:] > order[:-1]).all():
        return centers[order], labels
    rank = np.empty(len(order), dtype=index_dtype(len(order)))
    rank[order] = np.arange(len(order))
    return centers[order], rank[labels]
