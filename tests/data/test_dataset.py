"""A data set hands out its images in order and says when a model cannot take them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core.data import PRESETS, Dataset, PreprocessSpec, check_fits, load_dataset
from wc_core.data import dataset as module
from wc_core.errors import ConfigError, DataError

UNIT = PRESETS["unit"]


def small(n=10, side=4, labels=None, images=None):
    images = np.arange(n * side * side).reshape(n, side, side).astype(np.uint8)
    labels = np.arange(n) % 3 if labels is None else np.asarray(labels)
    return Dataset("small", "d1", images, labels, ("a", "b", "c"))


@given(st.integers(1, 12), st.integers(1, 15))
def test_batches_hold_every_image_once_in_order(n, batch_size):
    """The batch size changes no number."""
    data = small(n)
    whole = next(data.batches(UNIT, (1, 4, 4), n))
    parts = list(data.batches(UNIT, (1, None, None), batch_size))
    assert all(len(part) == batch_size for part in parts[:-1])
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_batches_of_an_impossible_size_are_refused():
    """Zero images a batch would never end."""
    with pytest.raises(ConfigError, match="batch"):
        next(small().batches(UNIT, (1, 4, 4), 0))


@given(st.integers(1, 10))
def test_a_part_of_a_sorted_set_spans_its_classes(n):
    """Taking few images of a set in order of class does not take one class only."""
    part = small(labels=[0] * 4 + [1] * 3 + [2] * 3).take(n)
    assert len(part) == len(part.labels) == n
    assert len(set(part.labels)) == min(n, 3) or n < 4
    assert n == 1 or {0, 2} <= set(part.labels)


def test_a_part_of_a_mixed_set_is_its_beginning():
    """The first n images keep their labels, and the digest tells the part from the whole."""
    data = small()
    part = data.take(4)
    np.testing.assert_array_equal(part.images, data.images[:4])
    np.testing.assert_array_equal(part.labels, data.labels[:4])
    assert part.digest not in (data.digest, data.take(5).digest)
    assert data.take(99) is data
    with pytest.raises(ConfigError, match="1 image"):
        data.take(0)


def test_a_part_of_images_of_many_sizes_and_no_labels():
    """Lists of images and sets without labels can be cut too."""
    data = Dataset("x", "d", [np.zeros((i + 1, 2), np.uint8) for i in range(5)], None)
    assert [image.shape for image in data.take(2).images] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("labels", "shape", "classes", "spec", "says"),
    [
        ([0, 1, 7, 9], (1, 4, 4), 5, UNIT, r"label 7 .* 0 to 4 \(2 of 4 images"),
        ([0, -1, 0, 0], (1, 4, 4), 5, UNIT, "label -1"),
        ([0] * 4, (1, 8, 8), 5, UNIT, "4×4 .* 8×8; set resize and crop"),
        ([0] * 4, (1, None, 5), 5, UNIT, "4×4 .* 4×5"),
        ([0] * 4, (3, 4, 4), 5, UNIT, 'colour="rgb"'),
        ([0] * 4, (1, 4, 4), 5, PRESETS["cifar10"], 'colour="grey"'),
        ([0] * 4, (1, 4, 4), 5, PreprocessSpec(crop=9), "too small for a crop"),
    ],
)
def test_a_set_that_does_not_fit_is_told_why(labels, shape, classes, spec, says):
    """Labels, sizes and channels are compared with the model's before anything runs."""
    with pytest.raises(DataError, match=says):
        check_fits(small(4, labels=labels), spec, shape, classes)


@pytest.mark.parametrize("shape", [(3, 6, 6), (3, None, None)])
def test_settings_make_a_set_fit(shape):
    """What the refusals advise is enough."""
    spec = PreprocessSpec(resize=8, crop=6, colour="rgb")
    check_fits(small(), spec, shape, 3)
    assert next(small().batches(spec, shape, 2)).shape == (2, 3, 6, 6)


def test_images_of_many_sizes_need_one_size():
    """Where any size will do, it still has to be one."""
    data = Dataset("x", "d", [np.zeros((4, 4), np.uint8), np.zeros((4, 6), np.uint8)], None)
    with pytest.raises(DataError, match="differ in size"):
        check_fits(data, UNIT, (1, None, None), 2)
    check_fits(data, PreprocessSpec(resize=4, crop=4), (1, None, None), 2)


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (np.zeros((4, 5), np.uint8), (4, 5)),
        (np.zeros((4, 5, 1), np.uint8), (4, 5)),
        (np.zeros((4, 5, 4), np.uint8), (4, 5, 3)),
        (np.zeros((600, 300, 3), np.uint8), (200, 100, 3)),
        (np.full((4, 5), -3.5), (4, 5)),
    ],
)
def test_thumbnails_are_bytes_of_showable_shape(image, shape):
    """Any image can be shown."""
    shown = Dataset("x", "d", [image], None).thumbnail(0)
    assert shown.dtype == np.uint8
    assert shown.shape == shape


def test_thumbnails_of_normalised_images_use_the_whole_range():
    """Values that are no bytes are stretched from black to white."""
    image = np.array([[-2.0, 0.0, 2.0]], np.float32)
    assert Dataset("x", "d", [image], None).thumbnail(0).tolist() == [[0, 128, 255]]


def test_the_sample_is_the_whole_test_set():
    """The embedded set is what the accuracy of the sample models is stated on."""
    data = load_dataset("sample")
    assert data.images.shape == (10_000, 28, 28)
    assert data.images.dtype == np.uint8
    assert np.bincount(data.labels).tolist() == [1000] * 10
    assert data.class_names[0] == "T-shirt/top"
    assert data.default_preprocess == "fashion_mnist"
    check_fits(data, PRESETS["fashion_mnist"], (1, 28, 28), 10)


def test_shared_images_cannot_be_changed():
    """One data set is shared by all who look at it."""
    with pytest.raises(ValueError, match="read-only"):
        load_dataset("sample").images[0, 0, 0] = 1


def test_images_are_prepared_once():
    """Who measures again gets the very same arrays, which nobody may write to."""
    data = small(10)
    first, again = (list(data.batches(UNIT, (1, 4, 4), 4)) for _ in range(2))
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert not any(batch.flags.writeable for batch in first)


def test_only_the_last_preparation_is_kept():
    """Another preprocessing or batch size gives its own arrays, and drops the others."""
    data = small(10)
    unit = list(data.batches(UNIT, (1, 4, 4), 4))
    raw = list(data.batches(PRESETS["raw"], (1, 4, 4), 4))
    assert not np.array_equal(unit[1], raw[1])
    assert [len(batch) for batch in data.batches(PRESETS["raw"], (1, 4, 4), 5)] == [5, 5]
    assert len(data._prepared) == 1


def test_what_was_not_finished_or_is_too_large_is_not_kept(monkeypatch):
    """Half of the images are of no use, and memory is bounded."""
    data = small(10)
    next(data.batches(UNIT, (1, 4, 4), 4))
    assert data._prepared == {}
    monkeypatch.setattr(module, "KEPT_BYTES", 100)
    whole = np.concatenate(list(data.batches(UNIT, (1, 4, 4), 4)))
    assert data._prepared == {}
    assert len(whole) == 10


def test_the_same_part_is_taken_once():
    """A part keeps what was prepared of it, as long as no other part is taken."""
    data = small(10)
    assert data.take(4) is data.take(4)
    assert data.take(5) is not data.take(4)
    assert len(data._parts) == 1
