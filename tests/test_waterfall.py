"""The way from the original file to the compressed one adds up, to the byte."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.numpy_helper import from_array
from safetensors.numpy import save_file

from wc_core import BlockSpec, LayerPlan, Recipe, compress, load_model
from wc_core.export import pack
from wc_core.number_types import NUMBER_TYPES
from wc_core.pruning import PRUNERS
from wc_core.waterfall import waterfall

PLANS = st.builds(
    LayerPlan,
    pruner=st.sampled_from(["none", *PRUNERS]),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    n_clusters=st.sampled_from([1, 2, 5, 16, 40]),
    block=st.sampled_from([BlockSpec(1, 1), BlockSpec(1, 4), BlockSpec(3, 5)]),
    scale=st.sampled_from(["none", "per_channel"]),
    recombine=st.sampled_from(["none", "residual"]),
    residual_clusters=st.sampled_from([1, 8]),
    codebook_dtype=st.sampled_from(list(NUMBER_TYPES)),
    scale_dtype=st.sampled_from(list(NUMBER_TYPES)),
    coding=st.sampled_from(["cheapest", "packed", "coded"]),
)
NOISY = LayerPlan(
    algorithm="density", block=BlockSpec(2, 3), params={"mode": "hdbscan", "noise": "exact"}
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Two layers that can be clustered, and tensors of three dtypes that cannot."""
    rng = np.random.default_rng(0)
    tensors = {
        "a.weight": rng.standard_t(4, (24, 30)).astype(np.float32),
        "a.bias": rng.normal(size=24),
        "b.weight": np.round(rng.normal(size=(10, 24)), 1).astype(np.float16),
        "steps": np.arange(7),
    }
    path = tmp_path_factory.mktemp("waterfall") / "small.safetensors"
    save_file(tensors, path)
    return load_model(path)


@given(plan=PLANS, other=PLANS)
@settings(max_examples=60)
def test_the_steps_add_up_to_the_file_whatever_the_recipe(model, plan, other):
    """Every step starts where the one before ended, and the last ends at the file's length."""
    small = compress(model, Recipe(plan=plan, overrides={"b.weight": other}, min_weights=1))
    content, sizes = pack(small)
    fall = waterfall(small, sizes)
    assert sum(step.n_bytes for step in fall.steps) == fall.steps[-1].total == len(content)
    totals = np.cumsum([step.n_bytes for step in fall.steps])
    assert totals.tolist() == [step.total for step in fall.steps]
    assert fall["original"].total == model.file_bytes
    assert fall["fp32"].total == sizes.fp32_bytes


@given(plan=PLANS)
@settings(max_examples=30)
def test_every_step_is_what_its_name_says(model, plan):
    """Terms that can be counted another way come to the same number."""
    small = compress(model, Recipe(plan=plan, min_weights=1))
    _content, sizes = pack(small)
    fall, found = waterfall(small, sizes), sizes.by_kind()
    zeros = sum(
        weight.mask.n_pruned_weights for weight in small.weights.values() if weight.mask is not None
    )
    assert fall["pruned"].n_bytes == -4 * zeros
    gone = 4 * sum(layer.n_weights for layer in small.layers)
    assert fall["indices"].total + gone - fall["fp32"].total == sum(
        -(-len(weight.stored_indices) * weight.index_bits // 8) for weight in small.weights.values()
    )
    assert fall["coded"].total + gone - fall["fp32"].total == found["indices"]
    for kind in ("codebook", "scales", "mask", "residual", "header"):
        assert fall[kind].n_bytes == found.get(kind, 0)
    if plan.coding == "packed" and plan.pruner == "none":
        assert fall["coded"].n_bytes == 0


def test_a_tensor_left_alone_is_counted_in_its_own_dtype(model):
    """Twenty-four doubles and seven 64-bit integers take twice what they take at fp32."""
    small = compress(model, Recipe())
    assert waterfall(small, pack(small)[1])["raw"].n_bytes == 4 * 31


def test_exact_blocks_are_a_step_of_their_own(model):
    """Values and positions of blocks that are stored as they are."""
    small = compress(model, Recipe(plan=NOISY))
    sizes = pack(small)[1]
    fall = waterfall(small, sizes)
    assert fall["exact"].n_bytes == sizes.by_kind()["exact"] > 0
    assert fall.steps[-1].total == sizes.stored_bytes


def test_a_graph_is_taken_out_of_the_original_and_added_again(tmp_path):
    """The step to fp32 leaves an ONNX graph out, a later one adds it."""
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 40]) for n in ("x", "y")]
    weight = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", value[:1], value[1:], [from_array(weight, "w")])
    ops = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=ops), tmp_path / "small.onnx")
    small = compress(load_model(tmp_path / "small.onnx"), Recipe(min_weights=1))
    content, sizes = pack(small)
    fall = waterfall(small, sizes)
    assert fall["fp32"].total == 4 * weight.size
    assert fall["graph"].n_bytes == sizes.by_kind()["graph"] > 0
    assert fall.steps[-1].total == len(content)


def test_the_steps_come_in_the_order_of_the_work(model):
    """First what is taken away, then what has to be added to decode it."""
    small = compress(model, Recipe())
    fall = waterfall(small, pack(small)[1])
    kinds = [step.kind for step in fall.steps]
    assert kinds[:5] == ["original", "fp32", "pruned", "indices", "coded"]
    assert kinds[-3:] == ["graph", "header", "file"]
    assert list(fall.to_dict()) == kinds
