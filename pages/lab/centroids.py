"""Centroids: the shared values of one layer, who uses them, and where."""

import streamlit as st

from pages._ui.centroid_map import centroid_map
from pages._ui.desk import open_desk
from pages._ui.entry_view import besides, entry_choice, entry_view
from pages._ui.errors import explained
from pages._ui.finished import finished
from pages._ui.one_layer import histogram, is_scalar, layer_choice, n_dead_blocks
from pages._ui.show_chart import show_chart
from wc_core.words import _

st.title(_("Centroids"))
st.caption(
    _("Every block of a clustered layer is replaced by one entry of its codebook. Here they are.")
)
with explained():
    desk = open_desk()
result = finished(desk)
if result is not None and result.compressed is not None:
    from wc_core import charts

    name = layer_choice(result.compressed, "centroids.layer")
    coded = result.compressed.weights[name]
    original = result.compressed.original.tensors[name]
    besides(coded)
    pick = entry_choice(coded)
    if is_scalar(coded):
        st.header(_("The entries among the weights"))
        st.caption(
            _(
                "With blocks of 1 × 1 an entry is one number, so the line of numbers itself is the "
                "map: an embedding in two dimensions would invent distances that do not exist."
            )
        )
        show_chart(histogram(coded, original, name), on_pick=pick)
    else:
        st.header(_("A map of the entries"))
        centroid_map(desk, coded, original, name, pick)
    st.header(_("How many blocks each entry serves"))
    show_chart(charts.cluster_sizes(coded.counts, n_dead_blocks(coded), layer=name), on_pick=pick)
    entry_view(coded, original, name)
