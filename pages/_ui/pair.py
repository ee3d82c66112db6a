"""Two evaluations of the same images, and how they are set side by side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.evaluation import EvaluationReport


@dataclass(frozen=True, eq=False)
class Pair:
    """Two evaluations of the same images.

    Parameters
    ----------
    before, after : EvaluationReport
    """

    before: "EvaluationReport"
    after: "EvaluationReport"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.before.class_names

    @property
    def truth(self) -> "NDArray[np.int64]":
        """Labels; without them, what the model said before."""
        labels = self.before.labels
        return self.before.predictions if labels is None else labels

    def matrix(self, report: "EvaluationReport") -> "NDArray[np.int64]":
        """Return truth against what one of the models says, (n_classes, n_classes)."""
        from wc_core.evaluation import confusion_matrix

        return confusion_matrix(self.truth, report.predictions, self.before.n_classes)

    def name(self, label: int) -> str:
        """Return the name of a class; a dash where the model gave no answer."""
        return self.names[label] if label >= 0 else "–"


MODES = ("before", "after", "difference")


def mode_choice(key: str, default: str, modes: tuple[str, ...] = MODES) -> str:
    """Let a person choose between before, after and the difference."""
    names = {"before": _("Before"), "after": _("After"), "difference": _("Difference")}
    mode: str = st.segmented_control(
        _("Show"),
        modes,
        default=default,
        key=key,
        required=True,
        format_func=names.__getitem__,
    )
    return mode
