"""Step by step: what the page shows, and when it computes."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from pages._ui import board, steps_job
from tests.pages.reading import texts, upload_model
from wc_core.clustering import CLUSTERERS
from wc_core.jobs import JobState

PAGE = "pages/learn/steps.py"


@pytest.fixture
def steps(app: AppTest, settle) -> AppTest:
    """Open the page and wait for its first picture."""
    app.switch_page(PAGE).run()
    return settle(app)


def drawn(at: AppTest) -> str:
    """Return the picture that the page shows, as readable JSON."""
    (chart,) = at.get("plotly_chart")
    return json.dumps(json.loads(chart.proto.spec), ensure_ascii=False)


def test_something_can_be_played_at_once(steps: AppTest) -> None:
    """Nobody has to ask: k-means on toy data is there, with its words and its formula."""
    assert "▶ Play" in drawn(steps)
    assert '"frames"' in drawn(steps)
    assert "nearest entry" in texts(steps)
    assert steps.latex
    assert "6 entries for 300 blocks" in texts(steps)


@pytest.mark.parametrize("name", CLUSTERERS)
def test_another_algorithm_is_watched_without_asking(name: str, steps: AppTest, settle) -> None:
    """On toy data a pick is enough, and the words are those of the algorithm."""
    steps.selectbox(key="steps.algorithm").set_value(name).run()
    at = settle(steps)
    assert not at.exception
    assert not at.error
    assert CLUSTERERS[name].about in texts(at)
    assert '"frames"' in drawn(at)


def test_a_layer_waits_for_the_button(steps: AppTest, settle) -> None:
    """A layer may take long: it is cut and clustered when it is asked for."""
    before = drawn(steps)
    steps.selectbox(key="steps.points").set_value("layer.conv2.weight").run()
    assert drawn(steps) == before
    steps.number_input(key="steps.block_cols").set_value(5)
    steps.button(key="steps.submit").click().run()
    at = settle(steps)
    assert not at.exception
    assert drawn(at) != before
    assert "entries for 480 blocks" in texts(at)
    assert "300 of 480 blocks" in drawn(at).replace("<br>", " ")


def test_settings_reach_the_algorithm(steps: AppTest, settle) -> None:
    """Number of clusters and the algorithm's own parameters decide what is seen."""
    steps.selectbox(key="steps.algorithm").set_value("density").run()
    settle(steps)
    steps.selectbox(key="steps.points").set_value("toy.moons").run()
    settle(steps)
    steps.number_input(key="steps.n_clusters").set_value(2)
    steps.selectbox(key="steps.density.mode").set_value("dbscan")
    steps.button(key="steps.submit").click().run()
    at = settle(steps)
    assert not at.exception
    assert "DBSCAN found 2 clusters of 2" in texts(at)


def test_the_same_question_is_computed_once(steps: AppTest, settle, monkeypatch) -> None:
    """Going back to what was watched before starts no new work."""
    steps.selectbox(key="steps.algorithm").set_value("som").run()
    settle(steps)

    def never(*_args: object) -> None:
        msg = "computed again"
        raise AssertionError(msg)

    monkeypatch.setattr(steps_job, "watch_steps", never)
    steps.selectbox(key="steps.algorithm").set_value("kmeans").run()
    assert not steps.exception
    assert not board.board().active("")
    assert "6 entries for 300 blocks" in texts(steps)


def test_the_page_remembers_what_was_watched(steps: AppTest, settle) -> None:
    """Coming back from another page one finds the same algorithm on the same points."""
    steps.selectbox(key="steps.algorithm").set_value("gmm").run()
    settle(steps)
    steps.switch_page("pages/lab/model.py").run()
    settle(steps)
    steps.switch_page(PAGE).run()
    at = settle(steps)
    assert at.selectbox(key="steps.algorithm").value == "gmm"
    assert CLUSTERERS["gmm"].about in texts(at)


def test_impossible_settings_are_a_sentence(steps: AppTest, settle) -> None:
    """What the algorithm refuses is explained, not raised, and the page takes the next order."""
    steps.selectbox(key="steps.algorithm").set_value("spectral").run()
    settle(steps)
    steps.number_input(key="steps.n_clusters").set_value(20)
    steps.number_input(key="steps.spectral.max_points").set_value(10)
    steps.button(key="steps.submit").click().run()
    at = settle(steps)
    assert not at.exception
    assert "max_points" in texts(at)
    at.number_input(key="steps.spectral.max_points").set_value(200)
    at.button(key="steps.submit").click().run()
    settle(at)
    assert not at.error
    assert "20 entries" in texts(at)


def test_a_layer_of_a_model_that_is_gone(steps: AppTest, settle, tmp_path) -> None:
    """With another model open, a layer of the old one is not looked for."""
    steps.selectbox(key="steps.points").set_value("layer.fc3.weight").run()
    steps.button(key="steps.submit").click().run()
    settle(steps)
    weights = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    save_file({"other.weight": weights}, tmp_path / "other.safetensors")
    at = upload_model(steps, (tmp_path / "other.safetensors").read_bytes(), "other.safetensors")
    settle(at)
    at.switch_page(PAGE).run()
    at = settle(at)
    assert not at.exception
    assert not at.error
    assert "layer.fc3.weight" not in at.selectbox(key="steps.points").options
    at.selectbox(key="steps.points").set_value("layer.other.weight").run()
    assert not at.exception


def test_cancelled_work_shows_what_there_is(steps: AppTest) -> None:
    """The iterations of a cancelled run can be played, and the page says so."""
    at = steps
    mine = f"{at.session_state['lab.workspace']}/steps/"
    (key,) = [key for key in board.board()._jobs if key.startswith(mine)]
    job = board.board().find(key)
    job.state = JobState.CANCELLED
    job.record = replace(job.record, result=replace(job.result, centers=None))
    at.run()
    assert not at.exception
    assert "Cancelled" in texts(at)
    assert "entries for" not in texts(at)
    assert '"frames"' in drawn(at)
