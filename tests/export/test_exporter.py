"""Every format keeps the same rules; what a model does not allow is left out with the reason."""

import json
import pkgutil
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import wc_core.export
from wc_core import ConfigError, LayerPlan, Recipe, UnknownNameError, compress, load, load_model
from wc_core.export import (
    EXPORTERS,
    Exported,
    Exporter,
    everything,
    export_steps,
    zipped_sizes,
)
from wc_core.export._exporter import file_name
from wc_core.export.container import Packed
from wc_core.export.dense import Dense
from wc_core.export.state_dict import StateDict
from wc_core.export.texts import command_line, python_script, recipe_text
from wc_core.models.weights import from_stored, stored_bytes, to_numpy
from wc_core.progress import last_result

LIGHT = ["packed", "dense", "state_dict", "recipe", "command_line", "python"]


@pytest.fixture(scope="module")
def small():
    return compress(load_model("sample:lenet5"), Recipe(plan=LayerPlan(n_clusters=16)))


@pytest.fixture(scope="module")
def odd(mixed):
    return compress(load_model(mixed[0]), Recipe(plan=LayerPlan(n_clusters=4)))


@pytest.fixture(scope="module")
def exported(small, tmp_path_factory):
    return last_result(export_steps(small, tmp_path_factory.mktemp("all"), LIGHT, {"accuracy": 1}))


def test_every_format_is_filed_under_a_name():
    """Title, description and ending; no two files of one model have the same name."""
    assert set(EXPORTERS) == {*LIGHT, "onnx", "core_ml"}
    for name in EXPORTERS:
        exporter = EXPORTERS[name]
        assert issubclass(exporter, Exporter)
        assert exporter.title
        assert exporter.about
    assert len({EXPORTERS[name].suffix for name in EXPORTERS}) == len(EXPORTERS)


def test_no_format_is_forgotten():
    """A file that defines one but is not imported would be missing."""
    modules = {m.name for m in pkgutil.iter_modules(wc_core.export.__path__) if m.name[0] != "_"}
    filed = {EXPORTERS[name].__module__.rpartition(".")[2] for name in EXPORTERS}
    others = {"packed", "streamed", "decoder", "everything", "zipped"}
    assert modules == filed | others


@pytest.mark.parametrize("name", LIGHT)
def test_the_same_model_gives_the_same_bytes(name, odd, tmp_path):
    """No time, no chance, no path in a file; its length is what is told."""
    contents = []
    for at in ("a", "b"):
        file = EXPORTERS[name]().write(odd, tmp_path / at)
        contents.append((tmp_path / at).read_bytes())
        assert file.n_bytes == len(contents[-1])
        assert (file.exporter, file.path) == (name, tmp_path / at)
        assert file.checked
    assert contents[0] == contents[1]


def test_files_that_cannot_be_written_are_an_os_error(small, tmp_path):
    """The folder is missing; nothing is made up."""
    for name in LIGHT:
        with pytest.raises(OSError, match="No such file"):
            EXPORTERS[name]().write(small, tmp_path / "no" / "out")


def test_steps_tell_what_is_written_and_what_is_there(small, tmp_path):
    """Whoever stops has the files so far."""
    records = list(export_steps(small, tmp_path, ["dense", "recipe"]))
    assert [record.fraction for record in records] == [0, 0.5, 1]
    assert "Recipe" in records[1].message
    assert [len(record.result.files) for record in records] == [0, 1, 2]
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "lenet5.dense.safetensors",
        "lenet5.recipe.json",
    ]


def test_what_is_impossible_is_left_out_with_the_reason(odd, tmp_path):
    """An unknown architecture has no graph; the other files are written."""
    done = last_result(export_steps(odd, tmp_path, ["onnx", "core_ml", "recipe"]))
    assert [file.exporter for file in done.files] == ["recipe"]
    assert "torch.onnx.export" in done.left_out["onnx"]
    assert done.left_out["core_ml"]


def test_an_error_while_writing_is_a_reason_too(small, tmp_path, monkeypatch):
    """One format that fails does not take the others with it."""

    def fail(_self, _compressed, _path):
        raise ConfigError("no room for it")

    monkeypatch.setattr(Dense, "write", fail)
    done = last_result(export_steps(small, tmp_path, ["dense", "recipe"]))
    assert done.left_out == {"dense": "no room for it"}
    assert [file.exporter for file in done.files] == ["recipe"]


def test_an_unknown_format_is_named(small, tmp_path):
    """With the nearest that there is."""
    with pytest.raises(UnknownNameError, match="onnx"):
        last_result(export_steps(small, tmp_path, ["onx"]))


def test_names_of_files_suit_any_system(small):
    """Whatever the model is called."""
    from dataclasses import replace

    def named(name):
        return file_name(replace(small, original=replace(small.original, name=name)), ".pt")

    assert named("my model: v1/2") == "my_model_v1_2.pt"
    assert named("../..") == "model.pt"
    assert len(named("x" * 300)) < 100


def test_dense_files_load_in_plain_safetensors(odd, tmp_path):
    """Prefix, dtypes, tied tensors under each name: as the decoded model has them."""
    Dense().write(odd, tmp_path / "dense.safetensors")
    model = odd.decoded()
    from safetensors import safe_open

    with safe_open(tmp_path / "dense.safetensors", framework="pt") as file:
        for info in model.infos:
            tensor = file.get_tensor(f"module.{info.name}")
            assert str(tensor.dtype) == f"torch.{info.dtype}"
            np.testing.assert_array_equal(to_numpy(tensor), model.tensors[info.name])


