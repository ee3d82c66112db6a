"""Ternary and binary codebooks: one scale, few patterns, the least squared error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import LayerPlan, Recipe, compress, load_model
from wc_core.clustering._line import FEW
from wc_core.clustering.binary import Binary
from wc_core.clustering.ternary import Ternary


def numbers(n, width=1, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)


def best_ternary(values):
    """Try every threshold: the energy that the best scale explains."""
    sizes = np.sort(np.abs(values))[::-1]
    gains = np.square(np.cumsum(sizes)) / np.arange(1, len(sizes) + 1)
    return np.square(values).sum() - gains.max()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=40))
def test_the_ternary_threshold_is_the_best_there_is(values):
    """Against every threshold."""
    X = np.array(values, dtype=float)[:, None]
    assert Ternary().fit(X).inertia_ == pytest.approx(best_ternary(X[:, 0]), abs=1e-9)


def test_many_numbers_are_counted_and_as_good():
    """Bins lose nothing to speak of."""
    X = numbers(FEW * 2)
    assert Ternary().fit(X).inertia_ <= best_ternary(X[:, 0].astype(np.float64)) * 1.000001


def test_the_papers_threshold_is_close():
    """0.7 times the mean magnitude, for numbers of a bell curve; ours is never worse."""
    X = numbers(20_000)[:, 0]
    kept = np.abs(X) > 0.7 * np.abs(X).mean()
    scale = np.abs(X[kept]).mean()
    theirs = np.square(X - scale * np.sign(X) * kept).sum()
    ours = Ternary().fit(X[:, None]).inertia_
    assert ours <= theirs <= 1.05 * ours


def test_the_binary_scale_is_the_mean_magnitude():
    """Least squares gives just that."""
    X = numbers(5_000)
    centers = Binary().fit(X).cluster_centers_[:, 0]
    np.testing.assert_allclose(centers, np.abs(X).mean() * np.array([-1, 1]), rtol=1e-5)


@pytest.mark.parametrize(("cls", "levels"), [(Ternary, 3), (Binary, 2)])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_entries_are_a_scale_times_patterns(cls, levels, width):
    """There are at most levels^lanes, and all magnitudes but zero are equal."""
    fit = cls(4096).fit(numbers(5_000, width))
    sizes = np.abs(fit.cluster_centers_)
    assert len(fit.cluster_centers_) == levels**width
    np.testing.assert_allclose(sizes[sizes > 0], sizes.max(), rtol=1e-6)


@pytest.mark.parametrize("cls", [Ternary, Binary])
def test_few_patterns_are_the_useful_ones(cls):
    """Blocks close to two patterns get just these."""
    rng = np.random.default_rng(0)
    truth = np.array([[1, 1, -1, 1], [-1, 1, 1, -1]])[rng.integers(0, 2, 400)]
    fit = cls(2).fit(truth * 0.3 + rng.normal(scale=0.05, size=truth.shape))
    np.testing.assert_array_equal(np.sign(fit.cluster_centers_[fit.labels_]), truth)


@pytest.mark.parametrize("cls", [Ternary, Binary])
def test_a_better_scale_never_costs_more(cls):
    """The error falls from iteration to iteration, and scale is told."""
    steps = cls(6).fit_steps(numbers(2_000, 4))
    states = [record.result for record in steps if record.result is not None]
    errors = [state.inertia for state in states]
    assert errors == sorted(errors, reverse=True)
    assert all(state.detail["scale"] > 0 for state in states)


def test_scale_and_threshold_are_reported():
    """As sentences; zero has no part in a binary layer."""
    assert [note.split(" ")[0] for note in Ternary().fit(numbers(500)).report_.notes] == [
        "a",
        "numbers",
    ]
    assert len(Binary().fit(numbers(500)).report_.notes) == 1


def test_masked_lanes_choose_no_scale():
    """What is masked counts for nothing."""
    X = numbers(1_000, 2)
    X[::3, 1] = np.nan
    assert Binary().fit(X).cluster_centers_.max() == pytest.approx(np.nanmean(np.abs(X)), rel=1e-5)


@pytest.mark.parametrize("algorithm", ["ternary", "binary"])
def test_entries_of_int8_are_whole_steps(algorithm):
    """-127, 0 and 127 times a step: nothing is lost by the smallest type of a codebook."""
    model = load_model("sample:lenet_300_100")
    plan = LayerPlan(algorithm=algorithm)
    whole = compress(model, Recipe(plan=plan))
    small = compress(model, Recipe(plan=LayerPlan(algorithm=algorithm, codebook_dtype="int8")))
    for name, weight in small.weights.items():
        entries = weight.codebook.ravel()
        assert set(np.rint(entries / weight.codebook_step)) <= {-127.0, 0.0, 127.0}
        np.testing.assert_allclose(entries, whole.weights[name].codebook.ravel(), rtol=1e-6)
