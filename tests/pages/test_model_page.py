"""Choosing a model: what is refused is explained, and what was loaded stays."""

import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from tests.files import REFUSED_MODELS
from tests.pages.reading import texts, upload_model, uploader


@pytest.mark.parametrize(
    ("name", "write", "said"), REFUSED_MODELS, ids=[name for name, _w, _s in REFUSED_MODELS]
)
def test_a_bad_file_is_refused_and_the_sample_stays(
    name: str, write, said: str, app: AppTest, settle, tmp_path
) -> None:
    """One sentence says what is wrong; the model in use is the one from before."""
    at = upload_model(app, write(tmp_path / name).read_bytes(), name)
    assert not at.exception
    assert len(at.error) == 1
    assert re.search(said, at.error[0].value.replace("\\", ""))  # markup is escaped
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
    path = tmp_path / "odd.npz"
    images = np.zeros((20, 28, 28), np.uint8)
    np.savez(path, images=images, labels=np.arange(20) + 5)
    app.switch_page("pages/lab/model.py").run()
    app.file_uploader(key=uploader(app, "data")).upload("odd.npz", path.read_bytes())
    at = settle(app.run())
    assert not at.exception
    assert at.warning or at.error


def test_a_model_of_another_kind_is_not_run_on_our_images(
    app: AppTest, settle, tmp_path: Path
) -> None:
    """Grey images of ten classes say nothing about a model for colours or a thousand classes."""
    rng = np.random.default_rng(0)
    shapes = {"fc1": (300, 784), "fc2": (100, 300), "fc3": (7, 100)}
    tensors = {f"{n}.weight": rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    tensors |= {f"{n}.bias": np.zeros(s[0], np.float32) for n, s in shapes.items()}
    save_file(tensors, tmp_path / "seven.safetensors")
    at = upload_model(app, (tmp_path / "seven.safetensors").read_bytes(), "seven.safetensors")
    settle(at)
    assert not at.exception
    assert "7 classes" in texts(at)


def test_preprocessing_is_part_of_the_project(app: AppTest, settle) -> None:
    """Another preset is another evaluation, and comes back after a reload."""
    app.switch_page("pages/lab/model.py").run()
    app.selectbox(key="data.preset").set_value("raw").run()
    at = settle(app)
    assert at.session_state["lab.project"].preprocess["divide"] == 1
    assert at.query_params["w"]
