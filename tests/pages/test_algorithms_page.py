"""Algorithms: pick a layer, tick a few, see how they differ."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

import wc_core
from pages._ui import board, cached, compare_shelf
from tests.pages.reading import texts, upload_model
from wc_core.clustering import CLUSTERERS, kmeans
from wc_core.errors import ConfigError, DataError
from wc_core.search import comparison

PAGE = "pages/lab/algorithms.py"


@pytest.fixture(autouse=True)
def empty_shelf() -> None:
    """Nothing is known from an earlier test."""
    compare_shelf.shelf.clear()


@pytest.fixture
def page(app: AppTest, settle) -> AppTest:
    """Open the page and wait for the comparison that the sample starts with."""
    app.switch_page(PAGE).run()
    return settle(app)


@pytest.fixture
def clustered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which algorithms are run."""
    seen: list[str] = []
    run = comparison.compress_steps
    monkeypatch.setattr(
        comparison,
        "compress_steps",
        lambda model, recipe: seen.append(recipe.plan.algorithm) or run(model, recipe),
    )
    return seen


def rows(at: AppTest) -> dict[str, dict]:
    """Return the table by algorithm."""
    frame = at.dataframe[0].value
    return {row["Algorithm"]: row for row in frame.to_dict("records")}


def charts(at: AppTest) -> list[str]:
    """Return the charts of the page."""
    return [chart.key for chart in at.get("plotly_chart")]


def compare(at: AppTest, settle) -> AppTest:
    """Press the button and wait."""
    at.button(key="compare.submit").click().run()
    return settle(at)


def test_the_sample_is_compared_at_once(page: AppTest) -> None:
    """Four algorithms on the largest layer, best first, with all that is measured."""
    assert not page.exception
    assert page.selectbox(key="compare.layer").value == "fc1.weight"
    table = rows(page)
    assert len(table) == 4
    errors = [row["SQNR (dB)"] for row in table.values()]
    assert errors == sorted(errors, reverse=True)
    for row in table.values():
        assert row["Entries used"] <= row["Entries asked"] == 32
        assert 2 ** row["Index entropy (bits)"] == pytest.approx(row["Perplexity"])
        assert row["Interval from (%)"] < row["Accuracy (%)"] < row["Interval to (%)"]
        assert row["Images"] == 400
        assert row["Seconds"] > 0
    assert "Least error" in texts(page)


def test_an_algorithm_more_is_all_that_is_computed(page: AppTest, settle, clustered) -> None:
    """Rows are kept by what they are of, whatever they stand beside."""
    ticked = page.pills(key="compare.algorithms").value
    page.pills(key="compare.algorithms").set_value([*ticked, "spectral"])
    at = compare(page, settle)
    assert clustered == ["spectral"]
    assert len(rows(at)) == 5


def test_another_size_is_computed_anew(page: AppTest, settle, clustered) -> None:
    """Whatever changes a row makes another row."""
    page.pills(key="compare.algorithms").set_value(["som"])
    page.number_input(key="compare.n_clusters").set_value(12)
    at = compare(page, settle)
    assert clustered == ["som"]
    assert rows(at)["Self-organising map"]["Entries asked"] == 12


def test_a_budget_in_bits_becomes_a_number_of_entries(page: AppTest, settle) -> None:
    """The page says how many entries the bits pay for, and keeps within them."""
    page.segmented_control(key="compare.size_by").set_value("bits").run()
    page.number_input(key="compare.bits").set_value(1.6)
    at = compare(page, settle)
    assert "k = 37" in texts(at)
    assert "fit in 1.6 bits" in texts(at)
    assert all(row["Bits per weight"] <= 1.6 for row in rows(at).values())


def test_an_impossible_budget_is_explained(page: AppTest) -> None:
    """The sentence names the smallest budget; the last comparison stays."""
    page.segmented_control(key="compare.size_by").set_value("bits").run()
    page.number_input(key="compare.bits").set_value(0.001)
    page.button(key="compare.submit").click().run()
    assert not page.exception
    assert "Allow at least that" in page.error[0].value.replace("\\", "")
    assert len(rows(page)) == 4


def test_nothing_ticked_is_explained(page: AppTest) -> None:
    """An empty choice is a sentence."""
    page.pills(key="compare.algorithms").set_value([])
    page.button(key="compare.submit").click().run()
    assert not page.exception
    assert "at least one" in page.error[0].value


def test_single_weights_stand_on_a_line_and_the_page_says_why(page: AppTest, settle) -> None:
    """One number needs no map of two dimensions."""
    assert "chart.compared_planes" in charts(page)
    page.number_input(key="compare.cols").set_value(1)
    at = compare(page, settle)
    assert not at.exception
    assert "1 × 1" in texts(at)
    assert "chart.compared_values" in charts(at)
    assert "chart.compared_planes" not in charts(at)


def test_all_layers_are_compared_and_one_is_looked_at(page: AppTest, settle) -> None:
    """Numbers are those of all layers; codebooks are shown for the layer chosen."""
    page.selectbox(key="compare.layer").set_value("")
    at = compare(page, settle)
    assert "on 5 layers" in texts(at)
    at.selectbox(key="compare.shown_layer").set_value("fc2.weight").run()
    assert not at.exception
    assert "chart.compared_sizes" in charts(at)


def test_a_refusal_is_told_beside_the_others(page: AppTest, settle, monkeypatch) -> None:
    """One algorithm that cannot does not take the page down."""

    def refuse(self, *_args):
        raise ConfigError("not with these blocks")
        yield

    monkeypatch.setattr(kmeans.KMeans, "_iterate", refuse)
    page.number_input(key="compare.n_clusters").set_value(11)
    at = compare(page, settle)
    assert not at.exception
    assert "not with these blocks" in texts(at)
    assert "not with these blocks" in rows(at)["k-means"]["Notes"]
    assert rows(at)["Self-organising map"]["SQNR (dB)"] > 0


