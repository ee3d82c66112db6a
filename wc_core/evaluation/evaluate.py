"""Runs a model over a data set, batch by batch, and measures what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wc_core.data import Dataset, check_fits
from wc_core.errors import DataError, NotRunnableError
from wc_core.evaluation.default import default_config
from wc_core.evaluation.metrics import (
    confusion_matrix,
    cross_entropy,
    macro_average,
    precision_recall_f1,
    top_k_hits,
    weighted_average,
    wilson_interval,
)
from wc_core.evaluation.report import NO_CLASS, EvaluationConfig, EvaluationReport
from wc_core.models import Runner
from wc_core.progress import Progress, last_result
from wc_core.words import _, ngettext

TOP = 5

NEAR_CHANCE = 0.05
"""A baseline this small a part of the way from guessing to perfect is flagged."""


class Runnable(Protocol):
    """A model, compressed or not."""

    def runner(self) -> Runner:
        """Return the model ready to run."""


@dataclass(slots=True)
class _Tally:
    """What is kept of each batch: logits of a large set would not fit in memory."""

    predictions: list[NDArray[np.int64]] = field(default_factory=list)
    losses: list[NDArray[np.float64]] = field(default_factory=list)
    top_hits: int = 0
    done: int = 0

    def add(self, logits: NDArray[np.floating], labels: NDArray[np.int64] | None) -> None:
        """Take one batch in."""
        usable = np.isfinite(logits).all(axis=1)
        said = np.where(usable, logits.argmax(axis=1), NO_CLASS).astype(np.int64)
        self.predictions.append(said)
        if labels is not None and usable.any():
            truth = labels[self.done : self.done + len(logits)][usable]
            self.losses.append(cross_entropy(logits[usable], truth))
            self.top_hits += int(top_k_hits(logits[usable], truth, TOP).sum())
        self.done += len(logits)


def evaluate(
    model: Runnable,
    dataset: Dataset,
    config: EvaluationConfig | None = None,
    *,
    reference: EvaluationReport | None = None,
) -> EvaluationReport:
    """Measure a model on a data set.

    Parameters
    ----------
    model : Model or CompressedModel
    dataset : Dataset
        Without labels only predictions and the agreement are measured.
    config : EvaluationConfig, optional
        By default the reference's, else `default_config`.
    reference : EvaluationReport, optional
        Of the original model, on the same images: what to compare predictions with.

    Raises
    ------
    DataError
        If images or labels do not fit the model, or the reference is of other images.
    NotRunnableError
        If it is not known how to run the model, or it does not return logits.
    """
    report: EvaluationReport = last_result(
        evaluate_steps(model, dataset, config, reference=reference)
    )
    return report


def evaluate_steps(
    model: Runnable,
    dataset: Dataset,
    config: EvaluationConfig | None = None,
    *,
    reference: EvaluationReport | None = None,
) -> Iterator[Progress]:
    """Measure a model, with a record after each batch; the last one's result is the report.

    Parameters and errors are those of `evaluate`.
    """
    start = perf_counter()
    runner = model.runner()
    if config is None:
        config = reference.config if reference else _default(model, runner, dataset)
    images = dataset if config.limit is None else dataset.take(config.limit)
    check_fits(images, config.preprocess, runner.input_shape, runner.n_classes)
    _check_reference(reference, images, runner.n_classes)
    total = len(images)
    tally = _Tally()
    message = ngettext("running {n} image", "running {n} images", total).format(n=total)
    yield Progress(0, total, message)
    for batch in images.batches(config.preprocess, runner.input_shape, config.batch_size):
        tally.add(_logits(runner, batch), images.labels)
        if tally.done < total:
            yield Progress(tally.done, total, message)
    report = EvaluationReport(
        n_samples=total,
        n_classes=runner.n_classes,
        class_names=_class_names(dataset, runner.n_classes),
        config=config,
        dataset_digest=images.digest,
        **_measures(tally, images.labels, runner.n_classes, reference),
        seconds=perf_counter() - start,
    )
    yield Progress(total, total, message, report)


def _default(model: Runnable, runner: Runner, dataset: Dataset) -> EvaluationConfig:
    # Only the description of an architecture knows what it is usually trained on.
    original = getattr(model, "original", model)
    return default_config(getattr(original, "forward", None) or runner, dataset)


def _check_reference(reference: EvaluationReport | None, images: Dataset, n_classes: int) -> None:
    if reference is None:
        return
    if reference.n_samples != len(images):
        msg = _(
            "the reference was measured on {there} images and this is on {here}; use the same "
            "data and limit for both"
        )
        raise DataError(msg.format(there=reference.n_samples, here=len(images)))
    if reference.dataset_digest != images.digest:
        msg = _("the reference was measured on other images; measure the original on {name} first")
        raise DataError(msg.format(name=images.name))
    if reference.n_classes != n_classes:
        msg = _("the reference has {there} classes and this model has {here}")
        raise DataError(msg.format(there=reference.n_classes, here=n_classes))


def _logits(runner: Runner, batch: NDArray[np.float32]) -> NDArray[np.floating]:
    logits = np.asarray(runner(batch))
    if logits.shape != (len(batch), runner.n_classes):
        msg = _(
            "the model returns an array of shape {shape} for {n} images; a classifier of "
            "{classes} classes returns {n} rows of {classes} numbers"
        )
        raise NotRunnableError(
            msg.format(shape=logits.shape, n=len(batch), classes=runner.n_classes)
        )
    return logits


def _class_names(dataset: Dataset, n_classes: int) -> tuple[str, ...]:
    named = dataset.class_names[:n_classes]
    return (*named, *(str(i) for i in range(len(named), n_classes)))


def _measures(
    tally: _Tally,
    labels: NDArray[np.int64] | None,
    n_classes: int,
    reference: EvaluationReport | None,
) -> dict[str, Any]:
    said = np.concatenate(tally.predictions) if tally.predictions else np.zeros(0, np.int64)
    measures: dict[str, Any] = {"predictions": said, "labels": labels}
    if reference is not None and len(said):
        same = (said == reference.predictions) & (said != NO_CLASS)
        measures["agreement"] = float(same.mean())
    if labels is not None and len(said):
        measures |= _against_labels(tally, said, labels, n_classes)
    measures["warning"] = _warning(measures, n_classes, is_baseline=reference is None)
    return measures


def _against_labels(
    tally: _Tally, said: NDArray[np.int64], labels: NDArray[np.int64], n_classes: int
) -> dict[str, Any]:
    confusion = confusion_matrix(labels, said, n_classes)
    hits = int(confusion.trace())
    scores = precision_recall_f1(confusion, np.bincount(labels, minlength=n_classes))
    values = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
    seen = (scores.support > 0) | (confusion.sum(axis=0) > 0)
    loss = np.concatenate(tally.losses).mean() if tally.losses else np.nan
    return {
        "accuracy": hits / len(said),
        "interval": wilson_interval(hits, len(said)),
        "top5_accuracy": tally.top_hits / len(said) if n_classes > TOP else None,
        "loss": float(loss) if np.isfinite(loss) else None,
        "confusion": confusion,
        "support": scores.support,
        **values,
        **{f"macro_{name}": macro_average(v, seen) for name, v in values.items()},
        **{f"weighted_{name}": weighted_average(v, scores.support) for name, v in values.items()},
    }


def _warning(measures: dict[str, Any], n_classes: int, *, is_baseline: bool) -> str:
    sentences = []
    said: NDArray[np.int64] = measures["predictions"]
    bad = int((said == NO_CLASS).sum())
    if bad:
        text = ngettext(
            "The model returned NaN or infinity for {n} image, which counts as wrong: check the "
            "preprocessing and the weights.",
            "The model returned NaN or infinity for {n} images, which count as wrong: check the "
            "preprocessing and the weights.",
            bad,
        )
        sentences.append(text.format(n=bad))
    accuracy = measures.get("accuracy")
    # A clustered model near chance is a result; only the original near chance is a mistake.
    if is_baseline and accuracy is not None and _is_near_chance(accuracy, n_classes):
        text = _(
            "The accuracy of {accuracy:.1%} is close to guessing among {n} classes: the "
            "preprocessing or the order of the labels is probably not what the model was "
            "trained with. Try another preset, colour order or size, and compare the class names "
            "with the model's."
        )
        sentences.append(text.format(accuracy=accuracy, n=n_classes))
    return " ".join(sentences)


def _is_near_chance(accuracy: float, n_classes: int) -> bool:
    chance = 1 / n_classes
    return n_classes > 1 and accuracy < chance + NEAR_CHANCE * (1 - chance)