def test_state_dicts_load_in_plain_torch(odd, mixed, tmp_path):
    """Names, dtypes, shapes as before; tied tensors share their memory; nothing is run."""
    StateDict().write(odd, tmp_path / "out.pt")
    read = torch.load(tmp_path / "out.pt", weights_only=True)
    _path, state = mixed
    assert list(read) == list(state)
    decoded = odd.decoded()
    for name, before in state.items():
        assert (read[name].dtype, read[name].shape) == (before.dtype, before.shape)
        info = next(i for i in decoded.infos if i.name == name.removeprefix("module."))
        meant = stored_bytes(decoded.tensors[info.name], info.dtype)
        np.testing.assert_array_equal(
            to_numpy(read[name]), from_stored(meant, info.dtype, info.shape)
        )
    assert read["module.a.weight"].data_ptr() == read["module.tied.weight"].data_ptr()


def test_a_state_dict_of_the_sample_loads_here_and_counts_tied_once(odd, tmp_path):
    """What is written is a model file like any other."""
    StateDict().write(odd, tmp_path / "out.pt")
    model = load_model(tmp_path / "out.pt")
    tied = {info.name: info.tied_to for info in model.infos if info.tied_to}
    assert tied == {"tied.weight": "a.weight"}


def test_the_packed_format_is_what_save_writes(small, tmp_path):
    """It loads with all its layers."""
    Packed().write(small, tmp_path / "small.safetensors")
    again = load(tmp_path / "small.safetensors")
    assert again.recipe == small.recipe
    assert list(again.weights) == list(small.weights)


def test_the_script_makes_the_packed_file_again(small, exported, tmp_path):
    """The functions in it are run as they stand."""
    scope = {"__name__": "script"}
    exec(compile(python_script(small), "lenet5.py", "exec"), scope)
    scope["compress_again"](path=tmp_path / "again.safetensors")
    packed = next(file.path for file in exported.files if file.exporter == "packed")
    assert (tmp_path / "again.safetensors").read_bytes() == packed.read_bytes()
    dense = next(file.path for file in exported.files if file.exporter == "dense")
    np.testing.assert_array_equal(
        scope["open_dense"](dense)["fc1.weight"], small.decoded().tensors["fc1.weight"]
    )
    assert any("codebook" in name for name in scope["open_packed"](packed))


def test_texts_hold_the_recipe(small):
    """As JSON, and in the shell script with what the sample is called."""
    assert Recipe.from_json(recipe_text(small)) == small.recipe
    text = command_line(small)
    assert "sample:lenet5" in text
    assert small.original.digest in text
    assert "--recipe lenet5.recipe.json -o lenet5.packed.safetensors" in text


def test_everything_holds_all_files_and_says_what_they_are(exported, tmp_path):
    """Bit for bit, with a decoder, a description and a report; sorted, without times."""
    file = everything(exported, tmp_path / "everything.zip")
    assert file.n_bytes == (tmp_path / "everything.zip").stat().st_size
    again = everything(exported, tmp_path / "again.zip")
    assert again.path.read_bytes() == file.path.read_bytes()
    with zipfile.ZipFile(file.path) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert set(names) >= {"decoder.py", "README.txt", "report.json", "lenet5.pt"}
        for one in exported.files:
            assert archive.read(one.path.name) == one.path.read_bytes()
        readme = archive.read("README.txt").decode()
        report = json.loads(archive.read("report.json"))
    assert all(name in readme for name in names if name != "README.txt")
    assert report["accuracy"] == 1
    assert {one["file"]: one["bytes"] for one in report["files"]} == {
        one.path.name: one.n_bytes for one in exported.files
    }
    assert Recipe.from_dict(report["recipe"]) == Recipe(plan=LayerPlan(n_clusters=16))


def test_an_archive_of_nothing_is_refused(tmp_path):
    """And nothing is left."""
    with pytest.raises(ConfigError, match="choose a format"):
        everything(Exported(), tmp_path / "everything.zip")
    assert list(tmp_path.iterdir()) == []


def test_compressors_see_the_sharing(exported):
    """A dense file shrinks where weights are shared; a packed one hardly does."""
    files = {file.exporter: file for file in exported.files}
    dense = zipped_sizes(files["dense"].path)
    packed = zipped_sizes(files["packed"].path)
    assert set(dense) == set(packed) == {"zip", "zstd"}
    assert max(dense.values()) < files["dense"].n_bytes / 4
    assert min(packed.values()) > files["packed"].n_bytes * 0.7


def test_packed_archives_unpack_to_what_is_counted(exported):
    """The sizes are those of zlib and zstandard at once."""
    import zlib

    import zstandard

    path = next(file.path for file in exported.files if file.exporter == "dense")
    content = path.read_bytes()
    sizes = zipped_sizes(path)
    raw = zlib.compressobj(6, zlib.DEFLATED, -15)
    assert sizes["zip"] == len(raw.compress(content) + raw.flush())
    whole = len(zstandard.ZstdCompressor(level=19).compress(content))
    assert abs(sizes["zstd"] - whole) <= 0.02 * whole


def test_plain_readers_open_the_packed_file(exported):
    """Any safetensors reader lists it."""
    path = next(file.path for file in exported.files if file.exporter == "packed")
    assert "fc1.weight.codebook" in load_file(path)
