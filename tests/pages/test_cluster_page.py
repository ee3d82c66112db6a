"""The main path: a recipe, one button, a result that lasts."""

import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import board
from tests.pages.reading import ROOT, texts
from wc_core import compression
from wc_core.progress import Progress

PAGE = "pages/lab/cluster.py"


def value(at: AppTest, label: str) -> str:
    """Return the value of a metric of the run; the live view above has some of the same name."""
    return next(m.value for m in reversed(list(at.metric)) if m.label == label)


@pytest.fixture
def cluster(app: AppTest) -> AppTest:
    """Open the Cluster page."""
    return app.switch_page(PAGE).run()


def test_clustering_shows_size_accuracy_and_error(cluster: AppTest, settle) -> None:
    """What is measured is shown: bytes of the file, bits, accuracy, agreement, error."""
    cluster.number_input(key="cluster.n_clusters").set_value(8)
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert not at.exception
    assert {m.label for m in at.metric} == {
        "File on disk", "Times smaller", "Bits per weight", "Accuracy", "Agreement", "SQNR",
        "Distortion",
    }  # fmt: skip
    assert 2.5 < float(value(at, "Bits per weight")) < 3, "coded, 8 entries take less than 3 bits"
    assert value(at, "Accuracy").endswith("%")


def test_the_size_shown_is_the_size_of_the_file(cluster: AppTest, settle, workspace) -> None:
    """Sizes are counted from the file that was written."""
    at = settle(cluster)
    (written,) = workspace.glob("compressed/*/*.safetensors")
    assert value(at, "File on disk") == f"{written.stat().st_size / 1000:.1f} kB"


def test_the_result_outlives_a_change_of_page(cluster: AppTest, settle) -> None:
    """Results hang on the recipe, not on the button."""
    cluster.number_input(key="cluster.n_clusters").set_value(4)
    cluster.button(key="cluster.submit").click().run()
    cluster.switch_page("pages/lab/model.py").run()
    settle(cluster)
    at = cluster.switch_page(PAGE).run()
    assert at.number_input(key="cluster.n_clusters").value == 4
    assert float(value(at, "Bits per weight")) < 2.5


def test_a_reload_brings_the_project_back(cluster: AppTest, settle) -> None:
    """A new session with the same address finds the recipe and its result."""
    cluster.number_input(key="cluster.n_clusters").set_value(5)
    cluster.button(key="cluster.submit").click().run()
    settle(cluster)
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    again.query_params["w"] = cluster.query_params["w"]
    again.run()
    again.switch_page(PAGE).run()
    assert again.number_input(key="cluster.n_clusters").value == 5
    assert again.metric, "the result is found without being computed again"


def test_an_empty_choice_of_layers_is_explained(cluster: AppTest, settle) -> None:
    """Nothing to cluster is a sentence, not a traceback."""
    cluster.multiselect(key="cluster.layers").set_value([])
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert not at.exception
    assert len(at.error) == 1


def test_more_clusters_than_blocks_are_clamped_and_said(cluster: AppTest, settle) -> None:
    """Fewer distinct blocks than entries asked for: the page names the layers."""
    cluster.number_input(key="cluster.n_clusters").set_value(300)
    cluster.number_input(key="cluster.block_cols").set_value(25)
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert not at.exception
    assert "Fewer entries than asked for" in texts(at)


def test_cancel_keeps_what_is_done(cluster: AppTest, settle, monkeypatch) -> None:
    """Layers that were finished stay, and the page says that no file was written."""
    real = compression.compress_steps

    def one_layer_then_wait(model, recipe):
        for record in real(model, recipe):
            yield record
            if record.result.layers:
                for job in board.board().active("").values():
                    job.cancel()
                yield Progress(0.1, 1, "", record.result)

    monkeypatch.setattr(compression, "compress_steps", one_layer_then_wait)
    cluster.number_input(key="cluster.n_clusters").set_value(7)
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert "no file is written" in texts(at)
    at.button(key="cluster.finish").click().run()
    at = settle(at)
    assert value(at, "File on disk") != "–"


def test_a_recipe_file_is_opened(cluster: AppTest, settle) -> None:
    """A recipe saved elsewhere fills the form."""
    recipe = {"plan": {"n_clusters": 9, "block": "1x5"}}
    cluster.file_uploader(key="cluster.recipe.0").upload("r.json", json.dumps(recipe).encode())
    at = settle(cluster.run())
    assert at.number_input(key="cluster.n_clusters").value == 9
    assert at.number_input(key="cluster.block_cols").value == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not JSON"), ('{"plan": {"n_clusters": 0}}', "n_clusters"), ('{"spam": 1}', "spam")],
)
def test_a_recipe_that_is_wrong_is_explained(
    cluster: AppTest, settle, text: str, reason: str
) -> None:
    """The recipe in use stays, the sentence says what is wrong."""
    cluster.file_uploader(key="cluster.recipe.0").upload("r.json", text.encode())
    at = settle(cluster.run())
    assert not at.exception
    assert reason in at.error[0].value.replace("\\", "")
    assert at.number_input(key="cluster.n_clusters").value == 16


