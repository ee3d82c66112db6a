"""The command line does what the page does, and says in one line what it cannot do."""

import json
import re

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.files import REFUSED_DATA, REFUSED_MODELS
from wc_core import CLUSTERERS
from wc_core.__main__ import main
from wc_core.assets import SAMPLE_MODELS


def run(capsys, *arguments):
    """Run a command with --json; return its status, the object it printed and its messages."""
    status = main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else None, err


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "small.safetensors"
    main(["compress", "sample:lenet5", "-o", str(path), "--clusters", "16", "--json"])
    return path


def test_the_main_job_from_the_command_line(capsys, tmp_path):
    """Sixteen values a layer: seven times smaller, as accurate, and decoded to the last image."""
    small, again, dense = (tmp_path / f"{n}.safetensors" for n in ("small", "again", "dense"))
    options = ("compress", "sample:lenet5", "--data", "sample", "--clusters", 16)
    status, answer, _ = run(capsys, *options, "-o", small)
    assert status == 0
    assert answer["n_samples"] == 10_000
    assert abs(answer["accuracy"] - answer["baseline_accuracy"]) <= 0.005
    assert answer["original_bytes"] / small.stat().st_size >= 7
    assert answer["stored_bytes"] == small.stat().st_size
    assert np.sum(answer["confusion"]) == 10_000
    run(capsys, *options, "-o", again)
    assert small.read_bytes() == again.read_bytes()
    assert run(capsys, "decode", small, "-o", dense)[0] == 0
    evaluated = run(capsys, "evaluate", dense, "--data", "sample", "--compare", small)[1]
    assert evaluated["accuracy"] == answer["accuracy"]
    assert evaluated["confusion"] == answer["confusion"]
    assert evaluated["agreement"] == 1


def test_inspect_lists_every_tensor_with_the_reason_it_is_left(capsys):
    """Names, shapes, parameters; reasons where a layer stays as it is."""
    _, answer, _ = run(capsys, "inspect", "sample:lenet5")
    layers = {layer["name"]: layer for layer in answer["layers"]}
    assert layers["fc1.weight"] == {
        "name": "fc1.weight",
        "shape": [120, 400],
        "dtype": "float32",
        "parameters": 48000,
        "skipped": None,
    }
    assert layers["fc1.bias"]["skipped"]
    assert answer["parameters"] == 61_706
    assert answer["architecture"] == "LeNet-5"


def test_a_recipe_file_says_the_same_as_options(capsys, tmp_path, packed):
    """The bytes are equal."""
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"plan": {"n_clusters": 16}}')
    out = tmp_path / "out.safetensors"
    assert run(capsys, "compress", "sample:lenet5", "-o", out, "--recipe", recipe)[0] == 0
    assert out.read_bytes() == packed.read_bytes()


def test_options_reach_the_layers(capsys, tmp_path):
    """Blocks, scale, patterns and parameters of the algorithm."""
    _, answer, _ = run(
        capsys, "compress", "sample:lenet5", "-o", tmp_path / "o.safetensors", "--block", "1x25",
        "--clusters", 8, "--layers", "conv2*", "--scale", "per_channel", "--param", "max_iter=3",
    )  # fmt: skip
    (layer,) = [layer for layer in answer["layers"] if not layer["skipped"]]
    assert layer["name"] == "conv2.weight"
    assert layer["n_blocks"] == 16 * 6
    assert layer["scale_bytes"] == 16 * 4
    assert layer["plan"]["params"] == {"max_iter": 3}
    assert answer["accuracy"] is None


