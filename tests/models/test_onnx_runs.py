"""ONNX models: the same weights in and out, run with whatever weights they are given."""

import contextlib
import warnings

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from wc_core import (
    LayerPlan,
    ModelFileError,
    NotRunnableError,
    Recipe,
    UnsafeFileError,
    WeightClusteringError,
    compress,
    evaluate,
    list_tensors,
    load,
    load_dataset,
    load_model,
    open_model,
    save,
)
from wc_core.export import write_dense
from wc_core.models.weights import to_torch
from wc_core.models.zoo.lenet import build_lenet5


def export(path, batch="n", dtype=torch.float32, **options):
    """Export the sample LeNet-5."""
    module = build_lenet5()
    weights = {k: to_torch(v).clone() for k, v in load_model("sample:lenet5").tensors.items()}
    module.load_state_dict(weights)
    axes = {"image": {0: "n"}, "logits": {0: "n"}} if batch == "n" else None
    images = torch.zeros(1 if batch == "n" else batch, 1, 28, 28, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is deprecated, and its files are about
        torch.onnx.export(
            module.eval().to(dtype),
            (images,),
            path,
            dynamo=False,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes=axes,
            **options,
        )
    return path


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export(tmp_path_factory.mktemp("onnx") / "lenet5.onnx")


@pytest.fixture(scope="module")
def data():
    return load_dataset("sample").take(1000)


def images(n=32):
    return np.random.default_rng(0).normal(size=(n, 1, 28, 28)).astype(np.float32)


def test_an_exported_model_is_the_model(exported):
    """Same names, same weights, same logits."""
    sample, model = load_model("sample:lenet5"), load_model(exported)
    assert model.format == "onnx"
    for name, array in sample.tensors.items():
        np.testing.assert_array_equal(model.tensors[name], array)
    np.testing.assert_allclose(model.runner()(images()), sample.runner()(images()), atol=1e-4)


def test_accuracy_is_the_same_as_in_torch_before_and_after(exported, data):
    """To the last image, dense and clustered."""
    recipe = Recipe(plan=LayerPlan(n_clusters=8))
    in_torch, in_onnx = (
        [evaluate(m, data).confusion.tolist() for m in (original, compress(original, recipe))]
        for original in (load_model("sample:lenet5"), load_model(exported))
    )
    assert in_torch == in_onnx


def test_a_packed_onnx_model_runs_and_decodes_to_onnx(exported, data, tmp_path):
    """The graph travels in the packed file."""
    small = compress(load_model(exported), Recipe())
    sizes = save(small, tmp_path / "small.safetensors")
    assert sizes.by_kind()["graph"] > 0
    again = load(tmp_path / "small.safetensors")
    write_dense(again.decoded(), tmp_path / "dense.onnx")
    onnx.checker.check_model(tmp_path / "dense.onnx")
    found = [
        evaluate(m, data).confusion.tolist()
        for m in (small, again, open_model(tmp_path / "dense.onnx"))
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("batch", [1, 5])
def test_graphs_of_fixed_batch_take_any_number_of_images(exported, batch, tmp_path):
    """Run piece by piece, the last piece filled up."""
    fixed = load_model(export(tmp_path / "fixed.onnx", batch=batch))
    free = load_model(exported)
    np.testing.assert_allclose(fixed.runner()(images(12)), free.runner()(images(12)), atol=1e-4)


def test_graphs_in_half_precision_run(tmp_path):
    """Images are cast to what the graph takes."""
    half = load_model(export(tmp_path / "half.onnx", dtype=torch.float16))
    assert half.infos[0].dtype == "float16"
    full = load_model("sample:lenet5").runner()(images())
    np.testing.assert_allclose(half.runner()(images()), full, atol=0.3)


def test_listing_agrees_with_reading(exported):
    """Names, shapes and dtypes."""
    assert list_tensors(exported) == load_model(exported).infos


def test_external_data_are_refused_with_the_way_to_save_whole(exported, tmp_path):
    """No other file is opened."""
    model = onnx.load(exported)
    path = tmp_path / "external.onnx"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0)
    with pytest.raises(UnsafeFileError, match=r"external data.*save_as_external_data=False"):
        load_model(path)


def graph_of(inputs, outputs, nodes, weights=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def value(name, *dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


WEIGHT = helper.make_tensor("w", TensorProto.FLOAT, [4, 4], np.ones(16))
ADD = helper.make_node("Add", ["x", "w"], ["y"])
TWO = helper.make_node("Add", ["x", "z"], ["y"])
ODD = helper.make_node("NoSuchOperator", ["x", "w"], ["y"])


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (graph_of([value("x", 4, 4)], [value("y", 4, 4)], [ADD], [WEIGHT]), "not an image batch"),
        (
            graph_of(
                [value("x", 1, 4, 4, 4), value("z", 1, 4, 4, 4)],
                [value("y", 1, 4)],
                [TWO],
                [WEIGHT],
            ),
            "2 inputs",
        ),
        (
            graph_of([value("x", "n", 1, 4, 4)], [value("y", "n", "c")], [ADD], [WEIGHT]),
            "how many classes",
        ),
        (
            graph_of([value("x", "n", 1, 4, 4)], [value("y", "n", 4)], [ODD], [WEIGHT]),
            "refuses the graph",
        ),
    ],
)
def test_graphs_that_cannot_be_run_still_have_weights(tmp_path, model, reason):
    """Everything but accuracy works, and the sentence says why."""
    onnx.save(model, tmp_path / "odd.onnx")
    loaded = load_model(tmp_path / "odd.onnx")
    assert loaded.tensors["w"].shape == (4, 4)
    with pytest.raises(NotRunnableError, match=reason):
        loaded.runner()


@settings(max_examples=80, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=4))
def test_damaged_files_never_cause_anything_but_our_errors(exported, where, junk):
    """Overwritten anywhere: a model or a sentence."""
    content = exported.read_bytes()
    position = int(where * len(content))
    path = exported.with_name("damaged.onnx")
    path.write_bytes(content[:position] + junk + content[position + len(junk) :])
    with contextlib.suppress(WeightClusteringError):
        load_model(path)


def test_weights_that_do_not_fit_their_shape_are_named(tmp_path):
    """A lying shape is not believed."""
    liar = helper.make_tensor("liar", TensorProto.FLOAT, [4, 4], np.ones(16))
    liar.dims[0] = 4000
    onnx.save(
        graph_of([value("x", 4, 4)], [value("y", 4, 4)], [ADD], [WEIGHT, liar]), tmp_path / "m.onnx"
    )
    with pytest.raises(ModelFileError, match="liar"):
        load_model(tmp_path / "m.onnx")
