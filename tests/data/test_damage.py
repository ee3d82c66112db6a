"""Whatever bytes are given as data, the answer is a data set or one clear sentence."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wc_core.data import load_dataset
from wc_core.errors import DataError, WeightClusteringError


def small_npz():
    stream = io.BytesIO()
    np.savez_compressed(stream, x_test=np.ones((3, 4, 4), np.uint8), y_test=np.arange(3))
    return stream.getvalue()


def small_zip():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, kind in (("cat/1.png", "PNG"), ("dog/2.gif", "GIF"), ("dog/3.jpg", "JPEG")):
            picture = io.BytesIO()
            Image.new("L", (3, 2), 9).save(picture, kind)
            archive.writestr(name, picture.getvalue())
    return stream.getvalue()


def small_csv():
    return b"label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n"


FILES = {"npz": small_npz(), "zip": small_zip(), "csv": small_csv()}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "data.bin"


def loads_or_refuses(place, content):
    """Load, or refuse with one of our errors; True if it loaded."""
    place.write_bytes(content)
    try:
        data = load_dataset(place)
    except WeightClusteringError as error:
        text = str(error)
    else:
        text = ""
    if text:
        assert "data.bin" in text
        assert "\n" not in text
        return False
    assert len(data) > 0
    assert data.labels is None or len(data.labels) == len(data)
    assert data.thumbnail(0).dtype == np.uint8
    return True


@pytest.mark.parametrize("kind", FILES)
def test_the_kind_is_told_by_content(place, kind):
    """The name of the file does not matter."""
    assert loads_or_refuses(place, FILES[kind])


@pytest.mark.parametrize("kind", ["npz", "zip"])
def test_every_truncation_of_an_archive_is_refused(place, kind):
    """A download that broke off is never taken for a whole file."""
    for length in range(0, len(FILES[kind]), 7):
        assert not loads_or_refuses(place, FILES[kind][:length])


@pytest.mark.parametrize("length", range(0, len(FILES["csv"]), 3))
def test_truncated_text_is_read_or_refused(place, length):
    """Text has no end mark: what is left is judged as it stands."""
    loads_or_refuses(place, FILES["csv"][:length])


@settings(max_examples=150)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_changed_bytes_never_escape_as_another_error(place, kind, data):
    """Flipped, removed and inserted bytes give a data set or our own error."""
    content = bytearray(FILES[kind])
    for _change in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        with_what = data.draw(st.binary(max_size=3))
        content[at : at + data.draw(st.integers(0, 3))] = with_what
    loads_or_refuses(place, bytes(content))


header_text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2), }"


@settings(max_examples=100)
@given(
    at=st.integers(0, len(header_text)),
    cut=st.integers(0, 6),
    put=st.text("0123456789L'|<>uifOVM8-(),{}[]: \n\\", max_size=5),
    version=st.sampled_from([(1, 0), (2, 0), (3, 0), (9, 9)]),
)
def test_changed_array_headers_never_escape_as_another_error(place, at, cut, put, version):
    """Headers inside an intact zip are text from a stranger too."""
    text = (header_text[:at] + put + header_text[at + cut :]).encode()
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY" + bytes(version) + length + text + bytes(4))
    loads_or_refuses(place, stream.getvalue())


def test_one_endless_cell_is_refused(place):
    """A line that is no row is told, not read for ever."""
    assert not loads_or_refuses(place, b"a," + b"x" * 200_000)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(place, content):
    """Noise is no data set, unless it happens to be text."""
    loads_or_refuses(place, content)


@settings(max_examples=100)
@given(st.text('0123456789,;\t\n\r" .-eax\ufeffü', max_size=60))
def test_random_text_is_read_or_refused(place, text):
    """Any table-like text gives a data set or a clear sentence."""
    loads_or_refuses(place, text.encode())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"\0" * 100, "neither an .npz"),
        (b"words without columns", "neither an .npz"),
        (b"\x80\x04\x95abc", "pickle"),
        (b"\x93NUMPY\x01\x00v\x00", "np.savez"),
        (b"\x1f\x8b\x08\x00", "unpack it first"),
        (b"\x89PNG\r\n\x1a\n", "class folders"),
        (b"PK\x05\x06" + b"\0" * 18, "holds no images"),
        (b"PK\x03\x04" + b"\0" * 18, "damaged or incomplete"),
    ],
)
def test_other_kinds_are_told_what_to_do(place, content, says):
    """A file of a wrong kind is told what it seems to be."""
    place.write_bytes(content)
    with pytest.raises(DataError, match=says):
        load_dataset(place)


def test_missing_files_and_folders_are_refused(tmp_path):
    """The path is named."""
    for path in (tmp_path, tmp_path / "nowhere.npz", "bad\0path"):
        with pytest.raises(DataError):
            load_dataset(path)


def test_locked_archives_are_refused(place):
    """A zip with a password is told apart by its flag, not by a crash."""
    content = bytearray(FILES["zip"])
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        content[at + offset] |= 1
    place.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"password|encrypted"):
        load_dataset(place)


def test_a_given_name_is_used_in_place_of_the_path(place):
    """Uploads are stored under their digest; people know them by name."""
    place.write_bytes(b"")
    with pytest.raises(DataError, match="my digits"):
        load_dataset(place, name="my digits")
    place.write_bytes(FILES["npz"])
    assert load_dataset(place, name="my digits").name == "my digits"


@pytest.mark.parametrize("kind", ["npz", "zip"])
def test_names_in_files_cannot_break_the_sentence(place, kind):
    """Line feeds and terminal escapes are shown as question marks, long names are cut."""
    hostile = "\x1b[31mred\nline" + "x" * 500
    stream = io.BytesIO()
    if kind == "npz":
        np.savez(stream, **{hostile: np.ones(3)})
    else:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(f"cat/{hostile}.png", b"broken")
    place.write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="red") as refusal:
        load_dataset(place)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 300


def test_text_too_wide_to_read_is_refused_at_once(place):
    """Reading a column costs pandas so much that large images need another kind of file."""
    place.write_bytes(b"1" + b",1" * 256 * 256 + b",1\n")
    with pytest.raises(DataError, match="65538 columns"):
        load_dataset(place)
