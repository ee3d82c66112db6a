"""One clustered layer from near: its weights before and after, and how it was cut."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.run_job import RunResult
from pages._ui.show_chart import show_chart
from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.codebook import CodebookWeight
    from wc_core.compression import CompressedModel

LAYER = "lab.layer"  # the layer looked at, on every page that shows one


def layer_choice(compressed: "CompressedModel", key: str) -> str:
    """Ask which clustered layer to look at; the other pages open with the same one."""
    names = list(compressed.weights)
    last = st.session_state.get(LAYER)
    start = names.index(last) if last in names else _largest(compressed, names)
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[start]
    chosen = st.selectbox(
        _("Layer"), names, key=key, help=_("Only layers that were clustered are listed.")
    )
    st.session_state[LAYER] = chosen
    return chosen


def one_layer(result: RunResult) -> None:
    """Show a layer's weights before and after, and the blocks on its matrix."""
    from wc_core import charts

    compressed = result.compressed
    if compressed is None:
        return
    name = layer_choice(compressed, "cluster.layer")
    coded, original = compressed.weights[name], compressed.original.tensors[name]
    show_chart(histogram(coded, original, name))
    matrix = original.reshape(coded.grid.matrix_shape)
    indices = coded.indices.reshape(coded.grid.grid_shape)
    show_chart(charts.block_grid(matrix, coded.block, indices, kept_of(coded), layer=name))


def histogram(coded: "CodebookWeight", original: "NDArray[np.floating]", name: str) -> object:
    """Return the histogram of a layer: stems where single weights share values."""
    from wc_core import charts

    if is_scalar(coded):
        values = coded.codebook[:, 0]
        pruned = coded.mask.n_pruned_weights if coded.mask else 0
        return charts.weight_histogram(original, values, coded.counts, pruned=pruned, layer=name)
    return charts.weight_histogram(original, decoded=coded.decode(), layer=name)


def is_scalar(coded: "CodebookWeight") -> bool:
    """Tell whether entries are single weights as they stand in the matrix."""
    plain = coded.scales is None and coded.residual is None and coded.exact is None
    return coded.block.size == 1 and plain


def blocks_of(coded: "CodebookWeight", original: "NDArray[np.floating]") -> "NDArray[np.floating]":
    """Return a layer's own blocks as the codebook saw them, (n_blocks, block_size).

    Channels are divided by their scale where there is one; lanes that are masked or pruned are
    NaN.
    """
    matrix = original.reshape(coded.grid.matrix_shape).astype("float32")
    if coded.scales is not None:
        matrix = matrix / coded.scales[:, None]
    kept = kept_of(coded)
    if kept is not None:
        matrix[~kept] = float("nan")
    return coded.grid.split(matrix)


def kept_of(coded: "CodebookWeight") -> "NDArray[np.bool_] | None":
    """Return which weights of the matrix are kept, shape (m, n); None if none is pruned."""
    if coded.mask is None:
        return None
    return coded.mask.rows(slice(0, coded.grid.matrix_shape[0]))


def n_dead_blocks(coded: "CodebookWeight") -> int:
    """Return how many blocks are pruned as a whole: they have no entry."""
    return len(coded.indices) - len(coded.stored_indices)


def _largest(compressed: "CompressedModel", names: list[str]) -> int:
    weights = {layer.name: layer.n_weights for layer in compressed.layers}
    return max(range(len(names)), key=lambda i: weights[names[i]])
