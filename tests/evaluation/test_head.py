"""What first layers make of images is computed once for many models that end differently."""

import numpy as np
import pytest

from tests.evaluation.fakes import FakeModel
from wc_core import LayerPlan, Recipe, compress, load_dataset, load_model
from wc_core.evaluation import SharedHead, evaluate, head


@pytest.fixture(scope="module")
def lenet():
    return load_model("sample:lenet5")


@pytest.fixture
def data():
    return load_dataset("sample").take(600)


def small_of(model, layer, k):
    return compress(model, Recipe(plan=LayerPlan(n_clusters=k), layers=(layer,), include=(layer,)))


@pytest.mark.parametrize("layer", ["conv2.weight", "fc1.weight", "fc3.weight"])
def test_reports_are_those_of_the_whole_model(lenet, data, layer):
    """Every number and every prediction, for each model that shares the head."""
    baseline = evaluate(lenet, data)
    shared = SharedHead.before(lenet, {layer})
    for k in (2, 16):
        small = small_of(lenet, layer, k)
        whole = evaluate(small, data, reference=baseline)
        late = evaluate(shared.followed_by(small), data, reference=baseline)
        np.testing.assert_array_equal(late.predictions, whole.predictions)
        assert (late.loss, late.accuracy, late.agreement) == (
            whole.loss,
            whole.accuracy,
            whole.agreement,
        )


def test_the_head_runs_once_for_each_batch(lenet, data):
    """However many models follow it."""
    seen = []
    shared = SharedHead.before(lenet, {"fc2.weight"})
    run = shared._run
    shared._run = lambda batch: (seen.append(len(batch)), run(batch))[1]
    for k in (2, 4, 8):
        evaluate(shared.followed_by(small_of(lenet, "fc2.weight", k)), data)
    assert sum(seen) == len(data)


def test_batches_that_may_change_are_not_remembered(lenet):
    """An array that somebody can write to may hold other images the next time."""
    shared = SharedHead.before(lenet, {"fc2.weight"})
    batch = np.zeros((2, 1, 28, 28), np.float32)
    before = shared(batch).numpy().copy()
    batch += 1
    assert not np.array_equal(before, shared(batch).numpy())


def test_memory_is_bounded(lenet, data, monkeypatch):
    """What does not fit is computed again, with the same numbers."""
    whole = evaluate(lenet, data)
    monkeypatch.setattr(head, "KEPT_BYTES", 0)
    shared = SharedHead.before(lenet, {"fc2.weight"})
    late = evaluate(shared.followed_by(lenet), data)
    assert shared._kept == {}
    np.testing.assert_array_equal(late.predictions, whole.predictions)


def test_models_that_cannot_be_cut_have_no_head():
    """They are run as a whole."""
    assert SharedHead.before(FakeModel(), {"fc.weight"}) is None
