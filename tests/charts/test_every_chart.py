"""Rules that every chart keeps."""

import json
from gettext import NullTranslations

import numpy as np
import pytest

from wc_core import charts
from wc_core.recipe import BlockSpec
from wc_core.words import language


class Marked(NullTranslations):
    """A language in which every text is bracketed, so that an untranslated one shows."""

    def gettext(self, message):
        return f"[{message}]"

    def ngettext(self, singular, plural, n):
        return f"[{singular if n == 1 else plural}]"


@pytest.fixture
def draw(
    weights,
    confusions,
    class_names,
    evaluation,
    layers,
    size_report,
    fall,
    curve_points,
    compared,
    trace,
    preview,
):
    grid = np.arange(24 * 10).reshape(24, 10) % 16
    counts = np.bincount(grid.ravel(), minlength=16)
    plane = np.random.default_rng(2).normal(size=(16, 2))
    both = {"A": counts, "B": np.eye(16, dtype=int)[0] * 240}
    return {
        "algorithm_steps": lambda: charts.algorithm_steps(trace),
        "weight_histogram": lambda: charts.weight_histogram(
            weights, plane[:, 0], counts, layer="fc1"
        ),
        "weight_histogram, blocks": lambda: charts.weight_histogram(weights, decoded=weights / 2),
        "weight_histogram, log": lambda: charts.weight_histogram(
            weights, plane[:, 0], counts, log_y=True
        ),
        "block_grid": lambda: charts.block_grid(weights, BlockSpec(1, 4), grid, layer="fc1"),
        "weight_image": lambda: charts.weight_image(weights, weights / 2, "difference"),
        "assignment_map": lambda: charts.assignment_map(grid, 3),
        "centroid_embedding": lambda: charts.centroid_embedding(
            plane, counts, None, plane + 0.1, np.arange(16)
        ),
        "entry_members": lambda: charts.entry_members(weights[:2, :3], weights.reshape(-1, 2, 3)),
        "cluster_sizes": lambda: charts.cluster_sizes(counts),
        "layer_sizes": lambda: charts.layer_sizes(layers),
        "layer_error": lambda: charts.layer_error(layers),
        "size_breakdown": lambda: charts.size_breakdown(size_report),
        "size_waterfall": lambda: charts.size_waterfall(fall),
        "layer_curves": lambda: charts.layer_curves(
            curve_points, baseline=0.9, interval=(0.88, 0.92), top=1
        ),
        "live_codebook": lambda: charts.live_codebook([3, 5], [0.0, 1.0, 2.0], preview),
        "sparsity_heatmap": lambda: charts.sparsity_heatmap(np.abs(weights)),
        "model_sparsity": lambda: charts.model_sparsity(["a", "b"], [0.0, 0.5], [0.1, 0.9]),
        "compared_scores": lambda: charts.compared_scores(compared, "sqnr_db"),
        "compared_scores, accuracy": lambda: charts.compared_scores(
            compared, "accuracy", baseline=0.9, interval=(0.88, 0.92)
        ),
        "compared_scores, seconds": lambda: charts.compared_scores(compared, "seconds"),
        "compared_planes": lambda: charts.compared_planes(
            plane, {"A": plane, "B": plane / 2}, both, {"A": np.arange(16), "B": np.zeros(16, int)}
        ),
        "compared_sizes": lambda: charts.compared_sizes(both),
        "compared_values": lambda: charts.compared_values(
            weights, {"A": plane[:, 0], "B": plane[:, 1]}, both
        ),
        "confusion_matrix": lambda: charts.confusion_matrix(confusions[0], class_names),
        "class_scores": lambda: charts.class_scores(*evaluation),
        "accuracy_interval": lambda: charts.accuracy_interval(
            dict(zip("AB", evaluation, strict=True))
        ),
    }


NAMES = (
    "algorithm_steps",
    "weight_histogram",
    "weight_histogram, blocks",
    "weight_histogram, log",
    "block_grid",
    "weight_image",
    "assignment_map",
    "centroid_embedding",
    "entry_members",
    "cluster_sizes",
    "layer_sizes",
    "layer_error",
    "size_breakdown",
    "size_waterfall",
    "layer_curves",
    "live_codebook",
    "sparsity_heatmap",
    "model_sparsity",
    "compared_scores",
    "compared_scores, accuracy",
    "compared_scores, seconds",
    "compared_planes",
    "compared_sizes",
    "compared_values",
    "confusion_matrix",
    "class_scores",
    "accuracy_interval",
)