def test_the_answer_says_where_the_time_went(capsys, tmp_path):
    """Each part in seconds, which together are hardly less than all of it; people get a line."""
    command = ("compress", "sample:lenet5", "-o", tmp_path / "o.safetensors")
    _, answer, _ = run(capsys, *command)
    parts = ["importing", "reading", "clustering", "packing", "writing"]
    assert list(answer["timings"]) == parts
    assert 0 <= sum(answer["timings"].values()) <= answer["seconds"] + 0.01
    assert main([*map(str, command)]) == 0
    assert re.search(r"^time: importing [\d.]+ s, reading ", capsys.readouterr().out, re.MULTILINE)
    _, answer, _ = run(capsys, "compress", "sample:lenet5", "--data", "sample", "--limit", 10)
    assert list(answer["timings"]) == ["importing", "reading", "measuring", "clustering", "writing"]


def test_the_file_is_the_same_whether_it_is_measured_or_not(capsys, tmp_path, packed):
    """Without data it is written layer by layer, with data at once."""
    out = tmp_path / "o.safetensors"
    options = ("--clusters", 16, "--data", "sample", "--limit", 10)
    assert run(capsys, "compress", "sample:lenet5", "-o", out, *options)[0] == 0
    assert out.read_bytes() == packed.read_bytes()


def test_without_json_people_can_read_it(capsys, tmp_path):
    """Lines of words and numbers, a line a layer."""
    assert main(["compress", "sample:lenet_300_100", "-o", str(tmp_path / "o.safetensors")]) == 0
    out = capsys.readouterr().out
    assert "compression ratio: 8.9" in out
    assert "fc1.weight" in out


