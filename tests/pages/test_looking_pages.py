"""Centroids, Quality and Trade-offs: what a person can look into."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import texts
from wc_core import BlockSpec, LayerPlan, Recipe


def blocks_of_four(at: AppTest, settle) -> AppTest:
    """Cluster the sample with blocks of 1 x 4."""
    at.switch_page("pages/lab/cluster.py").run()
    at.number_input(key="cluster.block_cols").set_value(4)
    at.button(key="cluster.submit").click().run()
    return settle(at)


def test_single_weights_get_no_embedding_and_the_reason(app: AppTest, settle) -> None:
    """One number needs no map of two dimensions."""
    app.switch_page("pages/lab/centroids.py").run()
    at = settle(app)
    assert "1 × 1" in texts(at)
    assert all(w.key != "centroids.method" for w in at.segmented_control)


def test_an_entry_can_be_picked_by_keyboard(app: AppTest, settle) -> None:
    """The list does what a click on the chart does."""
    app.switch_page("pages/lab/centroids.py").run()
    at = settle(app)
    at.selectbox(key="centroids.entry").set_value(3).run()
    assert not at.exception
    assert "Serves" in texts(at)


def test_blocks_are_embedded_at_once(app: AppTest, settle) -> None:
    """PCA is there without asking; UMAP waits for its button and says what it cannot show."""
    blocks_of_four(app, settle)
    app.switch_page("pages/lab/centroids.py").run()
    assert not app.exception
    app.segmented_control(key="centroids.method").set_value("umap").run()
    assert "mean little" in texts(app)
    assert app.button(key="centroids.umap")


def test_what_is_stored_besides_the_codebook_is_said(app: AppTest, settle) -> None:
    """A second codebook and blocks stored exactly are no entries of the first."""
    plan = LayerPlan(
        algorithm="density",
        block=BlockSpec(2, 3),
        recombine="residual",
        params={"mode": "hdbscan", "noise": "exact"},
    )
    project = app.session_state["lab.project"]
    app.session_state["lab.project"] = replace(project, recipe=Recipe(plan=plan))
    app.switch_page("pages/lab/centroids.py").run()
    settle(app)
    app.selectbox(key="centroids.layer").set_value("conv2.weight").run()
    assert not app.exception
    assert "second codebook" in texts(app)
    assert "stored exactly" in texts(app)


@pytest.mark.parametrize("mode", ["before", "after", "difference"])
def test_the_confusion_is_shown_three_ways(mode: str, app: AppTest, settle) -> None:
    """Before, after, and what changed."""
    app.switch_page("pages/lab/quality.py").run()
    at = settle(app)
    at.segmented_control(key="quality.mode").set_value(mode).run()
    assert not at.exception
    assert "seen differently" in texts(at)


def test_a_cell_opens_its_images(app: AppTest, settle) -> None:
    """The lists beside the matrix do what a click on a cell does."""
    app.switch_page("pages/lab/quality.py").run()
    at = settle(app)
    at.selectbox(key="quality.true").set_value(6)
    at.selectbox(key="quality.predicted").set_value(0).run()
    assert not at.exception
    assert "before" in texts(at)


@pytest.mark.parametrize("tab", ["Classes", "Zeros", "Weights"])
def test_every_tab_of_quality_opens(tab: str, app: AppTest, settle) -> None:
    """A hidden tab costs nothing until it is opened."""
    app.switch_page("pages/lab/quality.py").run()
    at = settle(app)
    at.session_state["quality.tabs"] = tab
    at.run()
    assert not at.exception


def test_curves_are_measured_on_the_images_asked_for(app: AppTest, settle) -> None:
    """The page says on how many images each point rests."""
    app.switch_page("pages/lab/tradeoffs.py").run()
    app.pills(key="tradeoffs.ks").set_value([2, 4])
    app.selectbox(key="tradeoffs.images").set_value(250)
    app.button(key="tradeoffs.submit").click().run()
    at = settle(app)
    assert not at.exception
    assert "the same 250 images" in texts(at)


def test_no_number_of_clusters_is_explained(app: AppTest, settle) -> None:
    """An empty choice is a sentence."""
    app.switch_page("pages/lab/tradeoffs.py").run()
    app.pills(key="tradeoffs.ks").set_value([])
    app.button(key="tradeoffs.submit").click().run()
    assert not app.exception
    assert "at least one" in app.error[0].value
