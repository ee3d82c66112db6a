"""Without being told how, images are brought to what the model takes."""

from types import SimpleNamespace

import numpy as np
import pytest

from wc_core.data import PRESETS, Dataset, check_fits
from wc_core.evaluation import default_config, evaluate

ANY = (3, None, None)


def model(shape, usual=None):
    known = {} if usual is None else {"default_preprocess": usual}
    return SimpleNamespace(n_classes=10, input_shape=shape, **known)


def data(*shapes, preset="unit", dtype=np.uint8):
    """One image of each shape; an array if there is one shape only."""
    images = [np.zeros(shape, dtype) for shape in shapes]
    whole = np.stack(images) if len(set(shapes)) == 1 else images
    labels = np.zeros(len(images), np.int64)
    return Dataset("d", "0" * 64, whole, labels, ("only",), preset)


@pytest.mark.parametrize(
    ("preset", "shape", "wanted"),
    [
        ("fashion_mnist", (28, 28), (1, 28, 28)),
        ("fashion_mnist", (28, 28), (1, None, None)),
        ("cifar10", (32, 32, 3), (3, 32, 32)),
        ("imagenet", (300, 400, 3), (3, 224, 224)),
        ("imagenet", (300, 400), (3, 224, 224)),
        ("raw", (28, 28), (1, 28, 28)),
    ],
)
def test_data_that_fit_keep_their_own_preset(preset, shape, wanted):
    """The model's usual preprocessing is not asked."""
    config = default_config(model(wanted, "unit"), data(shape, preset=preset))
    assert config.preprocess == PRESETS[preset]


CASES = [
    # images, their preset, the model's input, its preset
    ([(28, 28)], "fashion_mnist", (3, 32, 32), "cifar10"),
    ([(32, 32, 3)], "cifar10", (1, 28, 28), "fashion_mnist"),
    ([(32, 32, 4)], "unit", (3, 32, 32), "cifar10"),
    ([(40, 60, 3)], "unit", ANY, None),
    ([(40, 60, 3), (50, 30, 3)], "unit", ANY, None),
    ([(40, 60, 3), (50, 30)], "unit", (3, 224, 224), "imagenet"),
    ([(400, 600, 3), (500, 300)], "unit", ANY, "efficientnet_lite"),
    ([(28, 28)], "unit", (1, 28, 28), "imagenet"),
    ([(28, 28)], "mnist", (3, 64, 64), "imagenet"),
    ([(64, 64, 3)], "cifar10", (1, 28, 28), None),
    ([(8, 8)], "unit", (1, 28, None), None),
    ([(20, 10)], "fashion_mnist", (1, 28, 28), "unit"),
]


@pytest.mark.parametrize(("shapes", "preset", "wanted", "usual"), CASES)
def test_the_choice_always_fits(shapes, preset, wanted, usual):
    """Whatever the colours and sizes, the default is one that evaluation takes."""
    images, runner = data(*shapes, preset=preset), model(wanted, usual)
    spec = default_config(runner, images).preprocess
    check_fits(images, spec, wanted, 10)
    (batch,) = images.batches(spec, wanted, 8)
    assert batch.shape[1] == wanted[0]


def test_the_model_decides_where_the_data_do_not_fit():
    """Its mean, deviation and order of colours are used; sizes stay where they fit."""
    usual = PRESETS["cifar10"]
    changed = default_config(model((3, 32, 32), "cifar10"), data((28, 28), preset="fashion_mnist"))
    assert (changed.preprocess.mean, changed.preprocess.colour) == (usual.mean, "rgb")
    assert (changed.preprocess.resize, changed.preprocess.crop) == (32, 32)
    kept = default_config(model((3, 32, 32), "imagenet"), data((32, 32, 4)))
    assert (kept.preprocess.resize, kept.preprocess.crop) == (None, None)
    assert kept.preprocess.mean == PRESETS["imagenet"].mean


def test_values_that_are_no_pixels_are_not_scaled_again():
    """Data that were normalised already keep their numbers though their size is changed."""
    images = data((20, 20), preset="raw", dtype=np.float32)
    spec = default_config(model((1, 28, 28), "fashion_mnist"), images).preprocess
    assert (spec.divide, spec.mean, spec.std) == (1, (0,), (1,))
    assert spec.crop == 28


def test_large_images_come_in_small_batches():
    """What layers make of a batch grows with its pixels; the sample's batches are 256."""
    small = default_config(model((1, 28, 28)), data((28, 28)))
    large = default_config(model((3, 224, 224), "imagenet"), data((300, 300, 3)))
    assert small.batch_size == 256
    assert large.batch_size == 4


def test_evaluation_asks_the_architecture_not_its_runner():
    """What a model is usually trained on is known to its forward only, compressed or not."""
    images = data((32, 32, 4))
    forward = model((3, 32, 32), "cifar10")

    class Runner(SimpleNamespace):
        def __call__(self, batch):
            return np.zeros((len(batch), 10), np.float32)

    runner = Runner(n_classes=10, input_shape=(3, 32, 32))
    dense = SimpleNamespace(forward=forward, runner=lambda: runner)
    packed = SimpleNamespace(original=dense, runner=lambda: runner)
    for subject in (dense, packed):
        assert evaluate(subject, images).config.preprocess.mean == PRESETS["cifar10"].mean
