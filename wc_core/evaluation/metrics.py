"""Measures of classification, as plain functions of arrays."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Scores of each class.

    Parameters
    ----------
    precision, recall, f1 : ndarray of shape (n_classes,)
        0 where a score is undefined (nothing predicted, or nothing there).
    support : ndarray of shape (n_classes,)
        Images of each class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]


def confusion_matrix(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], n_classes: int
) -> NDArray[np.int64]:
    """Count images by class and by what the model said.

    Parameters
    ----------
    truth, predicted : ndarray of shape (n,)
        Classes from 0; an image without a class in either (such as -1) is in no cell.
    n_classes : int

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Rows are true classes, columns are predicted ones.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    known = (truth >= 0) & (truth < n_classes) & (predicted >= 0) & (predicted < n_classes)
    cells = truth[known].astype(np.int64) * n_classes + predicted[known]
    counts = np.bincount(cells, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64, copy=False)


def wilson_interval(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share.

    Unlike the usual share +- z * error it stays inside 0..1 and is right for shares near
    0 and 1 and for few images.

    Parameters
    ----------
    hits, n : int
        `hits` of `n` images are correct.
    z : float
        Two-sided point of the standard normal distribution; the default gives 95 %.

    Raises
    ------
    ValueError
        If there is no image, or `hits` is not from 0 to `n`.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927; recommended by L. D. Brown,
    T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion",
    Statistical Science 16(2), 2001.

    Examples
    --------
    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.5958, 0.9821)
    """
    if not 0 <= hits <= n or n == 0:
        msg = f"an interval needs images and 0 to all of them correct, got {hits} of {n}"
        raise ValueError(msg)
    share, z2 = hits / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At 0 and n an end is exact in theory and off by a rounding error in practice.
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    high = 1.0 if hits == n else min(1.0, middle + reach)
    return low, high


def precision_recall_f1(
    confusion: NDArray[np.integer], support: NDArray[np.integer] | None = None
) -> ClassScores:
    """Return the scores of each class.

    Parameters
    ----------
    confusion : ndarray of shape (n_classes, n_classes)
        Rows are true classes.
    support : ndarray of shape (n_classes,), optional
        Images of each class, where some are in no cell; by default the sums of the rows.

    Examples
    --------
    >>> precision_recall_f1(np.array([[1, 1], [0, 2]])).recall
    array([0.5, 1. ])
    """
    rows = confusion.sum(axis=1) if support is None else support
    columns = confusion.sum(axis=0)
    hits = confusion.diagonal()
    return ClassScores(
        precision=_share(hits, columns),
        recall=_share(hits, rows),
        f1=_share(2 * hits, rows + columns),
        support=np.asarray(rows, dtype=np.int64),
    )


def macro_average(values: NDArray[np.floating], seen: NDArray[np.bool_]) -> float:
    """Return the mean over the classes in `seen`: classes of which nothing is known stay out.

    Returns 0 when no class was seen.
    """
    return float(values[seen].mean()) if seen.any() else 0.0


def weighted_average(values: NDArray[np.floating], support: NDArray[np.integer]) -> float:
    """Return the mean of class scores in which every image counts alike; 0 without images."""
    total = support.sum()
    return float(values @ support / total) if total else 0.0


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the cross-entropy of each image, in nats.

    Logits of any size neither overflow nor lose the small ones: the largest of each row is
    taken off first.

    Parameters
    ----------
    logits : ndarray of shape (n, n_classes)
        Finite.
    labels : ndarray of shape (n,)

    Examples
    --------
    >>> cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 0])).round(4)
    array([0.6931, 0.    ])
    """
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    log_sums: NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=1))
    losses: NDArray[np.float64] = log_sums - shifted[np.arange(len(labels)), labels]
    return losses


def top_k_hits(
    logits: NDArray[np.floating], labels: NDArray[np.integer], k: int
) -> NDArray[np.bool_]:
    """Tell for each image whether its class is among the k largest logits.

    Equal logits rank by class, lowest first, as `argmax` does, so a model that gives every
    class the same logit is not right about every image.

    Parameters
    ----------
    logits : ndarray of shape (n, n_classes)
    labels : ndarray of shape (n,)
    k : int

    Examples
    --------
    >>> top_k_hits(np.array([[3.0, 2.0, 1.0], [0.0, 0.0, 0.0]]), np.array([1, 2]), 2)
    array([ True, False])
    """
    own = logits[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(logits.shape[1]) < labels[:, None]
    ahead = (logits > own) | ((logits == own) & earlier)
    hits: NDArray[np.bool_] = ahead.sum(axis=1) < k
    return hits


def _share(part: NDArray[np.integer], whole: NDArray[np.integer]) -> NDArray[np.float64]:
    shares = np.zeros(len(part), dtype=np.float64)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
