"""Checkpoints made to deceive, and those of unusual but honest make."""

import contextlib
import io
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wc_core import (
    ModelFileError,
    UnsafeFileError,
    WeightClusteringError,
    list_tensors,
    load_model,
)

STATE = {"fc.weight": torch.arange(12.0).reshape(3, 4), "fc.bias": torch.ones(3)}


def checkpoint(content=STATE, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


ARCHIVE = checkpoint({"state_dict": STATE, "tied": STATE["fc.weight"], "epoch": 3})


def repacked(content, replaced=None, method=zipfile.ZIP_STORED, twice=""):
    """Pack an archive again, with some members changed, compressed or there a second time."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", method) as new,
    ):
        for name in old.namelist():
            end = name.rpartition("/")[2]
            new.writestr(name, (replaced or {}).get(end, old.read(name)))
            if end == twice:
                with pytest.warns(UserWarning, match="Duplicate name"):
                    new.writestr(name, old.read(name))
    return out.getvalue()


def nested_tuples(depth):
    """Pickle a dict with one key: a tuple in a tuple in a tuple ..."""
    return b"\x80\x02}(" + b")" + b"\x85" * depth + b"K\x01u."


def nested_through_memo(depth):
    """Pickle the same, each level fetched from the memo before it is wrapped."""
    levels = b"".join(b"q\x00" + b"0" + b"h\x00" + b"N\x86" for _ in range(depth))
    return b"\x80\x02}(" + b")" + levels + b"K\x01u."


def refused(tmp_path, content, error, reason, name="model.pth"):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (list_tensors, load_model):
        with pytest.raises(error, match=reason):
            read(path)


@pytest.mark.parametrize("pickled", [nested_tuples(3000), nested_through_memo(3000)])
@pytest.mark.parametrize("place", ["alone", "in the archive", "second of two", "legacy"])
def test_deep_nesting_is_refused_before_torch_sees_it(tmp_path, pickled, place):
    """A megabyte of nested tuples would crash the process, and with it everybody's session."""
    legacy = checkpoint(_use_new_zipfile_serialization=False)
    content = {
        "alone": pickled,
        "in the archive": repacked(checkpoint(), {"data.pkl": pickled}),
        "second of two": repacked(checkpoint(), {"data.pkl": pickled}, twice="data.pkl"),
        # magic number and version as they are, then this in place of what the system says of itself
        "legacy": legacy[:15] + legacy[15:20] + pickled + legacy[20:],
    }[place]
    refused(tmp_path, content, UnsafeFileError, "nests values deeper")


@settings(max_examples=100, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), junk=st.binary(max_size=6), cut=st.integers(0, 6))
def test_damaged_pickles_in_sound_archives_never_cause_anything_but_our_errors(
    tmp_path_factory, where, junk, cut
):
    """Whatever the opcodes have become: a model or a sentence."""
    pickled = zipfile.ZipFile(io.BytesIO(ARCHIVE)).read("archive/data.pkl")
    position = int(where * len(pickled))
    damaged = pickled[:position] + junk + pickled[position + cut :]
    path = tmp_path_factory.getbasetemp() / "damaged_pickle.pth"
    path.write_bytes(repacked(ARCHIVE, {"data.pkl": damaged}))
    with contextlib.suppress(WeightClusteringError):
        model = load_model(path)
        assert all(model.tensors[info.name].shape == info.shape for info in model.infos)


def test_compressed_archives_are_refused_instead_of_misread(tmp_path):
    """Weights are mapped from the archive as they stand there: deflated ones would be noise."""
    content = repacked(checkpoint({"w": torch.randn(99, 99)}), method=zipfile.ZIP_DEFLATED)
    refused(tmp_path, content, ModelFileError, "as torch.save wrote it")


def test_big_endian_checkpoints_are_refused_instead_of_misread(tmp_path):
    """Mapped weights are not swapped."""
    content = repacked(checkpoint(), {"byteorder": b"big"})
    refused(tmp_path, content, ModelFileError, "big-endian")


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
def test_storages_shorter_than_claimed_are_refused(tmp_path, name):
    """Nothing beyond the data of a tensor is taken for its values."""
    content = repacked(checkpoint({"w": torch.randn(99, 99)}), {"0": b"abcd"})
    refused(tmp_path, content, ModelFileError, "damaged", name)


@pytest.mark.parametrize("beside", [{}, {"best_acc1": torch.tensor(71.3)}, {"config": {"lr": 0.1}}])
@pytest.mark.parametrize("key", ["state_dict", "model", "generator"])
def test_state_dicts_are_found_beside_other_things(tmp_path, key, beside):
    """A score kept as a tensor does not pass for the model, nor does an unusual key hide it."""
    torch.save({key: STATE, **beside}, tmp_path / "m.pth")
    model = load_model(tmp_path / "m.pth")
    assert set(model.tensors) == set(STATE)
    assert key in model.notes[0]
    assert all(name in model.notes[0] for name in beside)


def test_a_known_key_wins_over_its_neighbours(tmp_path):
    """Weights as trained are read; their running mean is said to be left out."""
    average = {name: tensor * 0 for name, tensor in STATE.items()}
    torch.save({"ema": average, "model": STATE}, tmp_path / "m.pth")
    model = load_model(tmp_path / "m.pth")
    np.testing.assert_array_equal(model.tensors["fc.weight"], STATE["fc.weight"])
    assert "ema" in model.notes[0]


def test_keys_that_are_no_text_are_not_printed(tmp_path):
    """Whatever they hold, the note stays short."""
    deep = ()
    for _level in range(90):
        deep = (deep,)
    state = {**STATE, deep: 1, "n" * 10_000: 2, **dict.fromkeys(range(20))}
    torch.save(state, tmp_path / "m.pth")
    note = load_model(tmp_path / "m.pth").notes[0]
    assert "tuple" in note
    assert len(note) < 300


@pytest.mark.parametrize(
    "make", [lambda t: t.t(), lambda t: torch.nn.Parameter(t), lambda t: t[1:]]
)
def test_views_and_parameters_are_read_as_what_they_show(tmp_path, make):
    """Strides and offsets are followed."""
    tensor = make(torch.arange(42.0).reshape(6, 7))
    torch.save({"w": tensor}, tmp_path / "m.pth")
    np.testing.assert_array_equal(load_model(tmp_path / "m.pth").tensors["w"], tensor.detach())
