"""Choosing a model: what is refused is explained, and what was loaded stays."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import texts, upload_model, uploader

BAD = {
    "empty.safetensors": b"",
    "noise.safetensors": bytes(range(256)) * 8,
    "noise.pth": b"PK\x03\x04" + bytes(500),
    "noise.onnx": b"\x08" * 64,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_the_sample_stays(name: str, app: AppTest, settle) -> None:
    """One sentence says what is wrong; the model in use is the one from before."""
    at = upload_model(app, BAD[name], name)
    assert not at.exception
    assert len(at.error) == 1
    assert at.session_state["lab.project"].model.ref == "lenet5"
    settle(at)
    assert len(at.error) == 1, "the sentence stays until the next attempt"


def test_the_baseline_is_measured_unasked(app: AppTest, settle) -> None:
    """The accuracy before clustering is known before anything is clustered."""
    app.switch_page("pages/lab/model.py").run()
    at = settle(app)
    assert at.metric[0].label == "Baseline accuracy"
    assert at.metric[0].value.endswith("%")
    assert "95 % interval" in texts(at)


def test_a_layer_that_is_taken_out_stays_out(app: AppTest, settle) -> None:
    """The list of layers is a view of the recipe, on this page and on the next."""
    app.switch_page("pages/lab/model.py").run()
    names = app.multiselect(key="model.layers").value
    app.multiselect(key="model.layers").set_value(names[1:]).run()
    assert set(app.session_state["lab.project"].recipe.layers) == set(names[1:])
    app.switch_page("pages/lab/cluster.py").run()
    assert set(app.multiselect(key="cluster.layers").value) == set(names[1:])


def test_labels_that_do_not_fit_are_explained(app: AppTest, settle, tmp_path) -> None:
    """Labels beyond the model's classes cost the accuracy and are named."""
    import numpy as np

    path = tmp_path / "odd.npz"
    images = np.zeros((20, 28, 28), np.uint8)
    np.savez(path, images=images, labels=np.arange(20) + 5)
    app.switch_page("pages/lab/model.py").run()
    app.file_uploader(key=uploader(app, "data")).upload("odd.npz", path.read_bytes())
    at = settle(app.run())
    assert not at.exception
    assert at.warning or at.error


def test_preprocessing_is_part_of_the_project(app: AppTest, settle) -> None:
    """Another preset is another evaluation, and comes back after a reload."""
    app.switch_page("pages/lab/model.py").run()
    app.selectbox(key="data.preset").set_value("raw").run()
    at = settle(app)
    assert at.session_state["lab.project"].preprocess["divide"] == 1
    assert at.query_params["w"]
