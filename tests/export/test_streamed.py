"""Straight to a file: the same bytes, little memory, and nothing left behind."""

import json
import subprocess
import sys
import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from safetensors import safe_open

from tests.export.test_packed import RECIPES
from wc_core import ConfigError, LayerPlan, Recipe, compress, layerwise, load, load_model
from wc_core.export import compress_to_file_steps, pack, save, streamed
from wc_core.progress import last_result
from wc_core.threads import limit_threads


@pytest.fixture(autouse=True)
def side_by_side(monkeypatch):
    """Let small models be shared out, too."""
    monkeypatch.setattr(layerwise, "FEW", 0)


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """Write a network of two layers as ONNX."""
    rng = np.random.default_rng(0)
    weights = {
        n: rng.normal(size=s).astype(np.float32) for n, s in {"a": (64, 20), "b": (20, 9)}.items()
    }
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "a"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "b"], ["y"]),
    ]
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 1, 8, 8))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("n", 9))],
        [helper.make_tensor(n, TensorProto.FLOAT, w.shape, w.ravel()) for n, w in weights.items()],
    )
    path = tmp_path_factory.mktemp("graph") / "g.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.digest[:6])
def test_the_bytes_are_those_of_pack(mixed, tmp_path, recipe, n):
    """Ties, second codebooks, exact blocks, every dtype; and the report is the same."""
    with limit_threads(n):
        expected, sizes = pack(compress(load_model(mixed[0]), recipe))
        written = last_result(compress_to_file_steps(load_model(mixed[0]), recipe, tmp_path / "s"))
    assert (tmp_path / "s").read_bytes() == expected
    assert written.sizes == sizes
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("source", ["graph", "sample:lenet5"])
def test_graphs_and_samples_are_streamed_too(request, tmp_path, source):
    """What goes around the weights stands in the file as ever."""
    model = load_model(source if source.startswith("sample") else request.getfixturevalue(source))
    recipe = Recipe(plan=LayerPlan(n_clusters=4))
    last_result(compress_to_file_steps(model, recipe, tmp_path / "s"))
    assert (tmp_path / "s").read_bytes() == pack(compress(model, recipe))[0]


def test_the_result_reads_its_weights_from_the_file(mixed, tmp_path):
    """It is a compressed model like any other, and can be saved again."""
    model, recipe = load_model(mixed[0]), RECIPES[4]
    small = last_result(compress_to_file_steps(model, recipe, tmp_path / "s")).compressed
    kept = compress(model, recipe)
    assert {i.name: i.skipped for i in small.skipped} == {i.name: i.skipped for i in kept.skipped}
    assert (small.bits_per_weight, small.sqnr_db) == (kept.bits_per_weight, kept.sqnr_db)
    decoded = small.decoded()
    for name, array in kept.decoded().tensors.items():
        np.testing.assert_array_equal(decoded.tensors[name], array)
    save(small, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "s").read_bytes()
    assert load(tmp_path / "s").recipe == recipe


def test_whoever_stops_leaves_nothing(mixed, tmp_path):
    """At any record: no file, no part of one, no thread; what was there before stays."""
    (tmp_path / "s").write_bytes(b"before")
    n_records = sum(
        1 for _record in compress_to_file_steps(load_model(mixed[0]), Recipe(), tmp_path / "x")
    )
    (tmp_path / "x").unlink()
    before = set(threading.enumerate())
    with limit_threads(2):
        for stop in range(1, n_records, 3):
            steps = compress_to_file_steps(load_model(mixed[0]), Recipe(), tmp_path / "s")
            for _record in zip(range(stop), steps, strict=False):
                pass
            steps.close()
    assert (tmp_path / "s").read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
    assert set(threading.enumerate()) == before


def test_what_fails_leaves_nothing(mixed, tmp_path, monkeypatch):
    """A layer that cannot be clustered; a file that does not come out as it went in."""
    bad = LayerPlan(algorithm="hierarchical", n_clusters=20, params={"max_points": 10})
    recipe = Recipe(overrides={"c.weight": bad})
    with pytest.raises(ConfigError, match=r"^c\.weight"):
        last_result(compress_to_file_steps(load_model(mixed[0]), recipe, tmp_path / "s"))
    monkeypatch.setattr(streamed._Spill, "_read", lambda _self, _start, n: np.zeros(n, np.uint8))
    with pytest.raises(AssertionError, match="does not come out"):
        last_result(compress_to_file_steps(load_model(mixed[0]), Recipe(), tmp_path / "s"))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_noticed_before_the_work(mixed, tmp_path):
    """Not after hours of it."""
    steps = compress_to_file_steps(load_model(mixed[0]), Recipe(), tmp_path / "no" / "s")
    with pytest.raises(OSError, match="No such file"):
        next(steps)


LAYERS, SIDE = 40, 1000
MEASURE = """
import resource, sys
from wc_core.__main__ import main
from wc_core.export import compress_to_file_steps
from wc_core.clustering import CLUSTERERS
from wc_core import load_model, Recipe
path, once, out = sys.argv[1:]
main(["compress", once, "-o", out, "--json"])  # libraries and compiled loops are there
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
main(["compress", path, "-o", out, "--json"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, file=sys.stderr)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_layers(tmp_path):
    """Forty layers need no more than one did, but for a few: the file has 160 MB."""
    layer = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    for n, name in ((1, "one"), (LAYERS, "many")):
        write_safetensors(tmp_path / name, {f"l{i:02}": layer for i in range(n)})
    command = [sys.executable, "-c", MEASURE, *(str(tmp_path / n) for n in ("many", "one", "out"))]
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    assert 1024 * int(run.stderr.split()[-1]) < 16 * layer.nbytes
    with safe_open(tmp_path / "out", "np") as file:
        assert len(file.keys()) == 2 * LAYERS


def write_safetensors(path, layers):
    """Write float32 tensors one at a time."""
    header, at = {}, 0
    for name, layer in layers.items():
        place = [at, at := at + layer.nbytes]
        header[name] = {"dtype": "F32", "shape": list(layer.shape), "data_offsets": place}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for layer in layers.values():
            file.write(layer.data)
