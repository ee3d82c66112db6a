"""The measures are those of scikit-learn, on anything a classifier may say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from wc_core.evaluation.metrics import (
    confusion_matrix,
    cross_entropy,
    macro_average,
    precision_recall_f1,
    top_k_hits,
    weighted_average,
    wilson_interval,
)

N_CLASSES = 4
pairs = st.lists(
    st.tuples(st.integers(0, N_CLASSES - 1), st.integers(-1, N_CLASSES - 1)),
    min_size=1,
    max_size=40,
)


def both(drawn):
    truth, said = np.array(drawn).T
    return truth, said


def scores_of(truth, said):
    support = np.bincount(truth, minlength=N_CLASSES)
    return precision_recall_f1(confusion_matrix(truth, said, N_CLASSES), support)


def logits_and_labels(seed, n, classes):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 5, (n, classes)), rng.integers(0, classes, n)


@settings(deadline=None)  # a busy machine is no failure
@given(pairs)
def test_confusion_is_that_of_scikit_learn(drawn):
    """Rows are truth, columns what was said; what has no class is in no cell."""
    truth, said = both(drawn)
    # scikit-learn leaves out what is in none of its labels as well.
    expected = sk.confusion_matrix(truth, said, labels=range(N_CLASSES))
    np.testing.assert_array_equal(confusion_matrix(truth, said, N_CLASSES), expected)


@settings(deadline=None)
@given(pairs)
def test_class_scores_are_those_of_scikit_learn(drawn):
    """Precision, recall, F1 and support of each class, 0 where undefined."""
    truth, said = both(drawn)
    ours = scores_of(truth, said)
    theirs = sk.precision_recall_fscore_support(
        truth, said, labels=range(N_CLASSES), zero_division=0
    )
    for mine, other in zip(
        (ours.precision, ours.recall, ours.f1, ours.support), theirs, strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=1e-12)


@settings(deadline=None)
@given(pairs.filter(lambda drawn: all(said >= 0 for _, said in drawn)))
def test_averages_are_those_of_scikit_learn(drawn):
    """Macro over the classes that occur, weighted by the images of each."""
    truth, said = both(drawn)
    f1, support = scores_of(truth, said).f1, scores_of(truth, said).support
    seen = np.isin(np.arange(N_CLASSES), np.union1d(truth, said))
    macro = sk.f1_score(truth, said, average="macro", zero_division=0)
    weighted = sk.f1_score(truth, said, average="weighted", zero_division=0)
    assert macro_average(f1, seen) == pytest.approx(macro)
    assert weighted_average(f1, support) == pytest.approx(weighted)


def test_averages_over_nothing_are_zero():
    """Neither average divides by zero."""
    assert macro_average(np.ones(2), np.array([False, False])) == 0
    assert weighted_average(np.ones(2), np.array([0, 0])) == 0


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(2, 7))
def test_cross_entropy_is_log_loss(seed, n, classes):
    """Its mean is scikit-learn's log loss of the softmax."""
    logits, labels = logits_and_labels(seed, n, classes)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = sk.log_loss(labels, shares, labels=range(classes))
    assert cross_entropy(logits, labels).mean() == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_cross_entropy_of_huge_logits_is_exact():
    """Logits far beyond exp's range cost what their difference says."""
    logits = np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32)
    np.testing.assert_allclose(cross_entropy(logits, np.array([1, 0])), [1e4, np.log(2)])


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 6))
def test_top_k_is_that_of_scikit_learn(seed, n, k):
    """The share of hits among the k largest logits."""
    logits, labels = logits_and_labels(seed, n, 7)
    expected = sk.top_k_accuracy_score(labels, logits, k=k, labels=range(7))
    assert top_k_hits(logits, labels, k).mean() == pytest.approx(expected)


def test_a_constant_model_is_right_in_k_of_n_classes():
    """Ties are broken as argmax does, so equal logits do not make every class a hit."""
    labels = np.arange(10)
    assert top_k_hits(np.zeros((10, 10)), labels, 5).sum() == 5
    logits = np.random.default_rng(0).integers(0, 3, (50, 10)).astype(float)
    labels = np.arange(50) % 10
    np.testing.assert_array_equal(top_k_hits(logits, labels, 1), logits.argmax(1) == labels)


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [
        # R 4: prop.test(hits, n, correct = FALSE)$conf.int, which is Wilson's interval.
        (15, 20, (0.5312990, 0.8881383)),
        (0, 10, (0.0, 0.2775328)),
        (10, 10, (0.7224672, 1.0)),
    ],
)
def test_wilson_interval_of_known_shares(hits, n, expected):
    """The interval is the one that statistics packages give."""
    assert wilson_interval(hits, n) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None)
@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_solves_its_equation(case):
    """It holds the share, stays inside 0..1, and its ends are z errors away from the share."""
    hits, n = case
    share, z = hits / n, 1.959963984540054
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        assert (share - end) ** 2 == pytest.approx(z * z * end * (1 - end) / n, abs=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_counts_have_no_interval(hits, n):
    """No images, or more right ones than there are, is a mistake of the caller."""
    with pytest.raises(ValueError, match="an interval needs images"):
        wilson_interval(hits, n)
