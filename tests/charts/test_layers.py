"""Charts with one row or one line a layer."""

from math import inf

import numpy as np
import pytest

from wc_core import charts


def named(figure, part):
    return next(trace for trace in figure.data if part in (trace.name or ""))


def test_bars_are_the_bytes_of_the_report_and_before_is_beside_them(layers):
    """Kinds differ in pattern as well as in colour; before is four bytes a weight if not given."""
    figure = charts.layer_sizes(layers, {"conv1.weight": 300})
    assert list(named(figure, "Indices").x) == [75, 24_000]
    assert list(named(figure, "Positions").x) == [7, 2400]
    assert list(named(figure, "Before").x) == [300, 192_000]
    patterns = [trace.marker.pattern.shape for trace in figure.data if trace.type == "bar"]
    assert len(set(patterns)) == len(patterns) == 3


def test_the_first_layer_is_on_top_and_long_names_are_cut_on_the_axis_only(layers):
    """The axis shows a short name, hover and clicks the whole one."""
    layers[0].name = "features.12.conv.0.1.block.weight"
    figure = charts.layer_sizes(layers)
    low, high = figure.layout.yaxis.range
    assert low > high
    assert len(figure.layout.yaxis.ticktext[0]) <= 24
    assert figure.data[0].customdata[0] == layers[0].name


def test_a_layer_without_error_is_marked_and_not_drawn_as_zero(layers):
    """Infinite decibels have no bar; a mark of another shape says why."""
    layers[1].sqnr_db = inf
    figure = charts.layer_error(layers)
    assert list(figure.data[0].x) == [17.5, None]
    assert list(named(figure, "No error").customdata) == ["fc1.weight"]
    assert "conv1.weight: 17.5 dB" in charts.chart_alt(figure)


def test_kinds_are_sorted_and_add_up_to_the_file(size_report):
    """The chart's bytes are those of the written file."""
    figure = charts.size_breakdown(size_report)
    assert sum(figure.data[0].x) == size_report.stored_bytes
    assert list(figure.data[0].x) == sorted(figure.data[0].x, reverse=True)
    assert "8 times smaller" in charts.chart_alt(figure)


def test_a_line_has_a_mark_at_each_k_and_a_click_tells_both(curve_points):
    """Marks report layer and k; shares are drawn in percent."""
    line = named(charts.layer_curves(curve_points), "fc1")
    assert list(line.customdata) == ["fc1.weight,2", "fc1.weight,16", "fc1.weight,256"]
    assert list(line.x) == [1800, 14_400, 230_400]
    assert line.y[0] == pytest.approx(80.0)


def test_lines_differ_in_more_than_colour(curve_points):
    """Marks and dashes tell lines apart in black and white."""
    first, second = charts.layer_curves(curve_points).data
    assert first.marker.symbol != second.marker.symbol
    assert first.line.dash != second.line.dash


def test_of_many_layers_the_largest_or_the_named_are_brought_out(curve_points):
    """The rest is grey and one item of the legend, so that fifty layers stay readable."""
    legend = [t.name for t in charts.layer_curves(curve_points, top=1).data if t.showlegend is None]
    assert legend == ["fc1.weight", "1 other layer"]
    figure = charts.layer_curves(curve_points, highlight=["conv1.weight"])
    assert figure.data[0].name == "conv1.weight"
    assert named(figure, "fc1").showlegend is False


def test_points_that_were_not_measured_are_left_out(curve_points):
    """Without accuracy the chart says what is missing; other measures are still drawn."""
    blind = [type(p)(p.layer, p.k, p.stored_bytes, p.sqnr_db, None, None) for p in curve_points]
    assert "labels" in charts.chart_alt(charts.layer_curves(blind, "accuracy"))
    assert len(charts.layer_curves(blind, "sqnr_db").data) == 2


def test_the_baseline_is_a_line_with_its_interval(curve_points):
    """The 95 % interval is a band in percent across all sizes."""
    figure = charts.layer_curves(curve_points, baseline=0.9, interval=(0.88, 0.92))
    assert set(named(figure, "interval").y) == {88.0, 92.0}
    assert set(np.round(figure.data[-1].y, 9)) == {90.0}


def test_a_click_on_zeros_tells_the_block():
    """An invisible mark lies over each cell, since heatmaps report no clicks."""
    cells, marks = charts.sparsity_heatmap([[0.0, 0.5], [1.0, 0.25]]).data
    assert list(marks.customdata) == ["0,0", "0,1", "1,0", "1,1"]
    for number, spot in enumerate(marks.customdata):
        row, col = map(int, spot.split(","))
        assert (marks.y[number], marks.x[number]) == (row, col)
        assert f"{cells.z[row][col]:.3g} %" in marks.hovertext[number]


def test_large_grids_of_blocks_keep_their_ids():
    """A pooled cell reports its first block and shows the mean of its blocks."""
    shares = np.zeros((250, 4))
    shares[249] = 1.0
    cells, marks = charts.sparsity_heatmap(shares).data
    assert len(marks.x) == cells.z.size == 84 * 4
    assert marks.customdata[-1] == "249,3"
    assert cells.z[-1, -1] == pytest.approx(100)


def test_zeros_of_layers_are_written_in_the_cells():
    """Numbers, not colours alone; a click reports the layer."""
    cells, marks = charts.model_sparsity(["a", "b"], [0.0, 0.5], [0.25, 1.0]).data
    assert [list(row) for row in cells.text] == [["0 %", "25 %"], ["50 %", "100 %"]]
    assert list(marks.customdata) == ["a", "a", "b", "b"]
