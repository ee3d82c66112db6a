"""Which classes are taken for which, before, after and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, escape, new_figure
from wc_core.charts._format import short_name
from wc_core.charts._pool import pool
from wc_core.charts._rows import columns
from wc_core.charts._scale import add_overlay, diverging, sequential
from wc_core.words import _

Mode = Literal["before", "after", "difference"]
MAX_WRITTEN = 20  # classes; more numbers than 20 x 20 cannot be read
MAX_CLICKABLE = 100


def confusion_matrix(
    confusion: ArrayLike | None,
    class_names: Sequence[str],
    mode: Mode = "before",
    *,
    other: ArrayLike | None = None,
    normalise: bool = False,
    fade_diagonal: bool = False,
) -> go.Figure:
    """Draw a confusion matrix whose cells can be clicked.

    Parameters
    ----------
    confusion : array of shape (n_classes, n_classes) or None
        Images by true class (rows) and predicted class (columns), before clustering.
    class_names : sequence of n_classes str
        Names on the axes.
    mode : {"before", "after", "difference"}
        Which matrix to draw; the difference is `other` minus `confusion`.
    other : array of shape (n_classes, n_classes), optional
        The same, after clustering.
    normalise : bool
        Whether to draw the share of each true class in % and not the number of images.
    fade_diagonal : bool
        Whether to leave the correct ones out of the colours, so that errors show.

    Returns
    -------
    Figure
        A click reports "true,pred", the numbers of the two classes.
    """
    name = f"confusion_{mode}"
    title = _title(mode)
    if confusion is None or not np.size(confusion):
        return empty_figure(name, title, _("A confusion matrix needs data with labels."))
    if mode != "before" and other is None:
        return empty_figure(name, title, _("There is no result after clustering yet."))
    before = np.asarray(confusion)
    cells = _cells(before, before if other is None else np.asarray(other), mode, normalise)
    names = [str(class_name) for class_name in class_names]
    figure = new_figure(name, title, subtitle=_summary(cells, mode, names), height=560)
    if len(names) > MAX_CLICKABLE:
        _add_pooled(figure, cells, names)
    else:
        _add_cells(figure, cells, names, fade_diagonal)
    _colour(figure, cells, fade_diagonal)
    _label(figure, names)
    return figure


@dataclass(frozen=True, eq=False)
class _Cells:
    """What is drawn, what is counted, and what it is called."""

    shown: NDArray[np.float64]  # (n_classes, n_classes), the numbers with colours
    counts: NDArray[np.integer]  # (n_classes, n_classes), images
    support: NDArray[np.integer]  # (n_classes,), images of each true class
    peak: NDArray[np.float64]  # magnitudes that fix the colour range of before and after alike
    unit: str
    signed: bool


def _cells(before: NDArray, after: NDArray, mode: Mode, normalise: bool) -> _Cells:
    shares = [_shares(matrix) if normalise else matrix.astype(float) for matrix in (before, after)]
    unit = _("Share of the true class (%)") if normalise else _("Images")
    support = before.sum(axis=1)
    if mode == "difference":
        shown = shares[1] - shares[0]
        counts = after.astype(np.int64) - before.astype(np.int64)
        return _Cells(shown, counts, support, np.abs(shown), unit, signed=True)
    which = 0 if mode == "before" else 1
    counts = (before, after)[which]
    return _Cells(shares[which], counts, support, np.maximum(*shares), unit, signed=False)


def _shares(matrix: NDArray) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return shares


def _title(mode: Mode) -> str:
    return {
        "before": _("Confusion before"),
        "after": _("Confusion after"),
        "difference": _("Confusion: after minus before"),
    }[mode]


def _summary(cells: _Cells, mode: Mode, names: list[str]) -> str:
    counts = cells.counts
    correct, total = int(np.trace(counts)), int(counts.sum())
    if mode == "difference":
        text = _("{correct} correct, {wrong} wrong.").format(
            correct=f"{correct:+,}", wrong=f"{total - correct:+,}"
        )
    else:
        text = _("{correct} of {total} images correct ({share} %).").format(
            correct=f"{correct:,}",
            total=f"{total:,}",
            share=f"{100 * correct / max(total, 1):.2f}",
        )
    parts = [text, _worst_error(counts, names, cells.signed)]
    if len(names) > MAX_CLICKABLE:
        parts.append(_("{n} classes are too many to click on.").format(n=len(names)))
        parts.append(pool(counts, total=True).note)
    return " ".join(part for part in parts if part)


def _worst_error(counts: NDArray, names: list[str], signed: bool) -> str:
    errors = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    true, pred = np.unravel_index(int(errors.argmax()), errors.shape)
    if errors[true, pred] <= 0:
        return ""
    text = _("Most often {true} is taken for {pred} ({n}).")
    if signed:
        text = _("Largest rise: {true} taken for {pred} ({n}).")
    return text.format(
        true=names[true],
        pred=names[pred],
        n=format(int(errors[true, pred]), "+," if signed else ","),
    )


def _written(cells: _Cells) -> list[list[str]]:
    if np.allclose(cells.shown, np.round(cells.shown)):
        form = "+,.0f" if cells.signed else ",.0f"
    else:
        form = "+.1f" if cells.signed else ".1f"
    return [[format(v, form) if v else "0" for v in row] for row in cells.shown]


def _add_cells(figure: go.Figure, cells: _Cells, names: list[str], fade_diagonal: bool) -> None:
    n = len(names)
    few = n <= MAX_WRITTEN
    written = _written(cells)
    faded = fade_diagonal & np.eye(n, dtype=bool)
    figure.add_trace(
        go.Heatmap(
            z=np.where(faded, np.nan, cells.shown),
            x=np.arange(n),
            y=np.arange(n),
            text=written if few else None,
            texttemplate="%{text}" if few else None,
            coloraxis="coloraxis",
            hoverinfo="skip",
            xgap=1,
            ygap=1,
            meta=_columns(names, z=cells.unit),
        )
    )
    if fade_diagonal:
        figure.add_trace(_uncoloured(cells, names, written, few))
    _make_clickable(figure, cells, names)


def _columns(names: list[str], *, z: str = "", customdata: str = "") -> dict[str, Any]:
    found = {"y": _("True class"), "x": _("Predicted class")}
    if customdata:
        found["customdata"] = customdata
    return columns(found, z=z, places={"x": names, "y": names})


def _uncoloured(cells: _Cells, names: list[str], written: list[list[str]], few: bool) -> go.Scatter:
    """Write the numbers of the diagonal in the colour of the page's text."""
    n = len(names)
    return go.Scatter(
        x=np.arange(n),
        y=np.arange(n),
        mode="text",
        text=[written[place][place] for place in range(n)] if few else None,
        customdata=np.diag(cells.shown),
        hoverinfo="skip",
        showlegend=False,
        meta=_columns(names, customdata=cells.unit),
    )