def test_only_refusals_leave_a_page_that_says_so(page: AppTest, settle, monkeypatch) -> None:
    """Without a single result there is still the reason."""

    def refuse(self, *_args):
        raise ConfigError("not with these blocks")
        yield

    monkeypatch.setattr(kmeans.KMeans, "_iterate", refuse)
    page.number_input(key="compare.n_clusters").set_value(10)
    page.pills(key="compare.algorithms").set_value(["kmeans"])
    at = compare(page, settle)
    assert not at.exception
    assert "not with these blocks" in texts(at)


def test_cancel_keeps_the_rows_that_are_done(page: AppTest, settle, monkeypatch) -> None:
    """What was finished stays; Compare goes on from there."""
    real = comparison.compress_steps
    cancelled: list[str] = []

    def cancel_the_second(model, recipe):
        if recipe.plan.algorithm == "som" and not cancelled:
            cancelled.append("som")
            for job in board.board().active("").values():
                job.cancel()
        yield from real(model, recipe)

    monkeypatch.setattr(comparison, "compress_steps", cancel_the_second)
    page.pills(key="compare.algorithms").set_value(["kmeans", "som"])
    page.number_input(key="compare.n_clusters").set_value(9)
    at = compare(page, settle)
    assert "Cancelled" in texts(at)
    assert list(rows(at)) == ["k-means"]
    at = compare(at, settle)
    assert "Cancelled" not in texts(at)
    assert len(rows(at)) == 2


def test_what_was_asked_is_there_after_a_change_of_page(page: AppTest, settle) -> None:
    """Results and form hang on what was asked, not on the button."""
    page.number_input(key="compare.n_clusters").set_value(6)
    compare(page, settle)
    page.switch_page("pages/lab/model.py").run()
    settle(page)
    page.switch_page(PAGE).run()
    at = settle(page)
    assert at.number_input(key="compare.n_clusters").value == 6
    assert {row["Entries asked"] for row in rows(at).values()} == {6}


def test_every_algorithm_ticked_is_explained_with_its_formula(page: AppTest) -> None:
    """A few plain words and a formula stand below the numbers."""
    labels = [expander.label for expander in page.expander]
    for title in rows(page):
        assert title in labels
    assert len(page.latex) == 4


def test_findings_are_listed(page: AppTest) -> None:
    """What an algorithm says of its fit is a finding, not a failure."""
    assert "micro-clusters" in texts(page)


def test_a_model_that_nobody_can_run_has_errors_and_no_accuracy(
    app: AppTest, settle, tmp_path: Path
) -> None:
    """Nothing runs unasked; then there is everything but the accuracy, and the reason."""
    path = tmp_path / "stranger.safetensors"
    weight = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    save_file({"embed.weight": weight, "head.weight": weight[:9, :7].copy()}, path)
    at = upload_model(app, path.read_bytes(), "stranger.safetensors")
    at.switch_page(PAGE).run()
    at = settle(at)
    assert "press *Compare*" in texts(at)
    at = compare(at, settle)
    assert not at.exception
    assert len(rows(at)) == 4
    assert all("Accuracy (%)" not in row for row in rows(at).values())
    assert "architecture" in texts(at)


def test_a_layer_of_one_value_is_no_trouble(app: AppTest, settle, tmp_path: Path) -> None:
    """Whatever can be clustered has numbers and charts, even where there is nothing to cluster."""
    path = tmp_path / "constant.safetensors"
    weight = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)
    save_file({"same.weight": np.full((40, 30), 0.5, np.float32), "head.weight": weight}, path)
    at = upload_model(app, path.read_bytes(), "constant.safetensors")
    at.switch_page(PAGE).run()
    at.pills(key="compare.algorithms").set_value(list(CLUSTERERS))
    at = compare(at, settle)
    assert not at.exception
    dead = {title for title, row in rows(at).items() if row["Entries used"] < 1}
    assert dead <= {CLUSTERERS["binary"].title}, "that one has both signs whatever the weights"
    assert len(rows(at)) == len(CLUSTERERS)
    assert "lossless" in texts(at)


def test_a_recipe_that_takes_no_layer_leaves_the_single_ones(page: AppTest, settle) -> None:
    """What was asked for all layers falls back on the largest one."""
    page.selectbox(key="compare.layer").set_value("")
    at = compare(page, settle)
    at.switch_page("pages/lab/model.py").run()
    at.multiselect(key="model.layers").set_value([]).run()
    settle(at)
    at.switch_page(PAGE).run()
    at = settle(at)
    assert not at.exception
    assert at.selectbox(key="compare.layer").value == "fc1.weight"


def test_a_model_without_layers_says_so(app: AppTest, settle, tmp_path: Path) -> None:
    """A matrix without a single weight leaves nothing to choose from."""
    path = tmp_path / "hollow.safetensors"
    save_file({"w": np.zeros((0, 9), np.float32)}, path)
    at = upload_model(app, path.read_bytes(), "hollow.safetensors")
    at.switch_page(PAGE).run()
    assert not at.exception
    assert "no layer" in texts(at)


def test_without_data_the_reason_stands_where_accuracy_would(
    app: AppTest, settle, monkeypatch
) -> None:
    """Errors and sizes need no image."""

    def unreadable(source: object, name: object = None) -> None:
        raise DataError("the images are gone")

    monkeypatch.setattr(wc_core, "load_dataset", unreadable)
    cached._read_dataset.clear()
    app.switch_page(PAGE).run()
    at = settle(app)
    assert not at.exception
    assert "the images are gone" in texts(at)
    assert len(rows(at)) == 4
