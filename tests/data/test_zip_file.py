"""A zip of class folders becomes labelled images, and nothing reaches the disk."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wc_core.data import damage, load_dataset
from wc_core.errors import DataError


def picture(value=0, mode="L", size=(4, 3), kind="PNG"):
    stream = io.BytesIO()
    colour = value if mode in ("1", "L", "P", "I;16") else (value,) * len(mode)
    Image.new(mode, size, colour).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def zipped(tmp_path):
    def write(files):
        path = tmp_path / "pets.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return path

    return write


def test_folders_are_classes_in_alphabetical_order(zipped):
    """Images come in the order of their paths, labels from their folders."""
    data = load_dataset(
        zipped({"dog/b.png": picture(3), "cat/a.png": picture(1), "dog/a.png": picture(2)})
    )
    assert data.class_names == ("cat", "dog")
    assert data.labels.tolist() == [0, 1, 1]
    assert data.images[:, 0, 0].tolist() == [1, 2, 3]
    assert data.images.shape == (3, 3, 4)
    assert data.name == "pets.zip"


@pytest.mark.parametrize("top", ["", "pets/", "a/pets/", "pets\\"])
def test_folders_around_and_clutter_are_passed_over(zipped, top):
    """What file managers add changes nothing."""
    data = load_dataset(
        zipped(
            {
                f"{top}cat/1.png": picture(),
                f"{top}dog/2.PNG": picture(),
                f"{top}dog/.hidden.png": b"?",
                f"{top}dog/notes.txt": b"?",
                f"{top}.DS_Store": b"?",
                "__MACOSX/cat/._1.png": b"?",
                f"{top}empty/": b"",
            }
        )
    )
    assert data.class_names == ("cat", "dog")
    assert data.labels.tolist() == [0, 1]


def test_folders_within_class_folders_belong_to_the_class(zipped):
    """Only the outer folder names the class."""
    data = load_dataset(zipped({"cat/x/1.png": picture(), "dog/y/z/2.png": picture()}))
    assert data.class_names == ("cat", "dog")


def test_a_single_class_folder_is_kept(zipped):
    """One class is a class, not a folder around them."""
    assert load_dataset(zipped({"cat/1.png": picture()})).class_names == ("cat",)


def test_test_folders_are_preferred(zipped):
    """A model has seen its training images."""
    data = load_dataset(zipped({"d/train/cat/1.png": picture(1), "d/test/cat/1.png": picture(2)}))
    assert data.images[:, 0, 0].tolist() == [2]
    assert any("test" in note for note in data.notes)


def test_folders_that_are_numbers_are_class_numbers(zipped):
    """Folder 10 comes after 9, and a class without images keeps its number free."""
    data = load_dataset(zipped({f"{i}/a.png": picture(i) for i in (0, 2, 10)}))
    assert data.labels.tolist() == data.images[:, 0, 0].tolist()
    assert sorted(data.labels) == [0, 2, 10]
    assert len(data.class_names) == 11


def test_images_without_folders_have_no_labels(zipped):
    """They still show how far two models agree."""
    data = load_dataset(zipped({"1.png": picture(), "2.png": picture()}))
    assert data.labels is None
    assert any("no labels" in note for note in data.notes)


@pytest.mark.parametrize(
    ("mode", "kind", "shape"),
    [
        ("L", "PNG", (3, 4)),
        ("LA", "PNG", (3, 4)),
        ("RGB", "PNG", (3, 4, 3)),
        ("RGBA", "PNG", (3, 4, 3)),
        ("P", "PNG", (3, 4, 3)),
        ("I;16", "PNG", (3, 4)),
        ("RGB", "JPEG", (3, 4, 3)),
        ("RGB", "BMP", (3, 4, 3)),
        ("P", "GIF", (3, 4, 3)),
        ("RGB", "WEBP", (3, 4, 3)),
        ("CMYK", "TIFF", (3, 4, 3)),
    ],
)
def test_all_usual_kinds_of_image_become_bytes(zipped, mode, kind, shape):
    """Grey stays grey, everything else becomes RGB."""
    ending = "jpg" if kind == "JPEG" else kind.lower()
    data = load_dataset(zipped({f"a/1.{ending}": picture(0, mode, kind=kind)}))
    assert data.images.dtype == np.uint8
    assert data.images.shape == (1, *shape)


def test_sixteen_bits_are_scaled_to_eight(zipped):
    """White stays white."""
    assert load_dataset(zipped({"a/1.png": picture(65535, "I;16")})).images.min() == 255


def test_images_of_many_sizes_are_kept_as_they_are(zipped):
    """Resizing is the preprocessing's business."""
    files = {"a/1.png": picture(size=(4, 3)), "a/2.png": picture(size=(5, 6), mode="RGB")}
    assert [x.shape for x in load_dataset(zipped(files)).images] == [(3, 4), (6, 5, 3)]


