"""Images come out of text, and what is wrong in it is named by its line."""

import csv
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wc_core.data import csv_file, load_dataset
from wc_core.errors import DataError


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "digits.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "labels", "names"),
    [
        ("label,a,b,c,d\n1,0,1,2,3\n0,4,5,6,7\n", [1, 0], ("0", "1")),
        ("a,b,c,d,Class\n0,1,2,3,1\n4,5,6,7,0\n", [1, 0], ("0", "1")),
        ("a,b,target,c,d\n0,1,1,2,3\n4,5,0,6,7\n", [1, 0], ("0", "1")),
        ("1,0,1,2,3\n0,4,5,6,7\n", [1, 0], ("0", "1")),
        ("what,a,b,c,d\n1,0,1,2,3\n0,4,5,6,7\n", [1, 0], ("0", "1")),
        ("dog,0,1,2,3\ncat,4,5,6,7\n", [1, 0], ("cat", "dog")),
        ("y;a;b;c;d\n1.0;0;1;2;3\n0;4;5;6;7", [1, 0], ("0", "1")),
        ("y\ta\tb\tc\td\r\n1\t0\t1\t2\t3\r\n0\t4\t5\t6\t7\r\n\r\n\n", [1, 0], ("0", "1")),
        ('"label","a","b","c","d"\n"1","0","1","2","3"\n0, 4, 5, 6, 7', [1, 0], ("0", "1")),
        ("\ufefflabel,a,b,c,d\n1,0,1,2,3\n0,4,5,6,7\n", [1, 0], ("0", "1")),
        ("0,1,2,3\n4,5,6,7\n", None, ()),
    ],
)
def test_labels_are_found_and_pixels_become_squares(table, text, labels, names):
    """A column called label, or the first one if the others make an image."""
    data = load_dataset(table(text))
    assert data.images.tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    assert data.images.dtype == np.uint8
    assert (None if labels is None else data.labels.tolist()) == labels
    assert data.class_names == names


def test_rows_of_features_keep_their_values(table):
    """Columns that make no image are an image one pixel high."""
    data = load_dataset(table("label,a,b,c,d,e\n1,0.5,-1,2,3,4\n"))
    assert data.images.tolist() == [[[0.5, -1, 2, 3, 4]]]
    assert data.default_preprocess == "raw"


def test_colour_rows_are_channels_first_as_cifar_stores_them(table):
    """Twelve values are the red, green and blue planes of 2 x 2 pixels."""
    cells = ",".join(map(str, range(12)))
    data = load_dataset(table(f"label,{','.join('abcdefghijkl')}\n0,{cells}\n"))
    assert data.images[0, 0, 0].tolist() == [0, 4, 8]


HEAD = "label,a,b,c,d\n0,1,2,3,4\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "1,2,x,4,5\n", "line 3: 'x' in column b is not a number"),
        (HEAD + "1,2,,4,5\n", "line 3: '' in column b"),
        (HEAD + "1,2,nan,4,5\n", "line 3: 'nan' in column b"),
        (HEAD + "1,2,3\n", "line 3: '' in column c"),
        (HEAD + "\n0,1,2,3,4\n", "line 3: '' in column a"),
        (HEAD + "0,1,2,3,4,5\n", "line 3: more columns than the 5"),
        ("label,a,b,c,d\n0,1,2,3,4,5\n", "line 2: more columns than the 5"),
        ("label,a,b,c,d\n0,1,2,3,4,5,6,7\n", "line 2: more columns than the 5"),
        (HEAD + ",1,2,3,4\n", "line 3: the label is empty"),
        (HEAD + "-1,1,2,3,4\n", "line 3: the label '-1'"),
        (HEAD + "0.5,1,2,3,4\n", "line 3: the label '0.5'"),
        (HEAD + "cat,1,2,3,4\n", "line 3: the label 'cat'"),
        (HEAD + "inf,1,2,3,4\n", "line 3: the label 'inf'"),
        (HEAD + "999999999,1,2,3,4\n", "label of image 1 is 999999999"),
        (HEAD + "1,inf,2,3,4\n", "image 1 holds NaN or infinite"),
        ("label,a,b,c,d\n", "no rows of images"),
        ("just one line of words\n", "1 columns in its first line"),
        (HEAD + '0,1,2,3,"4\n', "damaged"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(table, text, says):
    """A cell in a long file can be found and mended."""
    with pytest.raises(DataError, match=says) as refusal:
        load_dataset(table(text))
    assert "digits.csv" in str(refusal.value)


def test_text_in_another_encoding_is_refused(table):
    """No cell is guessed at."""
    with pytest.raises(DataError, match=r"digits\.csv"):
        load_dataset(table("label,größe,b,c,d\n0,1,2,3,4\n", "latin-1"))


@settings(max_examples=40)
@given(
    hnp.arrays(np.int16, st.tuples(st.integers(1, 9), st.just(9)), elements=st.integers(-5, 300)),
    st.integers(1, 40),
)
def test_what_is_written_is_read(tmp_path_factory, values, at_once):
    """Values and labels survive the text, however many rows are read at once."""
    path = tmp_path_factory.mktemp("law", numbered=True) / "law.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["label", *range(9)])
        writer.writerows([i % 3, *row] for i, row in enumerate(values.tolist()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "_CELLS_AT_ONCE", at_once)
        data = load_dataset(path)
    np.testing.assert_array_equal(data.images.reshape(-1, 9), values)
    assert data.labels.tolist() == [i % 3 for i in range(len(values))]


def test_lines_are_named_in_later_parts_too(table, monkeypatch):
    """Reading some rows at a time does not lose count."""
    monkeypatch.setattr(csv_file, "_CELLS_AT_ONCE", 10)
    with pytest.raises(DataError, match="line 12: 'x'"):
        load_dataset(table("label,a,b,c,d\n" + "0,1,2,3,4\n" * 10 + "0,1,2,x,4\n"))


def test_ten_thousand_digits_are_read_in_seconds(tmp_path):
    """The size that people have, as text; processor time, so that a busy machine does not count."""
    path = tmp_path / "many.csv"
    row = ",".join(["7"] + ["128"] * 784) + "\n"
    path.write_text(row * 10_000)
    start = time.process_time()
    assert load_dataset(path).images.shape == (10_000, 28, 28)
    assert time.process_time() - start < 5
