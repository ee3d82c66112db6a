"""A chain of layers can be cut before the first one that changes."""

import numpy as np
import pytest

from wc_core.models.zoo import recognise
from wc_core.models.zoo.cifar_resnet import build_cifar_resnet
from wc_core.models.zoo.lenet import build_lenet5
from wc_core.models.zoo.mlp import build_mlp
from wc_core.models.zoo.vgg import build_vgg

RNG = np.random.default_rng(0)


def runner_of(module, prefix=""):
    """Return the runner of a module's weights, which its tensors may have other names for."""
    state = {prefix + name: t.numpy() for name, t in module.eval().state_dict().items()}
    forward, _missing = recognise({name: array.shape for name, array in state.items()})
    return forward.runner(state)


@pytest.mark.parametrize(
    ("module", "shape", "changed"),
    [
        (build_lenet5(), (1, 28, 28), "conv2.weight"),
        (build_lenet5(), (1, 28, 28), "fc1.weight"),
        (build_lenet5(), (1, 28, 28), "fc3.bias"),
        (build_mlp((784, 30, 10)), (1, 28, 28), "fc2.weight"),
        (build_vgg(11, 10, batch_norm=True, small=True), (3, 32, 32), "features.4.weight"),
        (build_vgg(11, 10, batch_norm=True, small=True), (3, 32, 32), "classifier.weight"),
    ],
)
def test_head_and_tail_do_what_the_whole_does(module, shape, changed):
    """Bit for bit, wherever the cut is."""
    runner = runner_of(module)
    images = RNG.normal(size=(5, *shape)).astype(np.float32)
    head, tail = runner.cut({changed})
    np.testing.assert_array_equal(tail(head(images)), runner(images))


def test_the_cut_knows_the_models_own_names():
    """Layers are found by the names in the file, not by those of our module."""
    module = build_mlp((784, 30, 10))
    state = {
        f"a.{i}.{kind}": tensor.numpy()
        for i in (0, 1)
        for kind, tensor in module[2 * i + 1].state_dict().items()
    }
    forward, _missing = recognise({name: array.shape for name, array in state.items()})
    runner = forward.runner(state)
    assert runner.cut({"a.1.weight"}) is not None
    assert runner.cut({"a.0.weight"}) is None


@pytest.mark.parametrize(
    ("module", "changed"),
    [
        (build_lenet5(), {"conv1.weight"}),
        (build_lenet5(), {"fc3.weight", "conv1.weight"}),
        (build_lenet5(), {"no.such.weight"}),
        (build_cifar_resnet(), {"linear.weight", "fc.weight"}),
    ],
)
def test_where_nothing_comes_before_there_is_no_cut(module, changed):
    """The first layer, unknown names, and networks that are no chain are run as a whole."""
    assert runner_of(module).cut(changed) is None
