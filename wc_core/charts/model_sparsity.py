"""The share of zeros in every layer, before and after."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from wc_core.charts._figure import empty_figure, escape, new_figure
from wc_core.charts._layer_axis import layers_height, name_layers, no_layers
from wc_core.charts._rows import columns
from wc_core.charts._scale import add_overlay, sequential
from wc_core.words import _

NAME = "model_sparsity"


def model_sparsity(
    names: Sequence[str], before: ArrayLike, after: ArrayLike | None = None
) -> go.Figure:
    """Draw the share of zeros of each layer as a table of colours and numbers.

    Parameters
    ----------
    names : sequence of str
        Layers, in the order of the model.
    before, after : array of shape (n_layers,)
        Share of weights that are exactly zero, from 0 to 1.

    Returns
    -------
    Figure
        A click reports the layer's name.
    """
    title = _("Zeros per layer")
    if not len(names):
        return empty_figure(NAME, title, no_layers())
    shares = [100 * np.asarray(before, dtype=np.float64)]
    heads = [_("Before")]
    if after is not None:
        shares.append(100 * np.asarray(after, dtype=np.float64))
        heads.append(_("After"))
    table = np.stack(shares, axis=1)  # (n_layers, 1 or 2)
    most = int(table[:, -1].argmax())
    figure = new_figure(
        NAME,
        title,
        subtitle=_("Most in {layer}: {share} % of its weights are zero.").format(
            layer=names[most], share=f"{table[most, -1]:.3g}"
        ),
        height=layers_height(len(names), extra=150),
    )
    figure.add_trace(
        go.Heatmap(
            z=table,
            x=np.arange(len(heads)),
            y=np.arange(len(names)),
            text=[[f"{share:.3g} %" for share in row] for row in table],
            texttemplate="%{text}",
            coloraxis="coloraxis",
            hoverinfo="skip",
            xgap=2,
            ygap=2,
            meta=columns(
                places={"x": heads, "y": names}, y=_("Layer"), x=_("When"), z=_("Zeros (%)")
            ),
        )
    )
    _make_clickable(figure, names, heads, table)
    figure.update_layout(coloraxis={**sequential(0, 100, _("Zeros (%)")), "showscale": False})
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(heads))),
        ticktext=heads,
        range=[-0.5, len(heads) - 0.5],
    )
    name_layers(figure, names)
    return figure


def _make_clickable(
    figure: go.Figure, names: Sequence[str], heads: list[str], table: NDArray
) -> None:
    rows, cols = np.divmod(np.arange(table.size), len(heads))
    hovers = [
        _("{layer}, {when}: {share} % zeros").format(
            layer=escape(names[row]), when=heads[col], share=f"{share:.3g}"
        )
        for row, col, share in zip(rows, cols, table.ravel(), strict=True)
    ]
    add_overlay(figure, cols, rows, [names[row] for row in rows], hovers)
