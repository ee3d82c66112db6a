"""ONNX files run in plain onnxruntime, hold the decoded weights, and are as small as indices."""

import dataclasses

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.onnx_uploads import SHAPES, by_hand, from_torch, logits, values
from wc_core import (
    BlockSpec,
    ConfigError,
    LayerPlan,
    Recipe,
    compress,
    load,
    load_model,
    save,
)
from wc_core.codebook import CodebookWeight, ExactBlocks
from wc_core.export._onnx_indices import index_value, planes
from wc_core.export._onnx_nodes import Nodes
from wc_core.export.onnx import Onnx
from wc_core.masks import Mask
from wc_core.models.weights import round_to
from wc_core.models.zoo.cifar_resnet import build_cifar_resnet
from wc_core.models.zoo.efficientnet_lite import build_efficientnet_lite0

PLANS = {
    "one entry": {"n_clusters": 1},
    "one bit": {"n_clusters": 2},
    "two bits": {"n_clusters": 4},
    "three bits": {"n_clusters": 7},
    "four bits": {"n_clusters": 16},
    "seven bits": {"n_clusters": 100},
    "eight bits": {"n_clusters": 200},
    "nine bits": {"n_clusters": 300},
    "rows of blocks": {"n_clusters": 9, "block": BlockSpec(1, 4)},
    "ragged blocks": {"n_clusters": 9, "block": BlockSpec(3, 5)},
    "columns of blocks": {"n_clusters": 5, "block": BlockSpec(4, 1)},
    "scales": {"n_clusters": 12, "scale": "per_channel"},
    "scales of ragged blocks": {
        "n_clusters": 6,
        "scale": "per_channel",
        "block": BlockSpec(3, 5),
        "scale_dtype": "int8",
    },
    "two codebooks": {"n_clusters": 5, "recombine": "residual", "residual_clusters": 3},
    "two codebooks of blocks, scaled": {
        "n_clusters": 5,
        "recombine": "residual",
        "residual_clusters": 3,
        "block": BlockSpec(2, 3),
        "scale": "per_channel",
    },
    "float16 entries": {"n_clusters": 20, "codebook_dtype": "float16"},
    "bfloat16 entries": {"n_clusters": 20, "codebook_dtype": "bfloat16"},
    "int8 entries": {"n_clusters": 20, "codebook_dtype": "int8", "block": BlockSpec(1, 2)},
    "pruned weights": {"n_clusters": 8, "pruner": "magnitude", "sparsity": 0.4},
    "hardly a weight left": {"n_clusters": 8, "pruner": "magnitude", "sparsity": 0.97},
    "pruned weights in blocks": {
        "n_clusters": 8,
        "pruner": "magnitude",
        "sparsity": 0.9,
        "block": BlockSpec(2, 3),
        "scale": "per_channel",
    },
    "pruned blocks": {
        "n_clusters": 8,
        "pruner": "block_magnitude",
        "sparsity": 0.6,
        "block": BlockSpec(2, 3),
        "recombine": "residual",
        "residual_clusters": 3,
    },
    "pruned channels": {"n_clusters": 15, "pruner": "channel", "sparsity": 0.5},
}


@pytest.fixture(scope="module")
def upload(tmp_path_factory):
    return load_model(by_hand(tmp_path_factory.mktemp("onnx") / "small.onnx"))


def written(compressed, folder):
    path = folder / "out.onnx"
    assert Onnx().why_not(compressed) == ""
    file = Onnx().write(compressed, path)
    assert file.n_bytes == path.stat().st_size
    return path, file


def check(compressed, path):
    """Compare every clustered weight bit for bit, taken out of the graph as an output."""
    dtypes = {info.name: info.dtype for info in compressed.original.infos}
    found = values(path, list(compressed.weights))
    for name, weight in compressed.weights.items():
        meant = round_to(weight.decode(), dtypes[name])
        assert found[name].dtype == meant.dtype
        assert found[name].tobytes() == meant.tobytes(), name


