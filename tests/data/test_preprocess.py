"""Pixels become the numbers that the spec says, however images are given."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from wc_core.data import PRESETS, PreprocessSpec, preprocess
from wc_core.errors import ConfigError, DataError

positive = st.floats(1e-3, 1e3)
specs = st.builds(
    PreprocessSpec,
    resize=st.none() | st.integers(32, 64),
    crop=st.none() | st.integers(1, 32),
    colour=st.sampled_from(["as_is", "grey", "rgb", "bgr"]),
    divide=positive,
    mean=st.tuples(st.floats(-9, 9)),
    std=st.tuples(positive),
    interpolation=st.sampled_from(["bilinear", "bicubic", "nearest"]),
)


@given(specs)
def test_a_spec_survives_its_dict(spec):
    """What is stored with an evaluation says all there is to say."""
    assert PreprocessSpec.from_dict(spec.to_dict()) == spec


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"std": [0.0]}, "std"),
        ({"std": []}, "std"),
        ({"divide": 0}, "divide"),
        ({"divide": float("nan")}, "divide"),
        ({"divide": 10**400}, "divide"),
        ({"mean": ["a"]}, "mean"),
        ({"mean": [1, 2, 3], "colour": "grey"}, "mean"),
        ({"mean": [1, 2], "std": [1, 2, 3]}, "mean"),
        ({"colour": "cmyk"}, "grey"),
        ({"colour": ["rgb"]}, "colour"),
        ({"interpolation": "magic"}, "bicubic"),
        ({"resize": 0}, "resize"),
        ({"crop": 2.5}, "crop"),
        ({"crop": True}, "crop"),
        ({"resize": 10, "crop": 12}, "crop of 12"),
        ({"size": 3}, "unknown keys size"),
    ],
)
def test_impossible_values_are_refused_by_name(values, says):
    """A wrong spec is told which value is wrong."""
    with pytest.raises(ConfigError, match=says):
        PreprocessSpec.from_dict(values)


def test_only_objects_are_specs():
    """A list in a config file is refused, not misread."""
    with pytest.raises(ConfigError, match="object"):
        PreprocessSpec.from_dict([1])


pixels = hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3, st.just(3)))


@given(pixels, positive, st.tuples(*[st.floats(-9, 9)] * 3), st.tuples(*[positive] * 3))
def test_every_value_follows_the_formula(images, divide, mean, std):
    """Value = (pixel / divide - mean) / std in each channel, channels first."""
    spec = PreprocessSpec(divide=divide, mean=mean, std=std)
    out = preprocess(images, spec, 3)
    assert out.dtype == np.float32
    expected = (images.astype(np.float64) / divide - mean) / std
    scale = (255 / divide + 9) / min(std)
    np.testing.assert_allclose(out, np.moveaxis(expected, -1, 1), atol=1e-6 * scale, rtol=1e-5)


@given(pixels, st.sampled_from(["as_is", "grey", "rgb", "bgr"]))
def test_a_list_of_images_gives_what_the_array_gives(images, colour):
    """How a reader stores images changes no number."""
    spec, channels = PreprocessSpec(colour=colour), 1 if colour == "grey" else 3
    together = preprocess(images, spec, channels)
    np.testing.assert_array_equal(preprocess(list(images), spec, channels), together)


def test_colours_are_turned_dropped_and_repeated():
    """Grey follows the luma weights; bgr swaps; alpha goes; grey becomes three equal channels."""
    red = np.zeros((1, 1, 1, 4), np.uint8)
    red[..., 0], red[..., 3] = 255, 7

    def one(image, colour, channels):
        return preprocess(image, PreprocessSpec(colour=colour), channels).ravel().tolist()

    assert one(red, "rgb", 3) == [1, 0, 0]
    assert one(red, "bgr", 3) == [0, 0, 1]
    assert one(red, "grey", 1) == pytest.approx([0.299])
    assert one(red[..., 0], "rgb", 3) == [1, 1, 1]


@pytest.mark.parametrize("shape", [(40, 60, 3), (60, 40, 3), (31, 97)])
@pytest.mark.parametrize("method", ["bilinear", "bicubic", "nearest"])
def test_resizing_is_that_of_pillow(shape, method):
    """The shorter side gets the size, the filter is the one that recipes were made with."""
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    spec = PreprocessSpec(resize=20, divide=1, interpolation=method)
    out = preprocess([image], spec, 3 if len(shape) == 3 else 1)[0]
    height, width = out.shape[1:]
    assert min(height, width) == 20
    resized = Image.fromarray(image).resize((width, height), Image.Resampling[method.upper()])
    expected = np.asarray(resized).reshape(height, width, -1)
    np.testing.assert_array_equal(np.moveaxis(out, 0, -1), expected)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_a_crop_is_taken_from_the_centre(height, width, data):
    """What is cut on two opposite sides differs by at most one pixel."""
    side = data.draw(st.integers(1, min(height, width)))
    rows = np.arange(height, dtype=np.float32)[:, None] * np.ones(width, np.float32)
    out = preprocess(rows, PreprocessSpec(crop=side, divide=1), 1)[0, 0]
    assert out.shape == (side, side)
    above, below = out[0, 0], height - 1 - out[-1, 0]
    assert abs(above - below) <= 1


@settings(max_examples=30)
@given(specs, st.integers(33, 50), st.integers(33, 50))
def test_the_size_is_known_beforehand(spec, height, width):
    """`size_after` promises what `preprocess` does."""
    channels = 1 if spec.colour in ("as_is", "grey") else 3
    out = preprocess(np.zeros((1, height, width), np.uint8), spec, channels)
    assert out.shape == (1, channels, *spec.size_after(height, width))


def test_efficientnet_lite_maps_bytes_as_it_was_trained():
    """The preset computes (x - 127) / 128 from 224 x 224 pixels."""
    flat = np.full((1, 300, 400, 3), 255, np.uint8)
    out = preprocess(flat, PRESETS["efficientnet_lite"], 3)
    assert out.shape == (1, 3, 224, 224)
    assert np.all(out == 1.0)


@pytest.mark.parametrize(
    ("images", "spec", "channels", "says"),
    [
        (np.zeros((1, 4, 4), np.uint8), PreprocessSpec(crop=5), 1, "too small for a crop of 5"),
        (np.zeros((1, 4, 4), np.uint8), PreprocessSpec(), 3, 'colour="rgb"'),
        (np.zeros((1, 4, 4, 3), np.uint8), PreprocessSpec(), 1, 'colour="grey"'),
        (np.zeros((1, 4, 4), np.uint8), PreprocessSpec(mean=(1, 2, 3)), 1, "3 channels"),
        (np.zeros((1, 4, 4, 2), np.uint8), PreprocessSpec(colour="grey"), 1, "2 channels"),
        ([np.zeros((4, 4)), np.zeros((5, 4))], PreprocessSpec(), 1, "differ in size"),
        ([np.zeros((4,))], PreprocessSpec(), 1, "height, width"),
        ([], PreprocessSpec(), 1, "no images"),
        ([np.zeros((1, 99_999), np.uint8)], PreprocessSpec(resize=999), 1, "too large"),
    ],
)
def test_images_that_do_not_fit_are_told_how_to(images, spec, channels, says):
    """Each refusal names what was found and the setting that mends it."""
    with pytest.raises(DataError, match=says):
        preprocess(images, spec, channels)


def test_ten_thousand_small_images_are_quick():
    """Preprocessing the sample costs well under 0.3 s, of processor time, best of three."""
    images = np.zeros((10_000, 28, 28), np.uint8)

    def seconds():
        start = time.process_time()
        preprocess(images, PRESETS["fashion_mnist"], 1)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.3
