"""Model files are read by content, safely, and what cannot be read is named."""

import contextlib
import io
import json
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save as save_bytes
from safetensors.torch import save_file

from wc_core import (
    ModelFileError,
    UnknownNameError,
    UnsafeFileError,
    WeightClusteringError,
    list_tensors,
    load_model,
)

STATE = {
    "fc.weight": torch.arange(12.0).reshape(3, 4),
    "fc.bias": torch.tensor([1.0, -2.0, 0.5]),
}


def same(model, state=STATE):
    assert {i.name for i in model.infos} == set(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(model.tensors[name], tensor.double().numpy())


def torch_bytes(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("nested", ["", "state_dict", "model", "model_state_dict", "net", "ema"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "_orig_mod.module."])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_checkpoints_are_found_wherever_they_are_nested(tmp_path, nested, prefix, legacy):
    """Plain or nested, wrapped or not, new format or old: the same weights, canonical names."""
    state = {prefix + name: tensor for name, tensor in STATE.items()}
    content = {nested: state, "epoch": 3, "optimizer": {"lr": 0.1}} if nested else state
    path = tmp_path / "model.pth"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    model = load_model(path)
    same(model)
    assert (model.format, model.prefix) == ("torch", prefix)
    assert model.file_bytes == path.stat().st_size
    assert bool(model.notes) == bool(nested)


@pytest.mark.parametrize("name", ["model.safetensors", "model.bin", "model"])
def test_the_content_tells_the_kind_not_the_name(tmp_path, name):
    """A file opens under any name."""
    save_file(STATE, tmp_path / name)
    model = load_model(tmp_path / name)
    same(model)
    assert model.format == "safetensors"


def test_sharded_files_are_one_model(tmp_path):
    """The index names the shards; digest and size cover all of it."""
    index = {"weight_map": {name: f"{i}.safetensors" for i, name in enumerate(STATE)}}
    for i, (name, tensor) in enumerate(STATE.items()):
        save_file({name: tensor}, tmp_path / f"{i}.safetensors")
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    model = load_model(path)
    same(model)
    assert model.file_bytes == sum(p.stat().st_size for p in tmp_path.iterdir())
    (tmp_path / "1.safetensors").unlink()
    with pytest.raises(ModelFileError, match=r"shard 1\.safetensors is missing"):
        load_model(path)


def test_shards_outside_the_folder_are_refused(tmp_path):
    """An index cannot reach for other files."""
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"fc.weight": "../secret.safetensors"}}))
    with pytest.raises(UnsafeFileError, match="outside its folder"):
        load_model(path)


@pytest.mark.parametrize(
    "dtype", ["float32", "float16", "bfloat16", "float64", "int64", "uint8", "bool"]
)
@pytest.mark.parametrize("kind", ["safetensors", "torch"])
def test_dtypes_are_understood_exactly(tmp_path, dtype, kind):
    """Values come out as they went in; bfloat16 is held as float32."""
    tensor = torch.linspace(-2, 2, 12).reshape(3, 4).to(getattr(torch, dtype))
    state = {**STATE, "x.weight": tensor}
    path = tmp_path / "model"
    save_file(state, path) if kind == "safetensors" else torch.save(state, path)
    model = load_model(path)
    same(model, state)
    assert next(i.dtype for i in model.infos if i.name == "x.weight") == dtype
    assert model.tensors["x.weight"].dtype == ("float32" if dtype == "bfloat16" else dtype)


def test_arrays_are_read_only(tmp_path):
    """One model is shared by everybody who looks at it."""
    torch.save(STATE, tmp_path / "model.pth")
    with pytest.raises(ValueError, match="read-only"):
        load_model(tmp_path / "model.pth").tensors["fc.weight"][0] = 1


def test_tied_tensors_count_once(tmp_path):
    """The same storage under two names is one set of weights."""
    weight = torch.randn(6, 7)
    torch.save(
        {"embed.weight": weight, "head.weight": weight, "other.weight": weight.clone()},
        tmp_path / "m",
    )
    model = load_model(tmp_path / "m")
    assert [i.tied_to for i in model.infos] == [None, "embed.weight", None]
    assert model.tensors["head.weight"] is model.tensors["embed.weight"]
    assert model.n_parameters == 84


@pytest.mark.parametrize("kind", ["safetensors", "torch"])
def test_listing_agrees_with_reading(tmp_path, kind):
    """The header says the same as the whole file."""
    path = tmp_path / "model"
    save_file(STATE, path) if kind == "safetensors" else torch.save(STATE, path)
    assert list_tensors(path) == load_model(path).infos


def test_listing_a_safetensors_file_does_not_need_sound_data(tmp_path):
    """NaN weights are listed; only reading refuses them."""
    save_file({"w": torch.full((30, 40), torch.nan)}, tmp_path / "nan.safetensors")
    assert list_tensors(tmp_path / "nan.safetensors")[0].shape == (30, 40)


def test_bad_values_are_named(tmp_path):
    """The tensor, and how many of each."""
    weight = torch.zeros(4, 5)
    weight[0, :2], weight[1, 0] = torch.nan, torch.inf
    save_file({"good": torch.zeros(4, 5), "layer2.weight": weight}, tmp_path / "m.safetensors")
    with pytest.raises(
        ModelFileError, match=r"m\.safetensors: layer2\.weight holds 2 NaN and 1 infinite"
    ):
        load_model(tmp_path / "m.safetensors")