def images(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_weights_of_an_upload_come_out_bit_for_bit(upload, plan, tmp_path):
    """Whatever the plan; and the outputs are those of the decoded model."""
    small = compress(upload, Recipe(plan=LayerPlan(**plan), min_weights=0, layers=tuple(SHAPES)))
    path, file = written(small, tmp_path)
    check(small, path)
    decoded = small.runner()(images(2, 3, 12, 12))
    np.testing.assert_allclose(logits(path, images(2, 3, 12, 12)), decoded, atol=1e-4)
    assert "equal to the last bit" in file.checked


@given(data=st.data())
@settings(max_examples=25)
def test_any_clustered_weight_comes_out_bit_for_bit(upload, tmp_path_factory, data):
    """Law: masks of any cells, exact blocks, scales and second codebooks, all at once."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    small = compress(upload, Recipe(layers=("first",)))
    shape, block = (17, 24), BlockSpec(*data.draw(st.sampled_from([(1, 1), (1, 5), (2, 3)])))
    n_blocks = -(-shape[0] // block.rows) * -(-shape[1] // block.cols)

    def stage(k):
        codebook = rng.normal(size=(k, block.size)).astype(np.float32)
        indices = rng.integers(0, k, n_blocks).astype(np.uint16)
        return CodebookWeight(codebook, indices, block, shape)

    entries = st.integers(1, 300)
    weight = stage(data.draw(entries))
    if data.draw(st.booleans()):
        weight = dataclasses.replace(weight, residual=stage(data.draw(entries)))
    if data.draw(st.booleans()):
        scales = rng.random(shape[0]).astype(np.float32) + 0.5
        weight = dataclasses.replace(weight, scales=scales)
    if data.draw(st.booleans()):
        positions = np.flatnonzero(rng.random(n_blocks) < 0.2)
        kept = rng.normal(size=(len(positions), block.size)).astype(np.float32)
        weight = dataclasses.replace(weight, exact=ExactBlocks(positions, kept))
    if data.draw(st.booleans()):
        cell = data.draw(st.sampled_from([(1, 1), (block.rows, block.cols), (1, 24), (40, 7)]))
        n_cells = -(-shape[0] // cell[0]) * -(-shape[1] // cell[1])
        share = data.draw(st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]))
        weight = dataclasses.replace(weight, mask=Mask(rng.random(n_cells) < share, cell, shape))
    small = dataclasses.replace(small, weights={"first": weight})
    path, _file = written(small, tmp_path_factory.mktemp("law"))
    check(small, path)


@pytest.mark.parametrize("opset", [11, 12, 13, 17, 21])
def test_the_opset_of_an_upload_stays(opset, tmp_path):
    """Bit for bit, with what that opset has; four-bit numbers from 21 on."""
    model = load_model(by_hand(tmp_path / "in.onnx", opset, 10))
    small = compress(model, Recipe(plan=LayerPlan(n_clusters=16, codebook_dtype="bfloat16")))
    path, file = written(small, tmp_path)
    check(small, path)
    written_model = onnx.load(path)
    assert [o.version for o in written_model.opset_import] == [opset]
    kinds = {tensor.data_type for tensor in written_model.graph.initializer}
    assert (onnx.TensorProto.UINT4 in kinds) == (opset >= 21)
    assert file.notes == ()


def test_an_old_opset_is_raised_and_told(tmp_path):
    """Opset 9 and format 3, in which weights are inputs, too: those that are made are none."""
    model = load_model(by_hand(tmp_path / "in.onnx", 9, 3))
    small = compress(model, Recipe(plan=LayerPlan(n_clusters=5)))
    path, file = written(small, tmp_path)
    check(small, path)
    assert "opset 9 to 11" in file.notes[0]
    names = {value.name for value in onnx.load(path).graph.input}
    assert not names & set(small.weights)


def test_graphs_in_half_precision_get_half_precision(tmp_path):
    """Decoded in float32, rounded at the end."""
    small = compress(load_model(by_hand(tmp_path / "in.onnx", dtype=np.float16)), Recipe())
    path, _file = written(small, tmp_path)
    check(small, path)


@pytest.mark.parametrize("n_clusters", [16, 256])
def test_lenet_is_as_small_as_its_indices(n_clusters, tmp_path):
    """From an ONNX upload and from its tensors: 3.5 times smaller at 8 bits, 6.5 at 4."""
    sample = load_model("sample:lenet5")
    upload = load_model(from_torch(sample, tmp_path / "in.onnx", (1, 28, 28)))
    wanted = {16: 6.5, 256: 3.5}[n_clusters]
    for model in (upload, sample):
        small = compress(model, Recipe(plan=LayerPlan(n_clusters=n_clusters)))
        path, file = written(small, tmp_path)
        assert upload.file_bytes / file.n_bytes >= wanted
        decoded = small.runner()(images(8, 1, 28, 28))
        np.testing.assert_allclose(logits(path, images(8, 1, 28, 28)), decoded, atol=1e-4)
        check(small, path)


def test_a_packed_file_becomes_the_same_onnx(upload, tmp_path):
    """What was saved and loaded gives the same bytes, and so does a second time."""
    small = compress(upload, Recipe(plan=LayerPlan(n_clusters=8)))
    save(small, tmp_path / "small.safetensors")
    again = load(tmp_path / "small.safetensors")
    contents = [written(c, tmp_path)[0].read_bytes() for c in (small, again, again)]
    assert contents[0] == contents[1] == contents[2]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_known_architectures_keep_their_dtype(dtype, tmp_path):
    """Weights are stored in it, and cast where the network reckons in float32."""
    state = load_model("sample:lenet_300_100").tensors
    narrow = {name: torch.tensor(np.array(array)).to(dtype) for name, array in state.items()}
    torch.save(narrow, tmp_path / "narrow.pth")
    model = load_model(tmp_path / "narrow.pth")
    small = compress(model, Recipe(plan=LayerPlan(n_clusters=4), layers=("fc1*",)))
    path, _file = written(small, tmp_path)
    found = values(path, ["fc1.weight", "fc2.weight", "fc2.bias"])
    decoded = small.decoded().tensors
    for name, value in found.items():
        np.testing.assert_array_equal(value, decoded[name].astype(np.float32))


@pytest.mark.parametrize("build", [build_cifar_resnet, build_efficientnet_lite0])
def test_networks_with_norms_keep_their_tensors(build, tmp_path):
    """Names and values of the state dict; norms are not folded into weights."""
    generator = torch.Generator().manual_seed(0)
    state = {
        name: torch.rand(tensor.shape, generator=generator) / 9 + ("var" in name)
        for name, tensor in build().state_dict().items()
        if tensor.is_floating_point()
    }
    torch.save(state, tmp_path / "net.pth")
    model = load_model(tmp_path / "net.pth")
    small = compress(model, Recipe(plan=LayerPlan(n_clusters=2, block=BlockSpec(1, 4))))
    path, file = written(small, tmp_path)
    assert "differ from the decoded model's by at most" in file.checked
    names = {tensor.name for tensor in onnx.load(path).graph.initializer}
    assert names >= {name for name in state if name not in small.weights}


def test_tied_weights_are_stored_once(tmp_path):
    """The second name is the first one's value."""
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(20, 20, generator=generator)
    state = {f"fc{i}.weight": shared for i in (1, 2)}
    state["fc3.weight"] = torch.randn(5, 20, generator=generator)
    torch.save(state, tmp_path / "tied.pth")
    small = compress(load_model(tmp_path / "tied.pth"), Recipe(plan=LayerPlan(n_clusters=4)))
    assert list(small.weights) == ["fc1.weight"]
    path, _file = written(small, tmp_path)
    found = values(path, ["fc1.weight", "fc2.weight"])
    np.testing.assert_array_equal(found["fc1.weight"], found["fc2.weight"])


def test_an_unknown_architecture_is_told_what_to_do(mixed, tmp_path):
    """There is no graph, and none is made up."""
    small = compress(load_model(mixed[0]), Recipe())
    assert "torch.onnx.export" in Onnx().why_not(small)
    with pytest.raises(ConfigError, match="architecture is not known"):
        Onnx().write(small, tmp_path / "out.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_weight_is_a_bug_that_shows(upload, tmp_path, monkeypatch):
    """If the graph gave another weight, no file would be left."""
    import wc_core.export._onnx_weight as target

    real = target.index_value
    monkeypatch.setattr(
        target, "index_value", lambda n, indices, b, s: real(n, indices[::-1], b, s)
    )
    with pytest.raises(AssertionError, match="does not come out of the ONNX file"):
        Onnx().write(compress(upload, Recipe()), tmp_path / "out.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bits", range(17))
def test_indices_of_any_width_are_unpacked(bits, tmp_path):
    """Law: planes of 8, 4, 2 and 1 bits make every width, with any number of indices."""
    rng = np.random.default_rng(bits)
    for n in (1, 7, 8, 1001):
        nodes = Nodes(onnx.GraphProto(), 18)
        indices = rng.integers(0, 1 << bits, n).astype(np.uint16)
        index_value(nodes, indices, bits, (n,))
        nodes.name_last("indices")
        output = onnx.helper.make_tensor_value_info("indices", onnx.TensorProto.INT32, [n])
        graph = onnx.helper.make_graph(nodes.nodes, "g", [], [output], nodes.initializers)
        opsets = [onnx.helper.make_opsetid("", 18)]
        model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
        onnx.save(model, tmp_path / "i.onnx")
        np.testing.assert_array_equal(values(tmp_path / "i.onnx", ["indices"])["indices"], indices)
    assert sum(planes(bits)) == bits % 16  # whole bytes are none


def test_a_bitmap_is_stored_once(upload, tmp_path):
    """It tells which indices are stored, and which weights are zero."""
    plan = LayerPlan(n_clusters=16, pruner="magnitude", sparsity=0.8)
    small = compress(upload, Recipe(plan=plan, layers=("first",)))
    path, _file = written(small, tmp_path)
    n_bytes = len(small.weights["first"].indices) // 8
    sizes = [t.dims[0] for t in onnx.load(path).graph.initializer if t.data_type == 2 and t.dims]
    assert sizes.count(n_bytes) == 1
