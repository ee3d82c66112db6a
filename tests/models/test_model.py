"""From a file to logits: what trainers save is recognised and runs."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from wc_core import NotRunnableError, load_model
from wc_core.models.zoo.cifar_resnet import build_cifar_resnet
from wc_core.models.zoo.resnet import build_resnet
from wc_core.models.zoo.vgg import build_vgg


def with_statistics(module):
    """Give batch norms running statistics that matter."""
    torch.manual_seed(0)
    for name, buffer in module.named_buffers():
        if name.endswith(("mean", "var")):
            buffer.uniform_(0.5, 1.5)
    return module.eval()


def images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def agree(model, module, batch):
    with torch.inference_mode():
        expected = module(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(model.runner()(batch), expected, atol=1e-4 * np.abs(expected).max())


def test_a_resnet18_in_torchvisions_naming_runs(tmp_path):
    """Random weights, ten classes."""
    module = with_statistics(build_resnet(18, 10))
    assert {"bn1.running_var", "layer2.0.downsample.0.weight", "fc.bias"} <= set(
        module.state_dict()
    )
    torch.save(module.state_dict(), tmp_path / "resnet18.pth")
    model = load_model(tmp_path / "resnet18.pth")
    assert (model.forward.name, model.forward.n_classes) == ("ResNet-18", 10)
    agree(model, module, images(2, 3, 64, 64))


def test_a_wrapped_cifar_resnet20_runs(tmp_path):
    """Nested under state_dict, from a data-parallel wrapper, best score beside it."""
    module = with_statistics(build_cifar_resnet(20))
    state = {f"module.{name}": tensor for name, tensor in module.state_dict().items()}
    torch.save({"state_dict": state, "best_prec1": torch.tensor(91.7)}, tmp_path / "model.th")
    model = load_model(tmp_path / "model.th")
    assert (model.forward.name, model.prefix) == ("CIFAR ResNet-20", "module.")
    agree(model, module, images(3, 3, 32, 32))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_run(tmp_path, dtype):
    """In single precision, with the weights as they were rounded."""
    module = with_statistics(build_cifar_resnet(20)).to(dtype).float()
    state = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in module.state_dict().items()
    }
    save_file(state, tmp_path / "model.safetensors")
    agree(load_model(tmp_path / "model.safetensors"), module, images(2, 3, 32, 32))


def test_changed_weights_are_the_ones_that_run():
    """The same model with one layer replaced gives other logits; the first keeps its own."""
    model = load_model("sample:lenet5")
    batch = images(4, 1, 28, 28)
    before = model.runner()(batch)
    zeros = np.zeros_like(model.tensors["fc3.weight"])
    changed = model.with_tensors({"fc3.weight": zeros})
    np.testing.assert_allclose(changed.runner()(batch), np.tile(model.tensors["fc3.bias"], (4, 1)))
    np.testing.assert_array_equal(model.runner()(batch), before)


def test_images_that_do_not_go_through_are_named(tmp_path):
    """An architecture that takes any size still has a smallest one."""
    torch.save(build_vgg(11, 10, small=True).state_dict(), tmp_path / "vgg.pth")
    runner = load_model(tmp_path / "vgg.pth").runner()
    with pytest.raises(NotRunnableError, match="images of 3 × 16 × 16"):
        runner(images(1, 3, 16, 16))


def test_what_is_not_recognised_says_so_when_run(tmp_path):
    """Everything but running works."""
    save_file({"a": torch.ones(3, 4), "b": torch.ones(5, 6)}, tmp_path / "odd.safetensors")
    model = load_model(tmp_path / "odd.safetensors")
    assert model.n_parameters == 42
    with pytest.raises(NotRunnableError, match="not known"):
        model.runner()
