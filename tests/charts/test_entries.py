"""Charts of the entries of a codebook."""

import numpy as np
import pytest

from wc_core import charts


def named(figure, part):
    return next(trace for trace in figure.data if part in (trace.name or ""))


def test_dead_entries_have_a_mark_of_their_own():
    """An entry without blocks differs in shape, not in colour alone, and can be clicked."""
    figure = charts.centroid_embedding([[0, 0], [1, 1], [2, 0]], [5, 0, 7], labels=["a", "b", "c"])
    assert list(named(figure, "Entries").customdata) == ["a", "c"]
    dead = named(figure, "Dead")
    assert list(dead.customdata) == ["b"]
    assert dead.marker.symbol != named(figure, "Entries").marker.symbol


def test_a_mark_grows_in_area_with_the_blocks_it_serves():
    """Sizes are counts, read by plotly as areas."""
    entries = named(charts.centroid_embedding([[0, 0], [1, 1]], [5, 20]), "Entries")
    assert entries.marker.sizemode == "area"
    assert list(entries.marker.size) == [5, 20]
    assert "5 blocks" in entries.hovertemplate.replace("%{hovertext}", entries.hovertext[0])


def test_clicking_a_sampled_block_picks_its_entry():
    """Blocks report the entry that serves them."""
    figure = charts.centroid_embedding([[0, 0]], [2], None, [[0.1, 0], [0, 0.1]], [4, 9])
    assert list(named(figure, "Sampled").customdata) == ["4", "9"]


@pytest.mark.parametrize(
    ("n", "kind", "drawn"), [(9_000, "scatter", 9_000), (30_000, "scattergl", 20_000)]
)
def test_many_blocks_are_sampled_drawn_by_webgl_and_counted(n, kind, drawn):
    """Above 10,000 points WebGL draws; above 20,000 a sample does, and the subtitle says so."""
    blocks = np.random.default_rng(0).normal(size=(n, 2))
    figure = charts.centroid_embedding([[0, 0]], [n], None, blocks)
    behind = named(figure, "Sampled")
    assert (behind.type, len(behind.x)) == (kind, drawn)
    assert f"{drawn:,} sampled of {n:,}" in charts.chart_alt(figure)


def test_the_entry_and_24_members_share_one_colour_scale():
    """All small images use the same colours, the entry stands first, the rest is counted."""
    members = np.random.default_rng(0).normal(size=(40, 2, 3))
    figure = charts.entry_members(members.mean(axis=0), members, number=7, total=99)
    assert len(figure.data) == 25
    assert {tile.coloraxis for tile in figure.data} == {"coloraxis"}
    np.testing.assert_allclose(figure.data[0].z, members.mean(axis=0), rtol=1e-6)
    assert "24 of 99" in charts.chart_alt(figure)


def test_masked_lanes_of_members_stay_blank():
    """Padding is no number: it has no colour, no row in the download and no part in the error."""
    members = np.array([[[1.0, np.nan]]])
    figure = charts.entry_members([[1.0, 5.0]], members)
    assert len(charts.chart_rows(figure)) == 3
    assert "by 0 a weight" in charts.chart_alt(figure)


def test_bars_are_sorted_and_name_their_entries():
    """The busiest entry comes first; a click tells which one it is."""
    bars = charts.cluster_sizes([3, 9, 0, 5]).data[0]
    assert list(bars.y) == [9, 5, 3, 0]
    assert list(bars.customdata) == ["1", "3", "0", "2"]


def test_dead_entries_and_perplexity_are_told():
    """Four entries served alike have a perplexity of four; a fifth without blocks is marked."""
    figure = charts.cluster_sizes([5, 5, 5, 5, 0])
    assert "4 of 5" in charts.chart_alt(figure)
    assert "perplexity 4.0" in charts.chart_alt(figure)
    assert list(named(figure, "Dead").customdata) == ["4"]


@pytest.mark.parametrize(("k", "kind"), [(512, "bar"), (513, "scatter"), (10_001, "scattergl")])
def test_large_codebooks_are_drawn_as_a_line(k, kind):
    """More bars than pixels become a line, and a long line is drawn by WebGL."""
    assert charts.cluster_sizes(np.arange(1, k + 1)).data[0].type == kind


def test_pruned_blocks_are_grey_and_belong_to_no_entry():
    """A pruned block holds index 0 in memory, and is no member of entry 0."""
    indices, live = np.array([[0, 0, 1]]), np.array([[True, False, True]])
    figure = charts.assignment_map(indices, 0, live)
    assert list(named(figure, "Members").x) == [0]
    shades = named(figure, "Pruned").z
    assert np.isnan(shades[0, [0, 2]]).all()
    assert shades[0, 1] == 100
    assert "1 of 2 blocks (50 %)" in charts.chart_alt(figure)
    assert "1 pruned" in charts.chart_alt(figure)


def test_without_pruned_blocks_nothing_is_grey():
    """A mask that leaves every block something changes nothing."""
    figure = charts.assignment_map([[0, 1]], 0, [[True, True]])
    assert [trace.name for trace in figure.data] == ["Members"]
    assert "pruned" not in charts.chart_alt(figure).lower()


def test_blocks_without_an_entry_are_counted_beside_the_bars():
    """Pruned blocks have no bar; a layer that is pruned altogether says so."""
    figure = charts.cluster_sizes([3, 1], 4)
    assert list(figure.data[0].y) == [3, 1]
    assert "4 more blocks are pruned" in charts.chart_alt(figure)
    assert "All blocks are pruned" in charts.chart_alt(charts.cluster_sizes([0], 4))


def test_pruned_lanes_of_members_are_named():
    """A blank lane is explained, and only where there is one."""
    blank = charts.entry_members([[1.0, 5.0]], [[[1.0, np.nan]]])
    assert "Blank: pruned weights" in charts.chart_alt(blank)
    assert "Blank" not in charts.chart_alt(charts.entry_members([[1.0, 5.0]], [[[1.0, 4.0]]]))
