"""What a model says is counted right, batch by batch, whatever it says."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.fakes import FakeModel, FakeRunner, numbered
from wc_core import EvaluationConfig, evaluate, evaluate_steps
from wc_core.data import PRESETS
from wc_core.errors import DataError, NotRunnableError
from wc_core.evaluation import NO_CLASS

RAW = PRESETS["raw"]


def config(**changes):
    return EvaluationConfig(preprocess=RAW, **changes)


def test_a_perfect_model_is_right_everywhere():
    """Every score is 1, the confusion matrix is diagonal, and there is nothing to warn of."""
    report = evaluate(FakeModel(), numbered(12))
    assert (report.accuracy, report.n_samples, report.n_classes) == (1, 12, 3)
    np.testing.assert_array_equal(report.confusion, 4 * np.eye(3))
    assert {report.macro_f1, report.weighted_f1, *report.precision, *report.recall} == {1}
    assert report.class_names == ("red", "green", "blue")
    assert report.warning == ""


def test_mistakes_are_counted_where_they_were_made():
    """Images 0 and 4 are taken for the next class."""
    report = evaluate(FakeModel(wrong=[0, 4]), numbered(12))
    assert report.accuracy == pytest.approx(10 / 12)
    np.testing.assert_array_equal(report.confusion, [[3, 1, 0], [0, 3, 1], [0, 0, 4]])
    np.testing.assert_allclose(report.recall, [0.75, 0.75, 1])
    np.testing.assert_allclose(report.precision, [1, 0.75, 0.8])
    np.testing.assert_array_equal(report.support, [4, 4, 4])
    low, high = report.interval
    assert low < report.accuracy < high


def test_loss_is_in_nats():
    """One-hot logits cost log(e + 2) - 1 where right and log(e + 2) where wrong."""
    report = evaluate(FakeModel(wrong=[0]), numbered(4))
    assert report.loss == pytest.approx(np.log(np.e + 2) - 3 / 4)


@pytest.mark.parametrize("batch_size", [1, 5, 12, 100])
def test_batches_change_nothing(batch_size):
    """However the images are cut, numbers and order stay."""
    model = FakeModel(wrong=[1, 7])
    whole = evaluate(model, numbered(12), config())
    cut = evaluate(model, numbered(12), config(batch_size=batch_size))
    assert max(model.last.batch_sizes) == min(batch_size, 12)
    np.testing.assert_array_equal(cut.predictions, whole.predictions)
    assert (cut.accuracy, cut.confusion.tolist()) == (whole.accuracy, whole.confusion.tolist())
    assert cut.loss == pytest.approx(whole.loss)


def test_top_five_needs_more_than_five_classes():
    """With five classes every model has its class among the five best."""
    assert evaluate(FakeModel(n_classes=5), numbered(10, 5)).top5_accuracy is None
    report = evaluate(FakeModel(n_classes=8, wrong=[6, 7]), numbered(8, 8))
    # All other logits are equal: 0, 1, 2 and 3 rank next, then the two mistaken classes fail.
    assert report.top5_accuracy == pytest.approx(6 / 8)


def test_without_labels_only_predictions_remain():
    """Nothing is compared with labels, but a reference still is."""
    data = numbered(12, labelled=False)
    before = evaluate(FakeModel(), data)
    after = evaluate(FakeModel(wrong=[2, 3, 5]), data, reference=before)
    assert after.agreement == pytest.approx(9 / 12)
    assert before.agreement is None
    compared = ("accuracy", "loss", "interval", "confusion", "f1", "macro_f1", "support", "labels")
    assert [getattr(after, name) for name in compared] == [None] * len(compared)
    assert after.class_names == ("0", "1", "2")


def test_agreement_counts_the_same_mistake_as_agreement():
    """It compares with what the reference said, not with the truth."""
    data = numbered(10)
    before = evaluate(FakeModel(wrong=[0, 1]), data)
    after = evaluate(FakeModel(wrong=[1, 2]), data, reference=before)
    assert after.agreement == pytest.approx(8 / 10)


def test_broken_answers_are_wrong_not_fatal():
    """NaN logits are no prediction, no hit and no agreement, and the report says so."""
    data = numbered(12)
    before = evaluate(FakeModel(broken=[3]), data, config(batch_size=5))
    assert before.predictions[3] == NO_CLASS
    assert before.accuracy == pytest.approx(11 / 12)
    assert before.confusion.sum() == 11
    assert before.recall[0] == pytest.approx(3 / 4)
    assert np.isfinite(before.loss)
    assert "1 image" in before.warning
    after = evaluate(FakeModel(broken=[3]), data, reference=before)
    assert after.agreement == pytest.approx(11 / 12)


def test_a_model_of_nan_only_is_still_reported():
    """There is no loss, no hit, and the whole is JSON without NaN."""
    report = evaluate(FakeModel(n_classes=7, broken=range(12)), numbered(12))
    assert (report.accuracy, report.top5_accuracy, report.loss) == (0, 0, None)
    assert (report.macro_f1, report.weighted_f1) == (0, 0)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["accuracy"] == 0


def test_a_baseline_near_chance_is_flagged_and_a_clustered_model_is_not():
    """A third of three classes is guessing; for the clustered model that is its result."""
    data = numbered(12)
    before = evaluate(FakeModel(wrong=range(8)), data)
    assert before.accuracy == pytest.approx(1 / 3)
    assert "close to guessing among 3 classes" in before.warning
    assert "33.3%" in before.warning
    assert "Try another preset" in before.warning
    assert evaluate(FakeModel(wrong=range(8)), data, reference=before).warning == ""


def test_a_limit_takes_a_part_and_says_so():
    """Images come from `take`, and the report is of that part."""
    data = numbered(12)
    model = FakeModel()
    report = evaluate(model, data, config(limit=7))
    assert (report.n_samples, model.last.seen) == (7, 7)
    assert report.dataset_digest == data.take(7).digest
    np.testing.assert_array_equal(report.labels, data.take(7).labels)


def test_without_a_config_the_reference_decides():
    """Before and after are measured alike unless somebody says otherwise."""
    data = numbered(12)
    before = evaluate(FakeModel(), data, config(limit=5, batch_size=2))
    after = evaluate(FakeModel(), data, reference=before)
    assert after.config == before.config
    assert after.n_samples == 5


@pytest.mark.parametrize(
    ("data", "limit", "sentence"),
    [
        (numbered(9), None, "measured on 12 images and this is on 9"),
        (numbered(12), 6, "measured on 12 images and this is on 6"),
        (numbered(12, digest="b" * 64), None, "measured on other images"),
    ],
)
def test_references_of_other_images_are_refused(data, limit, sentence):
    """Agreement on different images would be a number without a meaning."""
    before = evaluate(FakeModel(), numbered(12), config())
    with pytest.raises(DataError, match=sentence):
        evaluate(FakeModel(), data, config(limit=limit), reference=before)


def test_references_of_other_classes_are_refused():
    """Class 2 of another model is not class 2 of this one."""
    before = evaluate(FakeModel(n_classes=4), numbered(12), config())
    with pytest.raises(DataError, match="has 4 classes and this model has 3"):
        evaluate(FakeModel(), numbered(12), config(), reference=before)


def test_data_that_do_not_fit_are_refused_before_anything_runs():
    """Labels out of range and wrong sizes stop before the first batch."""
    model = FakeModel(n_classes=2)
    with pytest.raises(DataError, match="label 2"):
        evaluate(model, numbered(12), config())
    assert model.last.seen == 0
    wide = FakeModel(input_shape=(1, 5, 5))
    with pytest.raises(DataError, match="5×5"):
        evaluate(wide, numbered(12), config())


def test_a_model_that_is_no_classifier_is_refused(monkeypatch):
    """An output of another shape is named, not broadcast."""
    monkeypatch.setattr(FakeRunner, "__call__", lambda self, images: images)
    with pytest.raises(NotRunnableError, match=r"shape \(12, 1, 2, 2\)"):
        evaluate(FakeModel(), numbered(12))


def test_progress_counts_images_and_ends_with_the_report():
    """One record before the first batch and one after each; only the last has a result."""
    records = list(evaluate_steps(FakeModel(), numbered(12), config(batch_size=5)))
    assert [r.done for r in records] == [0, 5, 10, 12]
    assert {r.total for r in records} == {12}
    assert [r.result is None for r in records] == [True, True, True, False]
    assert records[-1].result.accuracy == 1


def test_taking_no_further_record_stops_the_work():
    """Whoever cancels pays for no further batch."""
    model = FakeModel()
    steps = evaluate_steps(model, numbered(12), config(batch_size=2))
    for _ in range(3):
        next(steps)
    steps.close()
    assert model.last.seen == 4


def test_the_report_is_json_without_the_single_images():
    """What is stored says everything but predictions and labels."""
    data = numbered(12)
    before = evaluate(FakeModel(), data)
    plain = evaluate(FakeModel(wrong=[0]), data, reference=before).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["confusion"] == [[3, 1, 0], [0, 4, 0], [0, 0, 4]]
    assert plain["class_names"] == ["red", "green", "blue"]
    assert plain["config"] == before.config.to_dict()
    assert not plain.keys() & {"predictions", "labels"}


def test_more_named_classes_than_the_model_has_are_cut_off():
    """Names are one for each class of the model."""
    data = replace(numbered(12), class_names=("red", "green", "blue", "mauve"))
    assert evaluate(FakeModel(), data).class_names == ("red", "green", "blue")
