"""The way from the original file to the compressed one, drawn."""

import pytest

from wc_core import charts


def bars(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_every_bar_starts_where_the_one_before_ended(fall):
    """What is taken away hangs from the total before, what is added stands on it."""
    figure = charts.size_waterfall(fall)
    away, added = bars(figure, "Takes away"), bars(figure, "Adds")
    assert list(zip(away.base, away.x, strict=True)) == [
        (192_000, -96_000),
        (96_000, -70_000),
        (26_000, -2_000),
    ]
    assert list(zip(added.base, added.x, strict=True)) == [(24_000, 64), (24_064, 936)]
    assert list(bars(figure, "Total").x) == [200_000, 192_000, 25_000]


def test_signs_are_told_by_more_than_colour(fall):
    """Patterns and the sign in the words beside the bar."""
    figure = charts.size_waterfall(fall)
    patterns = [trace.marker.pattern.shape for trace in figure.data if trace.type == "bar"]
    assert len(set(patterns)) == len(patterns) == 3
    assert [words.strip() for words in figure.data[-1].texttemplate][2:7] == [
        "−96 kB", "−70 kB", "−2 kB", "+64 B", "+936 B",
    ]  # fmt: skip


def test_steps_that_change_nothing_are_left_out(fall):
    """Without scales nobody reads about scales."""
    assert "Scales" not in charts.size_waterfall(fall).layout.yaxis.ticktext


def test_each_ratio_names_its_base_and_every_byte_is_told(fall):
    """The same for those who hear the chart."""
    alt = charts.chart_alt(charts.size_waterfall(fall))
    assert "8 times smaller than the original file (200 kB)" in alt
    assert "7.68 times smaller than all its numbers at fp32 (192 kB)" in alt
    assert "Pruned weights: −96 kB" in alt


def test_the_download_has_the_steps_in_their_order_with_whole_numbers(fall):
    """Rounded words beside the bars, exact bytes in the table."""
    rows = charts.chart_rows(charts.size_waterfall(fall))
    assert sum(int(row["Change (bytes)"]) for row in rows) == fall.sizes.stored_bytes
    assert [int(row["Bytes after the step"]) for row in rows[:3]] == [200_000, 192_000, 96_000]


@pytest.mark.parametrize("step", ["pruned", "file"])
def test_the_words_stand_beside_the_longer_end_of_a_bar(fall, step):
    """No label covers its bar."""
    figure = charts.size_waterfall(fall)
    at = list(figure.data[-1].customdata).index(
        {"pruned": "Pruned weights", "file": "Compressed file"}[step]
    )
    assert figure.data[-1].x[at] == {"pruned": 192_000, "file": 25_000}[step]