class Mine(torch.nn.Module):
    pass


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_pickled_modules_are_refused_with_the_way_to_save_them(tmp_path, legacy):
    """Opening one would run code: the sentence holds the two lines that help."""
    path = tmp_path / "whole.pth"
    torch.save(torch.nn.Linear(3, 4), path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(UnsafeFileError) as refused:
        load_model(path)
    message = str(refused.value)
    assert "whole.pth" in message
    assert "torch.nn.modules.linear.Linear" in message
    assert 'torch.load("model.pth", weights_only=False)' in message
    assert 'torch.save(model.state_dict(), "weights.pth")' in message


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("as_torch", [False, True])
def test_nothing_in_a_file_is_executed(tmp_path, as_torch):
    """A pickle that would write a file does not."""
    victim, path = tmp_path / "victim", tmp_path / "evil.pth"
    if as_torch:
        torch.save({"state_dict": STATE, "x": Bomb(victim)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(victim), protocol=2))
    with pytest.raises(UnsafeFileError):
        load_model(path)
    assert not victim.exists()


def zip_bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", b"\x80\x02}.")
        archive.writestr("m/data/0", bytes(50_000_000))
    return buffer.getvalue()


def plain_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return buffer.getvalue()


def script():
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripting is deprecated; such files are about
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)
    return buffer.getvalue()


def lying_header():
    good = save_bytes(STATE)
    return good.replace(b"[3,4]", b"[9,9]")


REFUSED = {
    "nothing": (b"", "empty"),
    "random bytes": (np.random.default_rng(0).bytes(4000), "no known kind"),
    "a header of random bytes": (
        b"\x20" + bytes(7) + b"{" + bytes(range(200)),
        "header is damaged",
    ),
    "a lying header": (lying_header(), "header is damaged"),
    "a truncated safetensors": (save_bytes(STATE)[:-5], "header is damaged|does not fit"),
    "a truncated checkpoint": (torch_bytes(STATE)[:-200], "truncated"),
    "a truncated legacy checkpoint": (
        torch_bytes(STATE, _use_new_zipfile_serialization=False)[:-20],
        "truncated or damaged",
    ),
    "a zip bomb": (zip_bomb(), "zip bomb"),
    "another zip": (plain_zip(), "not a torch checkpoint"),
    "a script": (script(), "TorchScript"),
    "a tensor that expands": (
        torch_bytes({"w": torch.zeros(1).expand(10**5, 10**5)}),
        "expands beyond reason",
    ),
    "a list": (torch_bytes([1, 2]), "no state dict"),
    "one tensor": (torch_bytes(torch.zeros(3, 3)), "no state dict"),
    "no tensors": (torch_bytes({"epoch": 1}), "no state dict"),
    "biases only": (torch_bytes({"b": torch.zeros(3)}), "no weight matrix"),
    "complex numbers": (
        torch_bytes({"w": torch.zeros(3, 3, dtype=torch.complex64)}),
        "w holds complex64",
    ),
    "a sparse tensor": (torch_bytes({"w": torch.eye(4).to_sparse()}), "sparse|Unsupported|pickled"),
    "a float8 tensor": (
        save_bytes({"w": torch.zeros(3, 3).to(torch.float8_e4m3fn)}),
        "w holds F8_E4M3",
    ),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "LFS pointer"),
    "a web page": (b"<!DOCTYPE html><html></html>", "web page"),
    "a Keras file": (b"\x89HDF\r\n\x1a\n" + bytes(99), "Keras"),
    "an array": (b"\x93NUMPY" + bytes(99), "numpy array"),
    "other JSON": (b'{"a": 1}', "weight_map"),
}


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth", "model.onnx"])
@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:.*sparse:UserWarning")
def test_what_cannot_be_read_is_explained(tmp_path, content, reason, name):
    """One sentence: which file, what is wrong."""
    path = tmp_path / name
    path.write_bytes(content)
    if name == "model.onnx" and reason == "no known kind":
        reason = "ONNX"
    with pytest.raises(ModelFileError, match=reason) as refused:
        load_model(path)
    assert str(refused.value).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xef\xbb\xbf <html>", "web page"),
        (b"\n\n<!DOCTYPE html>", "web page"),
        (b"\x1f\x8b" + bytes(99), "unpack"),
        (b"label,pixel\n" * 99, "no known kind"),
        (b"[" * 100_000, "no known kind"),
        (b'{"a":' * 100_000, "no index"),
    ],
)
def test_other_files_are_told_by_their_content(tmp_path, content, reason):
    """A byte order mark or blank lines do not hide a web page."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    for read in (list_tensors, load_model):
        with pytest.raises(ModelFileError, match=reason):
            read(path)


def test_missing_files_folders_and_samples_are_explained(tmp_path):
    """What there is instead."""
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_model(tmp_path / "gone.pth")
    with pytest.raises(ModelFileError, match="folder"):
        load_model(tmp_path)
    with pytest.raises(UnknownNameError, match="sample:lenet5"):
        load_model("sample:alexnet")


GOOD = {
    "safetensors": save_bytes(STATE),
    "torch": torch_bytes({"state_dict": STATE}),
    "legacy": torch_bytes(STATE, _use_new_zipfile_serialization=False),
}


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=120, deadline=None)
@given(
    where=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=4),
    cut=st.booleans(),
)
def test_damaged_files_never_cause_anything_but_our_errors(
    tmp_path_factory, kind, where, junk, cut
):
    """Cut or overwritten anywhere: a model or a sentence."""
    content = GOOD[kind]
    position = int(where * len(content))
    damaged = content[:position] + (b"" if cut else junk + content[position + len(junk) :])
    path = tmp_path_factory.getbasetemp() / f"damaged_{kind}"
    path.write_bytes(damaged)
    with contextlib.suppress(WeightClusteringError):
        assert load_model(path).infos
