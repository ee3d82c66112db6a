"""Charts of what a model gets right and wrong."""

import numpy as np
import pytest

from wc_core import charts


def overlay_of(figure):
    return figure.data[-1]


def test_marks_lie_over_the_cells_they_name(confusions, class_names):
    """Each id is "true,pred", its mark lies over that cell, its hover text tells that count."""
    figure = charts.confusion_matrix(confusions[0], class_names)
    marks = overlay_of(figure)
    assert len(set(marks.customdata)) == 100
    for number, spot in enumerate(marks.customdata):
        true, pred = map(int, spot.split(","))
        assert (marks.y[number], marks.x[number]) == (true, pred)
        hover = marks.hovertext[number]
        assert f"true: {class_names[true]}<" in hover
        assert f"predicted: {class_names[pred]}<" in hover
        assert f"{confusions[0][true, pred]} images" in hover


def test_the_difference_of_confusions_is_after_minus_before(confusions, class_names):
    """The scale is centred on 0 and signs are written, so that direction is no matter of colour."""
    before, after = confusions
    figure = charts.confusion_matrix(before, class_names, "difference", other=after)
    np.testing.assert_array_equal(figure.data[0].z, after - before)
    assert figure.layout.coloraxis.cmin == -figure.layout.coloraxis.cmax
    assert figure.data[0].text[0][0] == f"{after[0, 0] - before[0, 0]:+d}"


def test_before_and_after_share_their_colours(confusions, class_names):
    """The same colour means the same number of images in both."""
    before, after = confusions
    ranges = {
        charts.confusion_matrix(before, class_names, mode, other=after).layout.coloraxis.cmax
        for mode in ("before", "after")
    }
    assert ranges == {float(max(before.max(), after.max()))}


def test_faded_correct_ones_leave_the_colours_to_the_errors(confusions, class_names):
    """The diagonal has no colour but keeps its numbers, in the chart and in the download."""
    before = confusions[0]
    figure = charts.confusion_matrix(before, class_names, fade_diagonal=True)
    errors = before[~np.eye(10, dtype=bool)]
    assert figure.layout.coloraxis.cmax == errors.max()
    assert np.isnan(np.diag(figure.data[0].z)).all()
    assert list(figure.data[1].text) == [str(n) for n in np.diag(before)]
    assert sum(row["Images"] for row in charts.chart_rows(figure)) == before.sum()


def test_shares_are_of_the_true_class(confusions, class_names):
    """Rows add up to 100 %, and a class without images does not divide by zero."""
    matrix = confusions[0].copy()
    matrix[3] = 0
    shares = charts.confusion_matrix(matrix, class_names, normalise=True).data[0].z
    np.testing.assert_allclose(shares.sum(axis=1), [0 if n == 3 else 100 for n in range(10)])


def test_a_download_names_the_classes(confusions, class_names):
    """Rows hold names and counts, not places on an axis."""
    rows = charts.chart_rows(charts.confusion_matrix(confusions[0], class_names))
    assert rows[1] == {
        "True class": "T-shirt/top",
        "Predicted class": "Trouser",
        "Images": float(confusions[0][0, 1]),
    }


@pytest.mark.parametrize(
    ("n", "written", "clickable"), [(20, True, True), (21, False, True), (101, False, False)]
)
def test_many_classes_lose_numbers_first_and_clicks_last(n, written, clickable):
    """Numbers need room; above 100 classes the chart says that cells cannot be clicked."""
    figure = charts.confusion_matrix(np.eye(n, dtype=int), [f"class {i}" for i in range(n)])
    assert (figure.data[0].texttemplate is not None) == written
    assert (len(figure.data) > 1) == clickable
    assert ("too many to click" in charts.chart_alt(figure)) != clickable


def test_a_thousand_classes_are_pooled_by_adding_up():
    """No image is lost from a pooled confusion matrix, and it says that it is pooled."""
    figure = charts.confusion_matrix(np.eye(1000, dtype=int), [str(i) for i in range(1000)])
    assert max(figure.data[0].z.shape) <= 512
    assert figure.data[0].z.sum() == 1000
    assert "Pooled" in charts.chart_alt(figure)


def test_the_worst_error_is_named():
    """The alt text tells which class is most often taken for which."""
    figure = charts.confusion_matrix([[5, 0], [3, 2]], ["cat", "dog"])
    assert "dog is taken for cat (3)" in charts.chart_alt(figure)


def test_scores_before_and_after_differ_in_shape(evaluation):
    """Two marks a class, open and filled, in percent."""
    first, last = evaluation
    figure = charts.class_scores(first, last, score="recall")
    before, after = figure.data[:2]
    np.testing.assert_allclose(before.x, 100 * first.recall)
    np.testing.assert_allclose(after.x, 100 * last.recall)
    assert before.marker.symbol != after.marker.symbol
    assert charts.chart_name(figure) == "class_recall"


def test_the_interval_ends_where_the_report_says(evaluation):
    """Error bars reach from the lower to the upper end of the 95 % interval."""
    figure = charts.accuracy_interval({"Before": evaluation[0]})
    (mark,) = figure.data
    low, high = evaluation[0].interval
    assert mark.x[0] - mark.error_x.arrayminus[0] == pytest.approx(100 * low)
    assert mark.x[0] + mark.error_x.array[0] == pytest.approx(100 * high)
    assert f"{evaluation[0].n_samples:,} images" in charts.chart_alt(figure)


def test_reports_without_labels_are_left_out(evaluation):
    """What has no accuracy has no row; if none is left, the chart says what is needed."""
    evaluation[1].accuracy = None
    figure = charts.accuracy_interval({"Before": evaluation[0], "After": evaluation[1]})
    assert [trace.name for trace in figure.data] == ["Before"]
    assert "labels" in charts.chart_alt(charts.accuracy_interval({"After": evaluation[1]}))