def test_the_list_above_holds_every_chart():
    """A chart that is added but not listed here is caught."""
    companions = {"chart_alt", "chart_csv", "chart_name", "chart_rows", "has_rows", "steps_legend"}
    assert {name.split(",")[0] for name in NAMES} == set(charts.__all__) - companions


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_says_what_it_shows(draw, name):
    """Every figure has a title, an export name and an alt text with numbers."""
    figure = draw[name]()
    assert figure.layout.title.text
    assert charts.chart_name(figure).isidentifier()
    assert figure.layout.title.text in charts.chart_alt(figure)
    assert any(character.isdigit() for character in charts.chart_alt(figure))


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_leaves_colours_to_the_theme(draw, name):
    """Backgrounds are transparent and no text has a colour of its own, so light and dark work."""
    figure = draw[name]()
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.title.font.color is None


@pytest.mark.parametrize("name", NAMES)
def test_a_click_reports_plain_strings(draw, name):
    """What a mark reports is a flat list of strings: anything else is lost in transit."""
    for trace in json.loads(draw[name]().to_json())["data"]:
        reported = trace.get("customdata", [])
        if trace["type"] != "heatmap" and trace.get("mode") != "text":
            assert isinstance(reported, list)
            assert all(isinstance(value, str) for value in reported)


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_behind_a_chart_can_be_downloaded(draw, name):
    """Every figure gives rows of one set of columns, and a CSV with as many lines."""
    figure = draw[name]()
    rows = charts.chart_rows(figure)
    assert charts.has_rows(figure)
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert len(charts.chart_csv(figure).splitlines()) == 1 + len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_translated(draw, name):
    """Titles, axes, legends and hover texts go through the catalogue."""
    with language(Marked()):
        figure = draw[name]()
    layout = json.loads(figure.to_json())["layout"]
    texts = [layout["title"]["text"], layout["title"]["subtitle"]["text"]]
    texts += [
        axis["title"]["text"]
        for key, axis in layout.items()
        if key[1:5] == "axis" and axis.get("title", {}).get("text")
    ]
    texts += [t.name for t in figure.data if t.name]
    ours = {"A", "B", "conv1.weight", "fc1.weight"}  # names that are data
    assert all("[" in text for text in texts if text not in ours)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: charts.algorithm_steps(None),
        lambda: charts.weight_histogram([]),
        lambda: charts.weight_histogram([np.nan]),
        lambda: charts.block_grid(np.empty((0, 3)), BlockSpec(1, 1)),
        lambda: charts.weight_image(np.empty((0, 0))),
        lambda: charts.weight_image(np.ones((2, 2)), None, "after"),
        lambda: charts.assignment_map(np.empty((0, 0)), 1),
        lambda: charts.assignment_map(np.zeros((2, 2)), 1),
        lambda: charts.centroid_embedding(np.empty((0, 2)), []),
        lambda: charts.entry_members(np.empty((0, 0)), []),
        lambda: charts.entry_members(np.ones((1, 2)), []),
        lambda: charts.cluster_sizes([]),
        lambda: charts.cluster_sizes([0, 0]),
        lambda: charts.layer_sizes([]),
        lambda: charts.layer_error([]),
        lambda: charts.size_breakdown(None),
        lambda: charts.size_waterfall(None),
        lambda: charts.layer_curves([]),
        lambda: charts.live_codebook([], [], None),
        lambda: charts.sparsity_heatmap(np.empty((0, 4))),
        lambda: charts.model_sparsity([], []),
        lambda: charts.compared_scores({}),
        lambda: charts.compared_planes(np.empty((0, 2)), {}, {}, {}),
        lambda: charts.compared_sizes({}),
        lambda: charts.compared_sizes({"A": [0, 0]}),
        lambda: charts.compared_values([], {}, {}),
        lambda: charts.confusion_matrix(None, []),
        lambda: charts.confusion_matrix(np.eye(2), "ab", "difference"),
        lambda: charts.class_scores(None),
        lambda: charts.accuracy_interval({}),
    ],
)
def test_an_empty_chart_gives_the_reason(figure):
    """Nothing to show is a sentence in the figure and in its alt text, never an exception."""
    drawn = figure()
    (note,) = drawn.layout.annotations
    assert note.text.endswith(".")
    assert note.text.replace("<br>", " ") in charts.chart_alt(drawn)
    assert not charts.has_rows(drawn)
    assert charts.chart_csv(drawn).strip() == ""


def test_names_from_a_file_are_shown_as_text():
    """A layer called like markup is written out and does not become markup."""
    figure = charts.cluster_sizes([3, 1], layer="<b>x</b>")
    assert "&lt;b&gt;" in figure.layout.title.subtitle.text


def test_long_subtitles_are_wrapped_for_narrow_screens():
    """No line of a subtitle is longer than a screen of 390 px shows."""
    figure = charts.centroid_embedding([[0, 0]], [1], note="word " * 40)
    lines = figure.layout.title.subtitle.text.split("<br>")
    assert 1 < len(lines) <= 4
    assert max(map(len, lines)) <= 62
