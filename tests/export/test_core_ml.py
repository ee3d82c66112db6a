"""Core ML packages hold palettes whose values are ours; where they cannot, they say so."""

import importlib.util
import json
import zipfile

import numpy as np
import pytest
import torch

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, load_model
from wc_core.export import core_ml
from wc_core.export._core_ml_palette import Palette, decoded, palette
from wc_core.export.core_ml import CoreML

SPEC = "Data/com.apple.CoreML/model.mlmodel"
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"
PLANS = {
    "one entry": {"n_clusters": 1},
    "three bits": {"n_clusters": 7},
    "five bits, stored in six": {"n_clusters": 20},
    "eight bits": {"n_clusters": 256},
    "vectors along a side": {"n_clusters": 9, "block": BlockSpec(1, 5)},
    "vectors over channels": {"n_clusters": 9, "block": BlockSpec(2, 1)},
    "scales": {"n_clusters": 12, "scale": "per_channel"},
    "vectors, scaled": {"n_clusters": 12, "scale": "per_channel", "block": BlockSpec(1, 5)},
    "int8 entries": {"n_clusters": 20, "codebook_dtype": "int8"},
    "few numbers in two codebooks": {
        "n_clusters": 4,
        "recombine": "residual",
        "residual_clusters": 4,
    },
    "few numbers in odd blocks": {"n_clusters": 3, "block": BlockSpec(3, 5)},
    "pruned, with an entry for zero": {"n_clusters": 7, "pruner": "magnitude", "sparsity": 0.1},
    "pruned, with a mask": {"n_clusters": 16, "pruner": "magnitude", "sparsity": 0.9},
    "pruned and scaled": {
        "n_clusters": 15,
        "pruner": "magnitude",
        "sparsity": 0.5,
        "scale": "per_channel",
    },
}


@pytest.fixture(scope="module")
def sample():
    return load_model("sample:lenet5")


def exported(sample, folder, plan, **recipe):
    small = compress(sample, Recipe(plan=LayerPlan(**plan), **recipe))
    path = folder / "lenet5.mlpackage.zip"
    assert CoreML().why_not(small) == ""
    file = CoreML().write(small, path)
    assert file.n_bytes == path.stat().st_size
    return small, path, file


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_weights_become_palettes_of_equal_values(sample, plan, tmp_path):
    """What coremltools reads from the package is compared, and all layers are palettes."""
    small, _path, file = exported(sample, tmp_path, plan, layers=("conv*", "fc[12]*"))
    assert file.checked.startswith(f"{len(small.weights)} palettes read back")
    assert file.notes == ()


def read_blob(content, offset):
    """Read a value from weight.bin as Core ML lays it out: 64 bytes of description, then data."""
    sentinel, dtype = np.frombuffer(content, "<u4", 2, offset)
    assert sentinel == 0xDEADBEEF
    n_bytes, start = np.frombuffer(content, "<u8", 2, offset + 8)
    return int(dtype), content[int(start) : int(start) + int(n_bytes)]


def test_indices_and_tables_stand_in_the_file_as_ours(sample, tmp_path):
    """Read without coremltools' reader: four bits an index, the first in the lowest."""
    from coremltools.proto import Model_pb2

    small, path, _file = exported(sample, tmp_path, {"n_clusters": 16})
    with zipfile.ZipFile(path) as package:
        spec = Model_pb2.Model.FromString(package.read(f"lenet5.mlpackage/{SPEC}"))
        content = package.read(f"lenet5.mlpackage/{WEIGHTS}")
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    made = [op for op in block.operations if op.type == "constexpr_lut_to_dense"]
    assert len(made) == len(small.weights)
    for op, weight in zip(made, small.weights.values(), strict=True):
        # A constant is an argument by value, or by the name of a constant operation.
        places = {}
        for key in ("indices", "lut"):
            argument = op.inputs[key].arguments[0]
            value = argument.value
            if argument.WhichOneof("binding") == "name":
                (const,) = [o for o in block.operations if o.outputs[0].name == argument.name]
                value = const.attributes["val"]
            places[key] = value.blobFileValue.offset
        indices = np.frombuffer(read_blob(content, places["indices"])[1], np.uint8)
        pairs = np.stack([indices & 15, indices >> 4], axis=1).reshape(-1)
        np.testing.assert_array_equal(pairs[: weight.grid.n_blocks], weight.indices)
        table = np.frombuffer(read_blob(content, places["lut"])[1], np.float32)
        np.testing.assert_array_equal(table, weight.codebook.reshape(-1))


