"""What was measured, and how: immutable values that serialise to plain JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wc_core.data import PreprocessSpec
from wc_core.json_form import canonical_json, known_fields, parse_json
from wc_core.params import IntRange, check_value

NO_CLASS = -1
"""The prediction of an image for which the model gave no finite answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationConfig:
    """How a model is measured; with the model and the data it decides the numbers.

    Parameters
    ----------
    preprocess : PreprocessSpec
        How images become the numbers that the model was trained on.
    batch_size : int
        Images run at a time.
    limit : int or None
        Measure on this many images, taken evenly from the set; None takes all.

    Examples
    --------
    >>> config = EvaluationConfig(batch_size=64, limit=100)
    >>> EvaluationConfig.from_json(config.to_json()) == config
    True
    """

    preprocess: PreprocessSpec = field(default_factory=PreprocessSpec)
    batch_size: int = 256
    limit: int | None = None

    def __post_init__(self) -> None:
        check_value("evaluation", "batch_size", self.batch_size, IntRange(1, 65536))
        if self.limit is not None:
            check_value("evaluation", "limit", self.limit, IntRange(1, 10**9))

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {
            "preprocess": self.preprocess.to_dict(),
            "batch_size": self.batch_size,
            "limit": self.limit,
        }

    def to_json(self) -> str:
        """Return the canonical JSON text: sorted keys, no white space."""
        return canonical_json(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a config from `to_dict`.

        Raises
        ------
        ConfigError
            If a key is unknown or a value is impossible.
        """
        values = known_fields("evaluation", data, cls)
        if "preprocess" in values:
            values["preprocess"] = PreprocessSpec.from_dict(values["preprocess"])
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a config from its JSON text.

        Raises
        ------
        ConfigError
            If the text is not JSON, or as `from_dict`.
        """
        return cls.from_dict(parse_json("evaluation", text))


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluationReport:
    """What a model does with a data set.

    Everything that compares with labels is None when the data have none.

    Parameters
    ----------
    n_samples, n_classes : int
        Images measured; classes of the model.
    class_names : tuple of str
        One for each class of the model.
    predictions : ndarray of shape (n_samples,)
        The class of the largest logit; -1 (`NO_CLASS`) where a logit is not finite, which
        counts as wrong and as disagreement.
    labels : ndarray of shape (n_samples,) or None
    accuracy : float or None
        Share of images whose class is predicted, from 0 to 1.
    top5_accuracy : float or None
        Share of images whose class is among the five largest logits; None when the model
        has five classes or fewer, as it would say nothing.
    loss : float or None
        Mean cross-entropy in nats over the images with finite logits; None without any.
    interval : tuple of float or None
        95 % Wilson score interval of the accuracy (E. B. Wilson, "Probable inference, the
        law of succession, and statistical inference", JASA 22, 1927): where the accuracy on
        new images of the same kind may be expected.
    confusion : ndarray of shape (n_classes, n_classes) or None
        Counts; rows are true classes. Images without a prediction are in no cell.
    precision, recall, f1 : ndarray of shape (n_classes,) or None
        0 where undefined.
    support : ndarray of shape (n_classes,) or None
        Images of each class.
    macro_precision, macro_recall, macro_f1 : float or None
        Mean over the classes that occur among labels or predictions.
    weighted_precision, weighted_recall, weighted_f1 : float or None
        Mean in which a class counts by its support.
    agreement : float or None
        Share of images with the prediction of the reference; None without a reference.
    config : EvaluationConfig
        How it was measured.
    dataset_digest : str
        Digest of the images measured: with `config.limit`, of that part of the set.
    seconds : float
        Wall time.
    warning : str
        What a person should know before believing the numbers, or empty.
    """

    n_samples: int
    n_classes: int
    class_names: tuple[str, ...]
    predictions: NDArray[np.int64]
    labels: NDArray[np.int64] | None = None
    accuracy: float | None = None
    top5_accuracy: float | None = None
    loss: float | None = None
    interval: tuple[float, float] | None = None
    confusion: NDArray[np.int64] | None = None
    precision: NDArray[np.float64] | None = None
    recall: NDArray[np.float64] | None = None
    f1: NDArray[np.float64] | None = None
    support: NDArray[np.int64] | None = None
    macro_precision: float | None = None
    macro_recall: float | None = None
    macro_f1: float | None = None
    weighted_precision: float | None = None
    weighted_recall: float | None = None
    weighted_f1: float | None = None
    agreement: float | None = None
    config: EvaluationConfig
    dataset_digest: str
    seconds: float
    warning: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types: all but the single images' predictions and labels."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        del values["predictions"], values["labels"]
        return values


def _plain(value: Any) -> Any:
    """Return a field of a report as JSON types."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, EvaluationConfig):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value
