"""The codebooks of several algorithms on one layer: where entries lie, whom they serve."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.compare_cards import title_of
from pages._ui.desk import Desk
from pages._ui.one_layer import LAYER
from pages._ui.show_chart import show_chart
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.recipe import LayerPlan
    from wc_core.search import ComparisonRow, LayerCodebook


def compare_codebooks(desk: Desk, rows: "list[ComparisonRow]") -> None:
    """Show the codebooks of one layer side by side."""
    from wc_core import charts

    st.header(_("Codebooks side by side"))
    layer = _layer([book.layer for book in rows[0].codebooks])
    books = {title_of(row.algorithm): _book(row, layer) for row in rows}
    _entries(desk, next(iter(books.values())).plan, books, layer)
    show_chart(charts.compared_sizes({n: b.counts for n, b in books.items()}, layer=layer))


def _layer(names: list[str]) -> str:
    """Ask which layer to look at, if there are several; other pages open with the same one."""
    if len(names) == 1:
        return names[0]
    if st.session_state.get("compare.shown_layer") not in names:
        last = st.session_state.get(LAYER)
        st.session_state["compare.shown_layer"] = last if last in names else names[0]
    layer = str(st.selectbox(_("Look at layer"), names, key="compare.shown_layer"))
    st.session_state[LAYER] = layer
    return layer


def _book(row: "ComparisonRow", layer: str) -> "LayerCodebook":
    return next(book for book in row.codebooks if book.layer == layer)


def _entries(
    desk: Desk, plan: "LayerPlan", books: "Mapping[str, LayerCodebook]", layer: str
) -> None:
    from wc_core import charts
    from wc_core.embedding import principal_plane
    from wc_core.search import sampled_blocks
    from wc_core.stages import layer_blocks

    weight = desk.model.tensors[layer]
    counts = {name: book.counts for name, book in books.items()}
    if plan.block.size == 1:
        st.caption(
            _(
                "With blocks of 1 × 1 an entry is one number, so the line of numbers itself is the "
                "map: an embedding in two dimensions would invent distances that do not exist."
            )
        )
        lines = {name: book.codebook[:, 0] for name, book in books.items()}
        show_chart(
            charts.compared_values(layer_blocks(weight, plan).values, lines, counts, layer=layer)
        )
        return
    blocks = sampled_blocks(weight, plan)
    plane = principal_plane(blocks)
    show_chart(
        charts.compared_planes(
            plane.place(blocks),
            {name: plane.place(book.codebook) for name, book in books.items()},
            counts,
            {name: book.sample for name, book in books.items()},
            share=plane.share,
            layer=layer,
        )
    )