def _make_clickable(figure: go.Figure, cells: _Cells, names: list[str]) -> None:
    n = len(names)
    true, pred = np.divmod(np.arange(n * n), n)
    counts = cells.counts.ravel()
    shares = (100 * cells.counts / np.maximum(cells.support[:, None], 1)).ravel()
    form = "{:+,}" if cells.signed else "{:,}"
    hovers = [
        _("true: {true}<br>predicted: {pred}<br>{images} images, {share} % of the class").format(
            true=escape(names[t]),
            pred=escape(names[p]),
            images=form.format(int(count)),
            share=f"{share:.3g}",
        )
        for t, p, count, share in zip(true, pred, counts, shares, strict=True)
    ]
    ids = [f"{t},{p}" for t, p in zip(true, pred, strict=True)]
    add_overlay(figure, pred, true, ids, hovers, size=int(np.clip(300 / n, 6, 26)))


def _add_pooled(figure: go.Figure, cells: _Cells, names: list[str]) -> None:
    pooled = pool(cells.shown, total=True)
    figure.add_trace(
        go.Heatmap(
            z=pooled.values.astype(np.float32),
            x=pooled.cols,
            y=pooled.rows,
            coloraxis="coloraxis",
            hovertemplate=_("true class %{y}, predicted class %{x}: %{z:.4g}") + "<extra></extra>",
            meta=_columns(names, z=cells.unit),
        )
    )


def _colour(figure: go.Figure, cells: _Cells, fade_diagonal: bool) -> None:
    peak = pool(cells.peak, total=True).values
    if fade_diagonal and len(cells.peak) <= MAX_CLICKABLE:
        peak = peak[~np.eye(len(peak), dtype=bool)]
    high = float(peak.max(initial=0.0))
    axis = diverging(high, cells.unit) if cells.signed else sequential(0.0, high, cells.unit)
    figure.update_layout(coloraxis=axis)


def _label(figure: go.Figure, names: list[str]) -> None:
    n = len(names)
    step = -(-n // 50)  # more names than that a side run into each other
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(0, n, step)),
        "ticktext": [escape(short_name(name, 18)) for name in names[::step]],
        "showgrid": False,
    }
    figure.update_xaxes(title=_("Predicted class"), tickangle=-45, range=[-0.5, n - 0.5], **ticks)
    figure.update_yaxes(title=_("True class"), range=[n - 0.5, -0.5], **ticks)
