"""Precision, recall or F1 of each class, before and after."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wc_core.charts._figure import empty_figure, new_figure
from wc_core.charts._format import BEHIND
from wc_core.charts._layer_axis import layers_height, name_layers
from wc_core.charts._rows import columns
from wc_core.words import _

Score = Literal["precision", "recall", "f1"]


class ClassScores(Protocol):
    """The part of an evaluation report that this chart reads."""

    @property
    def class_names(self) -> Sequence[str]:
        """Names of the classes."""

    @property
    def precision(self) -> NDArray | None:
        """Share of correct ones among those taken for each class."""

    @property
    def recall(self) -> NDArray | None:
        """Share of each class that is recognised."""

    @property
    def f1(self) -> NDArray | None:
        """Harmonic mean of the two."""


def class_scores(
    before: ClassScores | None, after: ClassScores | None = None, *, score: Score = "f1"
) -> go.Figure:
    """Draw a score of each class, and how far clustering moved it.

    Parameters
    ----------
    before, after : report with `class_names`, `precision`, `recall` and `f1`
        Evaluation before and, if there is one, after clustering.
    score : {"precision", "recall", "f1"}
        Which score.

    Returns
    -------
    Figure
        A click reports the number of the class.
    """
    name, title = f"class_{score}", _title(score)
    first = None if before is None else getattr(before, score)
    if before is None or first is None or not len(first):
        return empty_figure(name, title, _("Scores of classes need data with labels."))
    names = list(before.class_names)
    last = None if after is None else getattr(after, score)
    figure = new_figure(
        name,
        title,
        subtitle=_summary(names, np.asarray(first), last),
        height=layers_height(len(names), extra=190),
    )
    figure.add_trace(_dots(names, np.asarray(first), _("Before"), "circle-open", 13))
    if last is not None:
        figure.add_trace(_dots(names, np.asarray(last), _("After"), "diamond", 9))
        figure.add_trace(_moves(np.asarray(first), np.asarray(last)))
    figure.update_xaxes(title=_("{score} (%)").format(score=title), showgrid=True, nticks=6)
    name_layers(figure, names)
    figure.update_yaxes(showgrid=True)
    return figure


def _title(score: Score) -> str:
    return {
        "precision": _("Precision per class"),
        "recall": _("Recall per class"),
        "f1": _("F1 per class"),
    }[score]


def _summary(names: list[str], first: NDArray, last: NDArray | None) -> str:
    if last is None:
        return _("Average {mean} %; lowest {low} % ({name}).").format(
            mean=f"{100 * np.nanmean(first):.1f}",
            low=f"{100 * np.nanmin(first):.1f}",
            name=names[int(np.nanargmin(first))],
        )
    change = 100 * (np.asarray(last) - first)
    return _(
        "Average {before} % before, {after} % after; largest drop {drop} points ({name})."
    ).format(
        before=f"{100 * np.nanmean(first):.1f}",
        after=f"{100 * np.nanmean(last):.1f}",
        drop=f"{max(0.0, -float(np.nanmin(change))):.1f}",
        name=names[int(np.nanargmin(change))],
    )


def _dots(names: list[str], scores: NDArray, label: str, symbol: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=100 * scores,
        y=np.arange(len(names)),
        mode="markers",
        marker={
            "symbol": symbol,
            "size": size,
            "line": {"width": 2 if symbol.endswith("open") else 0},
        },
        cliponaxis=False,
        customdata=[str(number) for number in range(len(names))],
        hovertext=names,
        hovertemplate=f"%{{hovertext}}<br>{label}: %{{x:.2f}} %<extra></extra>",
        name=label,
        meta=columns(series=_("When"), hovertext=_("Class"), x=_("Score (%)")),
    )


def _moves(first: NDArray, last: NDArray) -> go.Scatter:
    lift = np.full_like(first, np.nan, dtype=float)
    places = np.arange(len(first), dtype=float)
    return go.Scatter(
        x=100 * np.stack([first, last, lift], axis=1).ravel(),
        y=np.stack([places, places, lift], axis=1).ravel(),
        mode="lines",
        line={"width": 2, "color": "rgba(128,128,128,0.7)"},
        hoverinfo="skip",
        showlegend=False,
        zorder=BEHIND,
    )
