"""The command that writes a packed file in other formats."""

import json

import pytest

from wc_core.__main__ import main

NAMES = ["packed", "dense", "state_dict", "onnx", "recipe", "command_line", "python"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "small.safetensors"
    main(["compress", "sample:lenet5", "-o", str(path), "--clusters", "16", "--json"])
    return path


def run(capsys, *arguments):
    """Run `export` with --json; return its status, the object it printed and its messages."""
    status = main(["export", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else None, err


def test_files_of_the_formats_named_are_written(capsys, packed, tmp_path):
    """With their lengths; the packed one is the file that was given, to the last bit."""
    folder = tmp_path / "out"
    status, answer, err = run(capsys, packed, "-o", folder, "--formats", *NAMES, "--everything")
    assert (status, err, answer["left_out"]) == (0, "", {})
    assert [file["exporter"] for file in answer["files"]] == [*NAMES, "everything"]
    for file in answer["files"]:
        assert (folder / file["file"]).stat().st_size == file["bytes"]
        assert file["checked"]
    assert (folder / "lenet5.packed.safetensors").read_bytes() == packed.read_bytes()
    assert answer["original_bytes"] / next(
        file["bytes"] for file in answer["files"] if file["exporter"] == "onnx"
    ) >= 6.5  # fmt: skip


def test_people_can_read_it(capsys, packed, tmp_path):
    """A line a file, and what was checked."""
    assert main(["export", str(packed), "-o", str(tmp_path), "--formats", "onnx", "recipe"]) == 0
    out = capsys.readouterr().out
    assert "lenet5.onnx" in out
    assert "equal to the last bit" in out


def test_bad_input_is_one_line_and_status_two(capsys, packed, tmp_path, mixed_packed):
    """Unknown formats, files that are not packed, missing folders, formats that cannot be."""
    cases = {
        (packed, "-o", tmp_path, "--formats", "onx"): "did you mean 'onnx'",
        (tmp_path / "none.safetensors", "-o", tmp_path): "none.safetensors",
        (packed, "-o", tmp_path / "no" / "where"): "No such file",
        (packed, "-o", packed): "File exists",
        (mixed_packed, "-o", tmp_path, "--formats", "onnx"): "onnx: the architecture is not known",
    }
    for arguments, reason in cases.items():
        status, answer, err = run(capsys, *arguments)
        assert (status, answer) == (2, None), arguments
        assert reason in err, arguments
        assert err.count("\n") == 1, err
    assert list(tmp_path.iterdir()) == [mixed_packed]


@pytest.fixture
def mixed_packed(tmp_path):
    """Write a packed file of a model that nobody knows."""
    import numpy as np
    from safetensors.numpy import save_file

    from wc_core import Recipe, compress, load_model, save

    source = tmp_path / "unknown.safetensors"
    save_file({"odd": np.random.default_rng(0).normal(size=(4, 5, 60)).astype("f4")}, source)
    small = compress(load_model(source), Recipe())
    source.unlink()
    save(small, tmp_path / "packed.safetensors")
    return tmp_path / "packed.safetensors"
