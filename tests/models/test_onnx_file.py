"""ONNX graphs of other makes, and those made to deceive."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from wc_core import ModelFileError, NotRunnableError, UnsafeFileError, load_model
from wc_core.models.onnx_file import fill_graph, onnx_forward

RNG = np.random.default_rng(0)


def value(name, *dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def tensor(name, array):
    return helper.make_tensor(name, TensorProto.FLOAT, array.shape, array.ravel())


def linear(inputs, output, *more, n_values=192, name="fc.weight"):
    """Make a graph that flattens its input and multiplies it with a weight of five columns."""
    weight = RNG.normal(size=(n_values, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", name], ["product"]),
        *(more or [helper.make_node("Identity", ["product"], ["y"])]),
    ]
    graph = helper.make_graph(nodes, "g", [inputs], [output], [tensor(name, weight)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, weight


def loaded(model, tmp_path):
    onnx.save(model, tmp_path / "m.onnx")
    return load_model(tmp_path / "m.onnx")


def images(n=3):
    return RNG.normal(size=(n, 3, 8, 8)).astype(np.float32)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("dims", "arranged"),
    [
        (("n", 3, 8, 8), lambda x: x),
        (("n", 8, 8, 3), lambda x: x.transpose(0, 2, 3, 1)),
        (("n", 192), lambda x: x),
        ((2, 192), lambda x: x),
    ],
)
def test_inputs_of_any_order_take_the_same_images(tmp_path, dims, arranged):
    """Channels first, last, or flattened: images come as (n, channels, height, width)."""
    model, weight = linear(value("x", *dims), value("y", "n", 5))
    model = loaded(model, tmp_path)
    assert model.forward.input_shape == (3, 8, 8)
    batch = images()
    expected = arranged(batch).reshape(len(batch), -1) @ weight
    np.testing.assert_allclose(model.runner()(batch), expected, rtol=1e-4, atol=1e-4)


def test_probabilities_become_logits_again(tmp_path):
    """A graph that ends in a softmax gives the loss of one that does not."""
    ends = helper.make_node("Softmax", ["product"], ["y"], axis=1)
    model, weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5), ends)
    batch = images() / 10
    logits = loaded(model, tmp_path).runner()(batch)
    np.testing.assert_allclose(
        softmax(logits), softmax(batch.reshape(3, -1) @ weight), rtol=1e-3, atol=1e-5
    )


def test_classes_are_found_where_the_output_leaves_them_open(tmp_path):
    """The shapes of the weights tell."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", "classes"))
    assert loaded(model, tmp_path).forward.n_classes == 5


def test_names_of_initializers_are_kept(tmp_path):
    """A prefix that wrappers put before all names is part of the graph's own names."""
    model, weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5), name="module.fc.weight")
    model = loaded(model, tmp_path)
    assert (model.prefix, list(model.tensors)) == ("", ["module.fc.weight"])
    batch = images()
    doubled = model.with_tensors({"module.fc.weight": weight * 2}).runner()(batch)
    np.testing.assert_allclose(doubled, 2 * model.runner()(batch), rtol=1e-4, atol=1e-5)


def external(name="secret"):
    found = tensor(name, np.ones((2, 2), np.float32))
    found.ClearField("float_data")
    found.data_location = TensorProto.EXTERNAL
    found.external_data.add(key="location", value="/etc/hostname")
    return found


def in_constant():
    return helper.make_node("Constant", [], ["c"], value=external())


def in_branch():
    branch = helper.make_graph([in_constant()], "then", [], [value("c", 2, 2)])
    return helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=branch)


def in_branch_initializer():
    node = helper.make_node("Identity", ["secret"], ["c"])
    branch = helper.make_graph([node], "then", [], [value("c", 2, 2)], [external()])
    return helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=branch)


@pytest.mark.parametrize("node", [in_constant(), in_branch(), in_branch_initializer()])
def test_external_data_are_refused_wherever_they_hide(tmp_path, node):
    """The path in such a tensor is one of the server's own: nothing opens it."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5), node)
    with pytest.raises(UnsafeFileError, match=r"secret.*external data"):
        loaded(model, tmp_path)
    content = model.SerializeToString()
    with pytest.raises(UnsafeFileError):  # as it may stand in a packed file
        onnx_forward(content)
    with pytest.raises(UnsafeFileError):
        fill_graph(content, {})


def test_external_data_in_functions_are_refused(tmp_path):
    """Functions of the model's own hold nodes, too."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5))
    opset = helper.make_opsetid("", 17)
    function = helper.make_function("mine", "F", [], ["c"], [in_constant()], [opset])
    model.functions.append(function)
    with pytest.raises(UnsafeFileError, match="external data"):
        loaded(model, tmp_path)


def test_damaged_graphs_of_packed_files_are_explained():
    """Whoever reads a packed file gets our errors, too."""
    with pytest.raises(ModelFileError):
        onnx_forward(b"\xff" * 99)
    with pytest.raises(ModelFileError):
        fill_graph(b"", {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data_type": TensorProto.FLOAT8E4M3FN}, "odd holds float8_e4m3fn"),
        ({"data_type": TensorProto.COMPLEX64}, "odd holds complex64"),
        ({"dims": [-1, 4]}, r"odd has the shape \(-1, 4\)"),
    ],
)
def test_odd_initializers_are_named(tmp_path, change, reason):
    """The tensor, and what is wrong with it."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5))
    odd = tensor("odd", np.ones((4, 4), np.float32))
    odd.data_type = change.get("data_type", odd.data_type)
    odd.dims[:] = change.get("dims", odd.dims)
    model.graph.initializer.append(odd)
    with pytest.raises(ModelFileError, match=reason):
        loaded(model, tmp_path)


def test_names_that_are_no_text_are_refused(tmp_path):
    """Bytes of a foreign alphabet in place of a name."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString().replace(b"fc.weight", b"fc.we\xffght"))
    with pytest.raises(ModelFileError, match="no text"):
        load_model(path)


def test_failing_graphs_print_nothing(tmp_path, capfd):
    """What goes wrong is raised; standard output may be somebody's JSON."""
    model, _weight = linear(
        value("x", "n", 3, 8, 8), value("y", "n", 5), helper.make_node("Nix", ["product"], ["y"])
    )
    with pytest.raises(NotRunnableError):
        loaded(model, tmp_path).runner()
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 5))
    with pytest.raises(NotRunnableError, match="cannot run the graph"):
        loaded(model, tmp_path).runner()(np.zeros((2, 3, 9, 9), np.float32))
    assert capfd.readouterr().out == ""


def test_broken_promises_of_classes_are_told(tmp_path):
    """The number of classes is checked against what comes out."""
    model, _weight = linear(value("x", "n", 3, 8, 8), value("y", "n", 7))
    with pytest.raises(NotRunnableError):
        loaded(model, tmp_path).runner()(images())


def test_absurd_batches_are_not_filled_up(tmp_path):
    """A graph that takes a billion images at once is not run."""
    model, _weight = linear(value("x", 10**9, 3, 8, 8), value("y", "n", 5))
    assert "not an image batch" in loaded(model, tmp_path).missing