def huge_png():
    def chunk(kind, body):
        code = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", code)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "holds no images"),
        ({"cat/readme.txt": b"hello"}, "holds no images"),
        ({"cat/1.png": picture(), "cat/2.png": b"broken"}, "image cat/2.png cannot be read"),
        ({"cat/1.png": picture()[:-30]}, "image cat/1.png cannot be read"),
        ({"cat/1.png": b""}, "image cat/1.png cannot be read"),
        ({"cat/1.png": huge_png()}, "million pixels"),
        ({"cat/1.png": picture(size=(9000, 9000))}, "million pixels"),
        ({"cat/1.png": picture(), "2.png": picture()}, "2.png lies in no class folder"),
    ],
)
def test_unusable_zips_are_refused_by_name(zipped, files, says):
    """The refusal names the image at fault."""
    with pytest.raises(DataError, match=says) as refusal:
        load_dataset(zipped(files))
    assert "pets.zip" in str(refusal.value)


def test_zips_that_would_fill_the_memory_are_refused(zipped, monkeypatch):
    """The zip's own listing is judged before any image is unpacked."""
    path = zipped({"a/1.png": bytes(10**6)})
    monkeypatch.setattr(damage, "SMALL_BYTES", 10**5)
    with pytest.raises(DataError, match="would unpack"):
        load_dataset(path)
    monkeypatch.setattr(damage, "MOST_MEMBERS", 1)
    with pytest.raises(DataError, match="at most 1"):
        load_dataset(zipped({"a/1.png": picture(), "a/2.png": picture()}))


def test_pixels_are_counted_while_images_are_decoded(zipped, monkeypatch):
    """Many well-packed images cannot fill the memory together."""
    monkeypatch.setattr("wc_core.data.zip_file.MOST_BYTES", 20)
    with pytest.raises(DataError, match="GB of pixels"):
        load_dataset(zipped({"a/1.png": picture(), "a/2.png": picture()}))


def test_tiny_images_that_decode_to_gigabytes_are_refused_before_they_do(zipped, monkeypatch):
    """A blank image packs to nothing; its own header tells what it would take."""
    monkeypatch.setattr("wc_core.data.zip_file.SMALL_BYTES", 10**6)
    blank = picture(0, "1", size=(1500, 1500))
    assert len(load_dataset(zipped({"a/1.png": picture(), "a/2.png": picture()}))) == 2
    with pytest.raises(DataError, match="GB of pixels"):
        load_dataset(zipped({f"a/{i}.png": blank for i in range(3)}))


def test_photos_are_not_taken_for_fillers(zipped, monkeypatch):
    """What photos pack is far from what fillers pack, so many of them are read."""
    monkeypatch.setattr("wc_core.data.zip_file.SMALL_BYTES", 0)
    rows, columns = np.mgrid[:256, :256]
    noise = np.random.default_rng(0).normal(0, 3, rows.shape)
    stream = io.BytesIO()
    Image.fromarray(np.uint8((rows + columns) / 3 + 20 + noise)).save(stream, "JPEG", quality=75)
    assert len(load_dataset(zipped({f"a/{i}.jpg": stream.getvalue() for i in range(3)}))) == 3


names = st.text("abcxyz09", min_size=1, max_size=4)


@settings(max_examples=40)
@given(st.dictionaries(names, st.lists(names, min_size=1, max_size=3, unique=True), min_size=1))
def test_every_image_gets_the_class_of_its_folder(tmp_path_factory, folders):
    """The name of an image's class is the name of its folder, whatever folders are called."""
    path = tmp_path_factory.mktemp("law", numbered=True) / "law.zip"
    values = {}
    with zipfile.ZipFile(path, "w") as archive:
        for folder, files in folders.items():
            values[len(values)] = folder
            for file in files:
                archive.writestr(f"{folder}/{file}.png", picture(len(values) - 1))
    data = load_dataset(path)
    assert len(data) == sum(map(len, folders.values()))
    numbered = all(folder.isdecimal() for folder in folders)
    for image, label in zip(data.images, data.labels, strict=True):
        folder = values[int(image[0, 0])]
        assert data.class_names[label] == (str(int(folder)) if numbered else folder)
