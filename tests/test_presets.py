"""Presets do something sensible for any model, without data."""

import numpy as np
import pytest

from wc_core import Recipe, UnknownNameError, compress, evaluate, load_dataset, load_model
from wc_core.models import Model, TensorInfo
from wc_core.presets import PRESETS, preset

LEAST_AGREEMENT = {"light": 0.99, "balanced": 0.96, "small": 0.93, "article": 0.94}
MOST_BITS = {"light": 6.5, "balanced": 4.5, "small": 3.1, "article": 4.7}


@pytest.fixture(scope="module", params=["lenet5", "lenet_300_100"])
def model(request):
    return load_model(f"sample:{request.param}")


@pytest.fixture(scope="module")
def data():
    return load_dataset("sample")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_keep_most_answers_in_few_bits(model, data, name):
    """All that is stored counts; answers are those of the model as it is, on 10,000 images."""
    small = compress(model, PRESETS[name].recipe)
    assert small.bits_per_weight < MOST_BITS[name]
    report = evaluate(small, data, reference=evaluate(model, data))
    assert report.n_samples == 10_000
    assert report.agreement > LEAST_AGREEMENT[name]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_take_any_layers(name):
    """Of zeros, of one value, with a row of zeros, of one row, of many sizes at once."""
    rng = np.random.default_rng(0)
    tensors = {
        "zeros": np.zeros((20, 30)),
        "constant": np.full((10, 20), 0.5),
        "row": rng.normal(size=(1, 200)),
        "sizes": rng.normal(size=(20, 20)) * np.logspace(-20, 10, 20)[:, None],
        "dead": np.vstack([rng.normal(size=(9, 31)), np.zeros((3, 31))]),
    }
    tensors = {n: t.astype(np.float32) for n, t in tensors.items()}
    tensors["sizes"] = np.clip(tensors["sizes"], -6e4, 6e4)
    infos = tuple(TensorInfo(n, t.shape, "float32") for n, t in tensors.items())
    model = Model("made", "safetensors", "0" * 64, 0, infos, tensors)
    small = compress(model, PRESETS[name].recipe)
    assert {layer.name for layer in small.layers} == tensors.keys()
    assert all(np.isfinite(weight.decode()).all() for weight in small.weights.values())
    assert not small.weights["zeros"].decode().any()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_recipes_like_any(name):
    """They say what they are, and survive JSON."""
    asked = preset(name)
    assert asked.title
    assert asked.about
    assert Recipe.from_json(asked.recipe.to_json()) == asked.recipe


def test_unknown_presets_are_refused_with_those_there_are():
    """Near misses are guessed, others get the list."""
    with pytest.raises(UnknownNameError, match="mean 'balanced'"):
        preset("balance")
    with pytest.raises(UnknownNameError, match="'light' / 'balanced' / 'small' / 'article'"):
        preset("x")
