"""Tensors stay in their file until they are asked for; one pass judges all of it."""

import gc
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from wc_core import ModelFileError, load_model
from wc_core.models import _scan, files
from wc_core.models._scan import is_usable, scan
from wc_core.models.files import FileBytes, FileTensors
from wc_core.models.weights import stored_bytes


@pytest.fixture
def path(tmp_path):
    save_file({n: np.full((4, 5), i, np.float32) for i, n in enumerate("abc")}, tmp_path / "m")
    return tmp_path / "m"


def overwrite(path, value):
    """Write a number over the last tensor, in place."""
    with path.open("r+b") as file:
        file.seek(-4 * 20, os.SEEK_END)
        file.write(np.full(20, value, np.float32).tobytes())


def test_a_tensor_of_a_large_file_is_read_when_it_is_asked_for(path, monkeypatch):
    """And again when nobody holds it any more; as long as somebody does, all get the same."""
    monkeypatch.setattr(files, "KEPT_BYTES", 0)
    model = load_model(path)
    overwrite(path, 7)
    first = model.tensors["c"]
    assert first[0, 0] == 7
    overwrite(path, 8)
    assert model.tensors["c"] is first
    del first
    gc.collect()
    assert model.tensors["c"][0, 0] == 8


def test_a_small_model_is_held_once_it_is_read(path):
    """Evaluation and pictures ask for the same arrays over and over."""
    model = load_model(path)
    assert model.tensors["c"][0, 0] == 2
    overwrite(path, 7)
    gc.collect()
    assert model.tensors["c"][0, 0] == 2


def test_replacing_tensors_reads_none_of_the_others(path, monkeypatch):
    """They are asked for through both models."""
    monkeypatch.setattr(files, "KEPT_BYTES", 0)
    read = []
    monkeypatch.setattr(FileTensors, "__getitem__", lambda _self, name: read.append(name))
    changed = load_model(path).with_tensors({"a": np.zeros((4, 5), np.float32)})
    assert not read
    assert list(changed.tensors) == ["a", "b", "c"]
    assert "b" in changed.tensors
    assert "x" not in changed.tensors
    assert changed.tensors["a"][0, 0] == 0
    assert not read
    changed.tensors["b"]
    assert read == ["b"]


def test_names_lose_the_prefix_of_wrappers_and_nothing_is_read(tmp_path, monkeypatch):
    """Told apart, listed and counted by their names alone."""
    save_file({f"module.{n}": np.ones((4, 5), np.float32) for n in "ab"}, tmp_path / "m")
    model = load_model(tmp_path / "m")
    with monkeypatch.context() as patched:
        patched.setattr(FileTensors, "__getitem__", None)
        assert list(model.tensors) == ["a", "b"]
        assert len(model.tensors) == 2
        assert "a" in model.tensors
        assert "module.a" not in model.tensors
    assert model.tensors["a"].shape == (4, 5)


def test_nobody_can_put_another_file_in_its_place(path, tmp_path, monkeypatch):
    """The file that was judged is the file that is read, as long as the model lives."""
    monkeypatch.setattr(files, "KEPT_BYTES", 0)
    model = load_model(path)
    save_file({"c": np.full((9, 9), np.nan, np.float32)}, tmp_path / "other")
    (tmp_path / "other").replace(path)
    assert model.tensors["c"][0, 0] == 2


def test_a_file_that_is_cut_meanwhile_is_said_to_be(path, monkeypatch):
    """No array is made up."""
    monkeypatch.setattr(files, "KEPT_BYTES", 0)
    model = load_model(path)
    os.truncate(path, 100)
    with pytest.raises(ModelFileError, match="shorter"):
        model.tensors["c"]


def test_files_are_closed_with_their_models(path):
    """However many are opened one after the other."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _time in range(5):
        load_model(path).tensors["a"]
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


FLOATS = ["float16", "bfloat16", "float32", "float64"]
ODD = [np.nan, -np.nan, np.inf, -np.inf, 1e39, -1e39]


@given(
    st.sampled_from(FLOATS),
    st.lists(st.floats(width=64), min_size=1, max_size=9),
)
def test_numbers_are_usable_if_single_precision_holds_them(dtype, values):
    """Judged by their bits; not by NaN's, infinity's, or what rounds to it."""
    with np.errstate(over="ignore"):
        array = np.array(values).astype("float32" if dtype == "bfloat16" else dtype)
    stored = np.frombuffer(stored_bytes(array, dtype), np.uint8)
    held = array.astype(np.float64)
    if dtype == "bfloat16" and np.isfinite(held).all():  # rounding up may leave the range
        held = (np.frombuffer(stored, "<u2").astype(np.uint32) << 16).view(np.float32)
    limit = float(np.finfo(np.float32).max)
    assert is_usable(stored, dtype) == bool((np.abs(held) <= limit).all())


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("place", [0, 1, 15, 16, 47, 48, 49])
def test_odd_values_are_found_wherever_they_are(tmp_path, monkeypatch, place, odd):
    """On both sides of every seam between the chunks that are read."""
    monkeypatch.setattr(_scan, "CHUNK", 128)
    tensors = {
        "a": np.ones((7, 7), np.float32),
        "b": np.ones((5, 10)),
        "c": np.arange(33, dtype=np.int8),
        "d": np.ones((3, 3), np.float16),
    }
    save_file(tensors, tmp_path / "good")
    assert load_model(tmp_path / "good").digest == digest(tmp_path / "good")
    tensors["b"][np.unravel_index(place, (5, 10))] = odd
    save_file(tensors, tmp_path / "bad")
    with pytest.raises(ModelFileError, match=r"^bad: b holds"):
        load_model(tmp_path / "bad")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 1000])
def test_the_digest_is_over_all_files_one_after_the_other(tmp_path, monkeypatch, size):
    """Whatever their lengths."""
    monkeypatch.setattr(_scan, "CHUNK", 128)
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(rng.bytes(size))
    found, odd = scan([FileBytes(tmp_path / name) for name in ("one", "two")], {})
    together = (tmp_path / "one").read_bytes() + (tmp_path / "two").read_bytes()
    assert found == hashlib.sha256(together).hexdigest()
    assert not odd


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