def test_what_has_no_form_is_dense_and_named(sample, tmp_path):
    """Three hundred entries, and odd blocks of many numbers."""
    _small, _path, file = exported(sample, tmp_path, {"n_clusters": 300}, layers=("fc1*",))
    assert file.notes == ("fc1.weight is stored dense: more than 256 entries, zero included",)
    _small, _path, file = exported(
        sample, tmp_path, {"n_clusters": 200, "block": BlockSpec(3, 5)}, layers=("fc1*", "conv2*")
    )
    assert [note.split()[0] for note in file.notes] == ["conv2.weight", "fc1.weight"]
    assert "3x5 do not lie whole along one side of 120 × 400" in file.notes[1]


def test_the_same_model_gives_the_same_bytes(sample, tmp_path, capfd):
    """The names that coremltools draws at random are replaced; it prints nothing of its own."""
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        contents.append(exported(sample, tmp_path / name, {"n_clusters": 4})[1].read_bytes())
    assert contents[0] == contents[1]
    assert capfd.readouterr() == ("", "")
    with zipfile.ZipFile(tmp_path / "a" / "lenet5.mlpackage.zip") as package:
        manifest = json.loads(package.read("lenet5.mlpackage/Manifest.json"))
    assert manifest["rootModelIdentifier"] in manifest["itemInfoEntries"]


def test_without_coremltools_it_says_how_to_get_it(sample, monkeypatch, tmp_path):
    """It is no need of the program itself."""
    small = compress(sample, Recipe(layers=("fc3*",)))
    monkeypatch.setattr(core_ml, "find_spec", lambda _name: None)
    assert CoreML().why_not(small).endswith("pip install coremltools")
    with pytest.raises(ConfigError, match="pip install coremltools"):
        CoreML().write(small, tmp_path / "out.mlpackage.zip")


def test_it_is_looked_for_and_not_loaded(sample):
    """Loading it takes seconds."""
    assert importlib.util.find_spec("coremltools")
    small = compress(sample, Recipe(layers=("fc3*",)))
    assert CoreML().why_not(small) == ""


def test_an_unknown_network_is_told_what_to_do(mixed):
    """The converter takes PyTorch networks alone."""
    small = compress(load_model(mixed[0]), Recipe())
    assert "known architectures" in CoreML().why_not(small)


def test_a_converter_that_fails_is_an_error_with_its_reason(sample, monkeypatch, tmp_path):
    """In whatever way it does."""
    from wc_core.export import _core_ml_program

    def fail(_model):
        msg = "ops unheard of\nand more"
        raise RuntimeError(msg)

    monkeypatch.setattr(_core_ml_program, "_converted", fail)
    with pytest.raises(ConfigError, match=r"cannot convert this model: ops unheard of$"):
        exported(sample, tmp_path, {"n_clusters": 4})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_entries_are_rounded_to_the_dtype_of_the_model(dtype, tmp_path):
    """A palette stands for the weight as the model has it."""
    weight = torch.randn(30, 40, generator=torch.Generator().manual_seed(0))
    torch.save({"fc.weight": weight.to(getattr(torch, dtype))}, tmp_path / "one.pth")
    small = compress(load_model(tmp_path / "one.pth"), Recipe(plan=LayerPlan(n_clusters=9)))
    found = palette(small.weights["fc.weight"], dtype)
    assert isinstance(found, Palette)
    np.testing.assert_array_equal(
        found.lut.reshape(-1)[found.indices], decoded(small.weights["fc.weight"], dtype)
    )
