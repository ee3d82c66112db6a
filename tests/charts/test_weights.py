"""Charts of the weights of one layer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import charts
from wc_core.recipe import BlockSpec


def trace_of(figure, kind):
    return next(trace for trace in figure.data if trace.type == kind)


def named(figure, part):
    return next(trace for trace in figure.data if part in (trace.name or ""))


def test_stems_stand_where_the_entries_are_and_as_high_as_they_serve(weights):
    """A stem's head is at the entry's value, at the share of weights that it stands for."""
    figure = charts.weight_histogram(weights, [0.1, -0.1], [240, 720])
    heads = named(figure, "centroid")
    assert dict(zip(heads.customdata, zip(heads.x, heads.y, strict=True), strict=True)) == {
        "0": (0.1, 25.0),
        "1": (-0.1, 75.0),
    }


def test_bars_add_up_to_all_weights(weights):
    """The histogram shows every weight once."""
    bars = trace_of(charts.weight_histogram(weights), "bar")
    assert sum(bars.y) == pytest.approx(100)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 10_000), st.floats(0, 1e6))
def test_histograms_have_at_most_512_bins(n, max_bins, spread):
    """Whatever is asked for, and however the weights lie, the number of bins is bounded."""
    values = np.linspace(-spread, spread, n)
    bars = trace_of(charts.weight_histogram(values, max_bins=max_bins), "bar")
    assert 1 <= len(bars.x) <= 512
    assert sum(bars.y) == pytest.approx(100)


def test_a_larger_block_overlays_the_decoded_weights(weights):
    """Without stems the weights after clustering are a second histogram on the same bins."""
    figure = charts.weight_histogram(weights, decoded=weights / 2)
    np.testing.assert_array_equal(named(figure, "After").x, named(figure, "Before").x)
    assert sum(named(figure, "After").y) == pytest.approx(100)


def test_a_logarithmic_axis_has_no_stem_at_zero(weights):
    """Stems begin at the floor of a logarithmic axis, since it has no zero."""
    figure = charts.weight_histogram(weights, [0.0], [960], log_y=True)
    drawn = np.concatenate([t.y for t in figure.data if t.type == "scatter"])
    assert figure.layout.yaxis.type == "log"
    assert drawn[np.isfinite(drawn)].min() > 0


def test_hovering_over_a_cell_tells_block_and_entry(weights):
    """Blocks are numbered in row-major order; each cell names its own and that block's entry."""
    indices = np.arange(8 * 8).reshape(8, 8)[::-1]
    figure = charts.block_grid(weights, BlockSpec(3, 5), indices)
    text = trace_of(figure, "heatmap").text
    assert text[0][0] == "block 0, entry 56"
    assert text[4][9] == "block 9, entry 49"
    assert text[23][39] == "block 63, entry 7"


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.builds(BlockSpec, st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_a_window_shows_whole_blocks_of_any_matrix(shape, block, origin):
    """The window begins at a block's corner, holds only real weights and hatches the padding."""
    matrix = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    figure = charts.block_grid(matrix, block, max_side=20, origin=origin)
    cells = trace_of(figure, "heatmap")
    row, col = int(cells.y[0]), int(cells.x[0])
    rows, cols = cells.z.shape
    assert (row % block.rows, col % block.cols) == (0, 0)
    assert rows <= 20
    assert cols <= 20
    np.testing.assert_array_equal(cells.z, matrix[row : row + rows, col : col + cols])
    masked = any(trace.name == "Masked" for trace in figure.data)
    edge = row + rows == shape[0], col + cols == shape[1]
    ragged = shape[0] % block.rows > 0, shape[1] % block.cols > 0
    assert masked == any(e and r for e, r in zip(edge, ragged, strict=True))
    assert masked == ("masked" in charts.chart_alt(figure))


def test_the_difference_is_after_minus_before(weights):
    """The third image is the second minus the first, centred on 0."""
    after = weights * 0.5
    figure = charts.weight_image(weights, after, "difference")
    np.testing.assert_allclose(figure.data[0].z, after - weights)
    axis = figure.layout.coloraxis
    assert axis.cmax == -axis.cmin == pytest.approx(np.abs(after - weights).max())


def test_before_and_after_share_one_colour_range(weights):
    """The same colour means the same weight in both images."""
    before, after = (charts.weight_image(weights, 3 * weights, m) for m in ("before", "after"))
    assert before.layout.coloraxis.cmax == after.layout.coloraxis.cmax
    assert after.layout.coloraxis.cmax == pytest.approx(3 * np.abs(weights).max())


def test_large_matrices_are_pooled_and_say_so():
    """At most 512 x 512 cells are sent, and the subtitle tells."""
    figure = charts.weight_image(np.ones((1025, 30)))
    assert figure.data[0].z.shape == (342, 30)
    assert "3 x 1" in figure.layout.title.subtitle.text
    assert list(figure.data[0].y[:3]) == [0, 3, 6]


def test_members_are_marked_where_they_sit():
    """Each member block is one mark at its row and column of blocks."""
    figure = charts.assignment_map([[0, 1, 0], [1, 1, 2]], 1)
    marks = figure.data[0]
    assert set(zip(marks.y, marks.x, strict=True)) == {(0, 1), (1, 0), (1, 1)}
    assert "3 of 6" in charts.chart_alt(figure)


def test_a_crowd_of_members_becomes_an_image():
    """More members than can be drawn as marks are shown as shares, and the chart says so."""
    figure = charts.assignment_map(np.zeros((600, 20), dtype=int), 0)
    assert figure.data[0].type == "heatmap"
    assert figure.data[0].z.max() == pytest.approx(100)
    assert "Pooled" in figure.layout.title.subtitle.text


@pytest.mark.parametrize("value", [0.0, 1e-30, 5.0])
def test_constant_weights_are_drawn(value):
    """A layer whose weights are all alike still has a histogram and an image."""
    matrix = np.full((4, 4), value)
    assert sum(charts.weight_histogram(matrix).data[0].y) == pytest.approx(100)
    axis = charts.weight_image(matrix).layout.coloraxis
    assert axis.cmin < 0 < axis.cmax


def test_pruned_weights_have_a_mark_of_their_own_at_zero(weights):
    """Zero by pruning is no entry of the codebook: its mark has another shape and no number."""
    figure = charts.weight_histogram(weights, [0.1], [240], pruned=720)
    zero = named(figure, "Pruned")
    assert (list(zero.x), list(zero.y)) == ([0.0], [75.0])
    assert zero.marker.symbol != named(figure, "centroid").marker.symbol
    assert zero.customdata is None
    assert "Pruned" not in str([t.name for t in charts.weight_histogram(weights, [0], [9]).data])


def test_pruned_weights_are_crossed_out_on_the_matrix(weights):
    """Crosses stand on pruned weights of the window; a block without any other has no entry."""
    kept = np.ones(weights.shape, bool)
    kept[0, :4] = kept[1, 4] = False
    entries = np.full((24, 10), 7)
    figure = charts.block_grid(weights, BlockSpec(1, 4), entries, kept, max_side=8)
    crosses = named(figure, "Pruned")
    assert set(zip(crosses.y, crosses.x, strict=True)) == {(0, c) for c in range(4)} | {(1, 4)}
    texts = trace_of(figure, "heatmap").text
    assert "pruned" in texts[0][0]
    assert "entry 7" in texts[1][4]
    assert "Crosses" in charts.chart_alt(figure)


def test_an_image_tells_how_many_weights_are_zero(weights):
    """Zeros are counted where there are any."""
    half = weights * (np.arange(weights.size).reshape(weights.shape) % 2)
    assert "50 % are exactly zero" in charts.chart_alt(charts.weight_image(half))
    assert "zero" not in charts.chart_alt(charts.weight_image(weights))