def test_expert_settings_show_every_declared_parameter(cluster: AppTest, settle) -> None:
    """The form follows from what the engine declares."""
    from wc_core.clustering import CLUSTERERS, free_params
    from wc_core.recipe import PLAN_SPACE

    cluster.toggle(key="cluster.expert").set_value(True)
    cluster.selectbox(key="cluster.pruner").set_value("block_magnitude").run()
    keys = {
        w.key
        for kind in (cluster.number_input, cluster.selectbox, cluster.toggle, cluster.slider)
        for w in kind
    }
    assert {f"cluster.{name}" for name in PLAN_SPACE} <= keys
    assert {f"cluster.pruner.block_magnitude.{name}" for name in ("rows", "cols")} <= keys
    assert {f"cluster.kmeans.{name}" for name in free_params(CLUSTERERS["kmeans"])} <= keys


def test_algorithms_are_offered_by_their_titles(cluster: AppTest) -> None:
    """People read names, files hold keys."""
    from wc_core.clustering import CLUSTERERS

    picker = cluster.selectbox(key="cluster.algorithm")
    assert picker.options == [CLUSTERERS[name].title for name in CLUSTERERS]
    assert picker.value == "kmeans"


def test_the_algorithm_is_explained_before_it_runs(cluster: AppTest) -> None:
    """What it does and its formula stand below the choice, and change with it."""
    from wc_core.clustering import CLUSTERERS

    assert CLUSTERERS["kmeans"].about in texts(cluster)
    cluster.selectbox(key="cluster.algorithm").set_value("som").run()
    assert CLUSTERERS["som"].about in texts(cluster)
    assert any(r"\sigma" in item.value for item in cluster.latex)


def said_by(at: AppTest) -> str:
    """Return what stands under *Remarks*; empty without it."""
    boxes = [box for box in at.expander if box.label == "Remarks"]
    return "\n".join(item.value for box in boxes for item in box.markdown).replace("\\", "")


def column(at: AppTest, name: str) -> list[Any]:
    """Return a column of the first table that has it."""
    return next(list(t.value[name]) for t in at.dataframe if name in t.value.columns)


def run_with(at: AppTest, settle, algorithm: str, layers: list[str], **fields) -> AppTest:
    """Cluster some layers with expert settings, in blocks of 1 x 4."""
    at.toggle(key="cluster.expert").set_value(True).run()
    at.selectbox(key="cluster.algorithm").set_value(algorithm).run()
    at.multiselect(key="cluster.layers").set_value(layers)
    at.number_input(key="cluster.block_cols").set_value(4)
    widgets = {w.key: w for kind in (at.number_input, at.selectbox) for w in kind}
    for name, value in fields.items():
        widgets[f"cluster.{name.replace('__', '.')}"].set_value(value)
    at.button(key="cluster.submit").click().run()
    at = settle(at)
    assert not at.exception
    return at


def test_a_fit_with_nothing_to_say_says_nothing(cluster: AppTest, settle) -> None:
    """k-means on enough blocks, packed, needs no remark."""
    at = run_with(cluster, settle, "kmeans", ["conv1.weight"], coding="packed")
    assert said_by(at) == ""


def test_findings_of_the_algorithm_are_shown(cluster: AppTest, settle) -> None:
    """Each note once, with its layers; what polish changed, with its numbers."""
    layers = ["conv1.weight", "conv2.weight", "fc3.weight"]
    settings = {"density__mode": "dbscan", "density__polish": 5}
    at = run_with(cluster, settle, "density", layers, **settings)
    said = said_by(at)
    assert "DBSCAN found 1 cluster" in said
    assert "(conv2.weight)" in said
    assert re.search(r"Polish lowered the inertia by .* %; .* % of the blocks changed entry", said)
    before, after = (column(at, f"Inertia {when} polish") for when in ("before", "after"))
    assert after != before
    assert all(a <= b for a, b in zip(after, before, strict=True))


def test_recombination_of_means_changes_nothing(cluster: AppTest, settle) -> None:
    """The page says that the article's second stage is the identity for k-means."""
    at = run_with(cluster, settle, "kmeans", ["conv1.weight"], recombine="article")
    assert "Recombination changed nothing" in said_by(at)


def test_recombination_of_other_centroids_is_measured(cluster: AppTest, settle) -> None:
    """For units that are no means the page gives the shift and both errors."""
    at = run_with(cluster, settle, "som", ["conv2.weight"], recombine="article")
    assert "Recombination moved the weights" in said_by(at)
    assert column(at, "Mean square of Wᵥ - W")[0] > 0


def test_a_residual_codebook_shows_what_it_bought(cluster: AppTest, settle) -> None:
    """The SQNR before and after it, and its entries in the table of layers."""
    at = run_with(
        cluster, settle, "kmeans", ["conv2.weight"], recombine="residual", residual_clusters=8
    )
    before, after = map(float, re.findall(r"(-?\d+\.\d) dB", said_by(at)))
    assert after > before
    assert column(at, "Residual entries") == [8]
