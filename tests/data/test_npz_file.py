"""Images and labels come out of .npz files however people name and shape them."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core.data import damage, load_dataset
from wc_core.errors import DataError

IMAGES = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
LABELS = np.array([0, 1, 2, 1, 0])


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "data.npz"
        np.savez_compressed(path, **arrays)
        return path

    return write


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("x_test", "y_test"),
        ("X_test", "Y_test"),
        ("xtest", "ytest"),
        ("test_images", "test_labels"),
        ("images_val", "labels_val"),
        ("images", "labels"),
        ("X", "y"),
        ("data", "target"),
        ("train_images", "train_labels"),
        ("arr_0", "arr_1"),
    ],
)
def test_the_usual_names_are_understood(npz, images, labels):
    """Nobody has to rename arrays."""
    data = load_dataset(npz(**{images: IMAGES, labels: LABELS}))
    np.testing.assert_array_equal(data.images, IMAGES)
    np.testing.assert_array_equal(data.labels, LABELS)
    assert data.class_names == ("0", "1", "2")
    assert data.name == "data.npz"


def test_test_images_are_preferred_to_training_images(npz):
    """A model has seen its training images: accuracy on them means little."""
    data = load_dataset(npz(x_train=IMAGES + 1, y_train=LABELS, x_test=IMAGES, y_test=LABELS))
    np.testing.assert_array_equal(data.images, IMAGES)
    assert "x_test" in data.notes[0]
    assert "training" in load_dataset(npz(x_train=IMAGES, y_train=LABELS)).notes[0]


def test_files_without_labels_are_usable(npz):
    """Agreement with the original needs no labels."""
    data = load_dataset(npz(images=IMAGES))
    assert data.labels is None
    assert data.class_names == ()
    assert any("no labels" in note for note in data.notes)


def test_class_names_are_taken_when_they_suffice(npz):
    """Names of fewer classes than there are cannot be meant."""
    names = np.array(["cat", "dog", "owl"])
    assert load_dataset(npz(x=IMAGES, y=LABELS, class_names=names)).class_names[2] == "owl"
    assert load_dataset(npz(x=IMAGES, y=LABELS, class_names=names[:2])).class_names[2] == "2"


@pytest.mark.parametrize(
    "labels",
    [LABELS[:, None], LABELS.astype(float), np.eye(3)[LABELS], np.eye(3, dtype=bool)[LABELS]],
)
def test_labels_of_any_shape_become_numbers(npz, labels):
    """Columns, floats that are whole and one-hot rows all mean classes."""
    np.testing.assert_array_equal(load_dataset(npz(x=IMAGES, y=labels)).labels, LABELS)


def test_labels_in_words_become_classes(npz):
    """Texts are numbered in alphabetical order."""
    data = load_dataset(npz(x=IMAGES, y=np.array(["dog", "cat", "dog", "owl", "cat"])))
    assert data.labels.tolist() == [1, 0, 1, 2, 0]
    assert data.class_names == ("cat", "dog", "owl")


colour = np.arange(2 * 6 * 5 * 3, dtype=np.uint8).reshape(2, 6, 5, 3)


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        (colour, colour),
        (np.moveaxis(colour, -1, 1), colour),
        (np.concatenate([colour, colour[..., :1]], -1), colour),
        (IMAGES[..., None], IMAGES),
        (IMAGES[:, None], IMAGES),
        (IMAGES.reshape(5, 16), IMAGES),
        (IMAGES[:, 0, :3], IMAGES[:, None, :1, :3]),  # three values are one colour pixel
    ],
)
def test_axes_are_told_from_the_shape(npz, given_as, expected):
    """Channels first or last, flat rows: images end up as (n, h, w[, c])."""
    images = load_dataset(npz(images=given_as)).images
    np.testing.assert_array_equal(images, expected)


def test_rows_that_are_no_image_keep_their_values(npz):
    """Seven features are an image one pixel high, as networks of linear layers take them."""
    rows = np.arange(14, dtype=np.uint8).reshape(2, 7)
    data = load_dataset(npz(x=rows))
    np.testing.assert_array_equal(data.images, rows[:, None, :])
    assert any("one pixel high" in note for note in data.notes)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_shares_of_255_become_the_bytes_they_were(npz, dtype):
    """Images between 0 and 1 fit the same presets as bytes."""
    data = load_dataset(npz(x=(IMAGES / 255).astype(dtype)))
    assert data.default_preprocess == "unit"
    assert any("shares of 255" in note for note in data.notes)
    np.testing.assert_allclose(data.images, IMAGES, atol=0.05)
    assert dtype == np.float16 or data.images.dtype == np.uint8


@pytest.mark.parametrize(
    ("values", "dtype", "preset"),
    [
        (IMAGES.astype(np.int64), np.uint8, "unit"),
        (IMAGES.astype(np.float64), np.uint8, "unit"),
        (IMAGES + 0.25, np.float32, "unit"),
        (IMAGES / 64 - 0.5, np.float32, "raw"),
        (IMAGES.astype(np.int32) * 9, np.float32, "raw"),
        (IMAGES > 40, np.uint8, "unit"),
    ],
)
def test_values_are_kept_small_without_loss(npz, values, dtype, preset):
    """Whole numbers up to 255 become bytes; other values stay floats and are used as they are."""
    data = load_dataset(npz(x=values))
    assert (data.images.dtype, data.default_preprocess) == (dtype, preset)
    expected = values * 255 if values.dtype == bool else values
    np.testing.assert_allclose(data.images, expected, rtol=1e-6)


nan = IMAGES.astype(np.float32)
nan[3, 1, 1] = np.nan


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": IMAGES, "y": LABELS[:4]}, "5 images but 4 labels"),
        ({"x": nan}, "image 3 holds NaN"),
        ({"x": np.full((1, 2, 2), 1e300)}, "image 0 holds NaN or infinite"),
        ({"x": IMAGES, "y": LABELS - 1}, "label of image 0 is -1"),
        ({"x": IMAGES, "y": LABELS + 0.5}, "label of image 0 is 0.5"),
        ({"x": IMAGES, "y": LABELS * np.nan}, "label of image 0 is nan"),
        ({"x": IMAGES, "y": LABELS + 10**9}, "is 1000000000"),
        ({"x": IMAGES, "y": np.ones((5, 3))}, "one-hot"),
        ({"x": IMAGES, "y": np.ones((5, 3, 2))}, "labels have shape"),
        ({"x": IMAGES, "y": LABELS * 1j}, "complex"),
        ({"x": IMAGES * 1j}, "complex"),
        ({"x": np.array(["a", "b"])}, "images have to be numbers"),
        ({"x": np.zeros((0, 4, 4))}, "holds no images"),
        ({"x": np.zeros(4)}, "holds no images"),
        ({"x": np.zeros((2, 3, 4, 5, 6))}, r"shape \(2, 3, 4, 5, 6\)"),
        ({"x": np.zeros((2, 7, 8, 5))}, "channels"),
        ({"weights": IMAGES}, "holds weights, none of which are images"),
        ({"x": np.array([{}, []], dtype=object)}, "Python objects"),
        ({"x": IMAGES, "y": np.array([1, "a", {}, 2, 3], dtype=object)}, "Python objects"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(npz, arrays, says):
    """The refusal names the file, what is wrong and where."""
    with pytest.raises(DataError, match=says) as refusal:
        load_dataset(npz(**arrays))
    assert "data.npz" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_would_fill_the_memory_is_refused_before_it_is_read(npz, monkeypatch):
    """A few kilobytes that unpack to gigabytes are told from the zip's own listing."""
    monkeypatch.setattr(damage, "SMALL_BYTES", 100_000)
    with pytest.raises(DataError, match="would unpack"):
        load_dataset(npz(x=np.zeros((10, 200, 200), np.uint8)))
    noise = np.random.default_rng(0).integers(0, 256, (10, 200, 200), dtype=np.uint8)
    assert len(load_dataset(npz(x=noise))) == 10


def test_only_the_arrays_needed_are_judged(npz):
    """Objects in arrays that nobody reads do no harm."""
    assert len(load_dataset(npz(x=IMAGES, y=LABELS, extra=np.array([{}], dtype=object)))) == 5


@given(st.integers(2, 2**60), st.integers(1, 2**20))
def test_a_header_that_claims_more_than_there_is_allocates_nothing(tmp_path_factory, n, side):
    """The shape in a header is compared with the bytes that follow it."""
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": (n, side, side)}
    np.lib.format.write_array_header_1_0(header, claim)
    path = tmp_path_factory.mktemp("claim", numbered=True) / "claim.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(1))
    with pytest.raises(DataError, match="cut short"):
        load_dataset(path)
