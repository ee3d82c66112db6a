"""Charts that set algorithms side by side."""

from math import inf

import numpy as np
import pytest

from wc_core import charts

COUNTS = {"A": [5, 0, 3, 2], "B": [1, 9, 0, 0]}


def panels(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_rows_stand_in_the_order_given_and_the_first_is_on_top(compared):
    """All charts list algorithms alike, so that the eye goes across."""
    for measure in ("sqnr_db", "accuracy", "perplexity", "seconds"):
        figure = charts.compared_scores(compared, measure)
        assert list(figure.data[0].customdata) == ["A", "B"]
        low, high = figure.layout.yaxis.range
        assert low > high
        assert list(figure.layout.yaxis.ticktext) == ["A", "B"]


def test_shares_are_drawn_in_percent_with_their_interval(compared):
    """Bars reach from the lower to the upper end of the 95 % interval."""
    marks = charts.compared_scores(compared, "accuracy").data[0]
    assert list(marks.x) == pytest.approx([88.0, 85.0])
    assert list(marks.error_x.array) == pytest.approx([1.0, 1.0])
    assert list(marks.error_x.arrayminus) == pytest.approx([1.0, 1.0])


def test_what_was_before_is_a_line_with_its_interval(compared):
    """The accuracy of the model as it is runs through all rows."""
    figure = charts.compared_scores(compared, "accuracy", baseline=0.9, interval=(0.88, 0.92))
    band, line = figure.data[1:]
    assert set(line.x) == {90.0}
    assert {round(x, 9) for x in band.x} == {88.0, 92.0}


def test_time_is_on_a_logarithmic_axis_with_its_unit(compared):
    """Algorithms differ by orders of magnitude."""
    axis = charts.compared_scores(compared, "seconds").layout.xaxis
    assert axis.type == "log"
    assert all(text.endswith(" s") for text in axis.ticktext)
    low, high = axis.range
    assert 10**low < 0.02 < 14 < 10**high


def test_what_lost_nothing_is_marked_and_its_number_is_not_invented(compared):
    """Infinite decibels stand right of all others, as a star, and stay infinite in the CSV."""
    compared["B"].sqnr_db = inf
    figure = charts.compared_scores(compared)
    marks = figure.data[0]
    assert list(marks.marker.symbol) == ["circle", "star"]
    assert marks.x[1] > marks.x[0]
    assert marks.text[1] == "no error"
    assert list(charts.chart_rows(figure)[1].values()) == ["B", "inf"]


def test_what_was_not_measured_is_left_out(compared):
    """An algorithm without accuracy has no mark; without any the chart says why."""
    compared["A"].accuracy = None
    assert list(charts.compared_scores(compared, "accuracy").data[0].customdata) == ["B"]
    compared["B"].accuracy = None
    assert "labels" in charts.chart_alt(charts.compared_scores(compared, "accuracy"))


def test_sizes_are_sorted_and_empty_entries_are_told_not_drawn():
    """A logarithmic axis has no place for nothing, so the panel says how many there are."""
    figure = charts.compared_sizes(COUNTS)
    (own,) = panels(figure, "B")
    assert (list(own.x), list(own.y)) == ([1, 2], [9, 1])
    assert "2 empty" in figure.layout.annotations[1].text
    assert figure.layout.yaxis.type == figure.layout.yaxis2.type == "log"


def test_each_panel_shows_the_others_behind():
    """A line is judged against all others without looking across."""
    behind = charts.compared_sizes(COUNTS).data[0]
    assert list(behind.y) == [9, 1, None]


def test_many_entries_are_thinned():
    """A codebook of thousands of entries is drawn with a few hundred points, ends included."""
    sizes = np.arange(5000, 0, -1)
    (own,) = panels(charts.compared_sizes({"A": sizes}), "A")
    assert len(own.x) <= 512
    assert (own.y[0], own.y[-1]) == (5000, 1)


@pytest.fixture
def planes():
    sample = np.random.default_rng(0).normal(size=(900, 2))
    points = {"A": sample[:4], "B": sample[4:8]}
    owners = {name: np.arange(900) % 4 for name in points}
    return sample, points, COUNTS, owners


def test_all_panels_have_the_same_axes(planes):
    """Ranges are equal and tied, so that a zoom into one is a zoom into all."""
    layout = charts.compared_planes(*planes).layout
    assert layout.xaxis.range == layout.xaxis2.range
    assert layout.yaxis.range == layout.yaxis2.range
    assert (layout.xaxis2.matches, layout.yaxis2.matches) == ("x", "y")


def test_an_entry_far_out_does_not_make_a_spot_of_all_others(planes):
    """The view follows the blocks; what lies beyond is counted in the heading of its panel."""
    sample, points, counts, owners = planes
    points["B"] = np.vstack([sample[:3], [[1e3, 0.0]]])
    figure = charts.compared_planes(sample, points, counts, owners)
    low, high = figure.layout.xaxis.range
    assert high - low < 3 * np.ptp(sample[:, 0])
    first, second = figure.layout.annotations
    assert "out of view" not in first.text
    assert "1 out of view" in second.text


def test_every_panel_shows_the_same_blocks_in_the_colour_of_their_entry(planes):
    """What differs between panels is what the algorithms made of the blocks."""
    figure = charts.compared_planes(*planes)
    dots = [panels(figure, name)[0] for name in ("A", "B")]
    np.testing.assert_array_equal(dots[0].x, dots[1].x)
    entries = panels(figure, "A")[1]
    colour = dict(zip(entries.customdata, entries.marker.color, strict=True))
    for owner, shown in zip(dots[0].customdata, dots[0].marker.color, strict=True):
        assert colour.get(owner, shown) == shown


def test_the_area_of_an_entry_grows_with_its_blocks_alike_in_all_panels(planes):
    """One scale for all: the busiest entry of all has the largest mark."""
    figure = charts.compared_planes(*planes)
    first, second = (panels(figure, name)[1].marker for name in ("A", "B"))
    assert first.sizeref == second.sizeref
    assert list(first.size) == [5, 3, 2]


def test_dead_entries_are_crosses(planes):
    """They are part of the codebook although no block uses them."""
    dead = panels(charts.compared_planes(*planes), "B")[2]
    assert list(dead.customdata) == ["2", "3"]
    assert dead.marker.symbol == "x-thin"


def test_dots_are_bounded_however_many_algorithms_there_are(planes):
    """Twelve panels draw as many dots as four."""
    sample, points, _counts, owners = planes
    many = {str(n): points["A"] for n in range(12)}
    counts = {name: [5, 0, 3, 2] for name in many}
    figure = charts.compared_planes(sample, many, counts, dict.fromkeys(many, owners["A"]))
    dots = [panels(figure, name)[0] for name in many]
    assert sum(len(trace.x) for trace in dots) <= 6000


def test_stems_stand_at_the_entries_as_tall_as_their_share():
    """One lane an algorithm, one line of numbers for all; dead entries are crosses on it."""
    values = np.linspace(-1, 1, 100)
    lines = {"A": [-0.5, 0.0, 0.2, 0.5], "B": [-0.1, 0.0, 0.1, 0.9]}
    figure = charts.compared_values(values, lines, COUNTS)
    (tips,) = panels(figure, "B")
    assert list(tips.x) == lines["B"]
    heights = 1 - np.array(tips.y)
    assert heights[0] / heights[1] == pytest.approx(1 / 9)
    assert list(tips.marker.symbol) == ["circle", "circle", "x", "x"]


def test_long_names_are_cut_in_the_panel_and_whole_when_hovered(planes):
    """Half a telephone has room for two dozen characters."""
    name = "Locally linear embedding + k-means"
    figure = charts.compared_sizes({name: [3, 1], "B": [2, 2]})
    heading = figure.layout.annotations[0]
    assert "…" in heading.text
    assert heading.hovertext == name