def bad(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_bad_input_is_one_line_and_status_two(capsys, tmp_path, packed):
    """Nothing on stdout, no traceback, one sentence on stderr."""
    nan = tmp_path / "nan.safetensors"
    save_file({"fc.weight": np.full((20, 20), np.nan, np.float32)}, nan)
    out = tmp_path / "o.safetensors"
    cases = {
        ("inspect", tmp_path / "missing.pth"): "missing.pth",
        ("inspect", bad(tmp_path, b"", "empty.pth")): "empty",
        ("inspect", bad(tmp_path, b"\x93NUMPY" * 99, "random.safetensors")): "random.safetensors",
        ("inspect", nan): "fc.weight",
        ("inspect", "sample:resnet"): "lenet5",
        ("decode", nan, "-o", out): "cannot be decoded",
        ("compress", "sample:lenet5", "-o", out, "--algorithm", "kmeens"): "kmeans",
        ("compress", "sample:lenet5", "-o", out, "--clusters", 0): "n_clusters",
        ("compress", "sample:lenet5", "-o", out, "--block", "4"): "ROWSxCOLS",
        ("compress", "sample:lenet5", "-o", out, "--layers", "x*"): "no tensor",
        ("compress", "sample:lenet5", "-o", out, "--recipe", packed): "not a text file",
        ("compress", "sample:lenet5", "-o", out, "--param", "max_iter"): "NAME=VALUE",
        ("compress", "sample:lenet5", "-o", tmp_path / "no" / "o.safetensors"): "No such file",
        ("evaluate", "sample:lenet5", "--preprocess", "imagenets"): "imagenet",
        ("evaluate", "sample:lenet5", "--data", nan): "nan.safetensors",
    }
    for arguments, reason in cases.items():
        status, answer, err = run(capsys, *arguments)
        assert (status, answer) == (2, None), arguments
        assert reason in err, arguments
        assert err.count("\n") == 1, err
        assert not out.exists()


@pytest.mark.parametrize(
    ("name", "write", "said"), REFUSED_MODELS, ids=[name for name, _w, _s in REFUSED_MODELS]
)
def test_models_that_cannot_be_used_are_refused(capsys, tmp_path, name, write, said):
    """By every command that reads one; nothing in them is run."""
    path = write(tmp_path / name)
    for command in (
        ("inspect", path),
        ("evaluate", path),
        ("compress", path, "-o", tmp_path / "o"),
    ):
        status, answer, err = run(capsys, *command)
        assert (status, answer, err.count("\n")) == (2, None, 1)
        assert re.search(said, err)
    assert not list(tmp_path.glob("*.ran"))


@pytest.mark.parametrize(
    ("name", "write", "said"), REFUSED_DATA, ids=[name for name, _w, _s in REFUSED_DATA]
)
def test_data_that_cannot_be_used_are_refused(capsys, tmp_path, name, write, said):
    """The model is fine; the sentence is about the data, and no file is written."""
    path, out = write(tmp_path / name), tmp_path / "o.safetensors"
    options = ("compress", "sample:lenet_300_100", "--data", path, "-o", out)
    status, answer, err = run(capsys, *options)
    assert (status, answer, err.count("\n")) == (2, None, 1)
    assert re.search(said, err)
    assert not out.exists()


def test_unknown_options_are_status_two_too(capsys):
    """The parser refuses them itself."""
    with pytest.raises(SystemExit) as stop:
        main(["decode", "sample:lenet5"])  # without an output there is nothing to do
    assert stop.value.code == 2


def test_compress_without_an_output_measures_and_keeps_nothing(capsys, tmp_path, monkeypatch):
    """The file is built, read back and compared all the same."""
    monkeypatch.chdir(tmp_path)
    status, said, _ = run(capsys, "compress", "sample:lenet5", "--clusters", 4, "--block", "1x4")
    assert status == 0
    assert said["output"] is None
    assert said["stored_bytes"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("algorithm", list(CLUSTERERS))
def test_every_algorithm_compresses_and_decodes_back(capsys, tmp_path, algorithm):
    """One command for each; what is decoded is what the report's error was measured on."""
    packed, dense = tmp_path / "packed.safetensors", tmp_path / "dense.safetensors"
    options = ["--algorithm", algorithm, "--clusters", 32, "--block", "1x4"]
    _, said, _ = run(capsys, "compress", "sample:lenet5", *options, "-o", packed)
    assert said["stored_bytes"] == packed.stat().st_size
    run(capsys, "decode", packed, "-o", dense)
    before, after = load_file(SAMPLE_MODELS["lenet5"]), load_file(dense)
    for layer in said["layers"]:
        if layer["skipped"] is None:
            gap = np.subtract(before[layer["name"]], after[layer["name"]], dtype=np.float64)
            assert layer["distortion"] == pytest.approx(np.square(gap).mean(), rel=1e-9)
            assert layer["fit"]["n_iter"] >= 1


def test_algorithms_are_compared_in_one_command(capsys):
    """A row for each, in the order asked for, with accuracy and what it rests on."""
    names = ("som", "kmeans", "hsc")
    options = ("--layers", "conv2*", "--clusters", 8, "--block", "1x4", "--limit", 500)
    command = ("compare", "sample:lenet5", "--algorithms", *names, *options, "--data", "sample")
    status, said, _ = run(capsys, *command)
    assert status == 0
    assert [row["algorithm"] for row in said["rows"]] == list(names)
    assert {row["n_samples"] for row in said["rows"]} == {500}
    assert all(row["sqnr_db"] > 0 for row in said["rows"])
    assert main([*map(str, command)]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)


def test_a_second_stage_is_asked_for_by_two_options(capsys):
    """What a plan holds, the command line can set."""
    options = ("--recombine", "residual", "--residual-clusters", 4)
    _, said, _ = run(capsys, "compress", "sample:lenet5", *options)
    assert {layer["residual_entries"] for layer in said["layers"] if not layer["skipped"]} == {4}
    assert said["bytes_by_kind"]["residual"] > 0


def test_decoded_file_loads_where_the_original_did(capsys, tmp_path, packed):
    """Same names, shapes and dtypes as the sample's own file."""
    dense = tmp_path / "dense.safetensors"
    run(capsys, "decode", packed, "-o", dense)
    shapes = [
        {k: (v.shape, v.dtype) for k, v in load_file(p).items()}
        for p in (dense, SAMPLE_MODELS["lenet5"])
    ]
    assert shapes[0] == shapes[1]
