"""What is not recognised is explained."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from wc_core.models.zoo import recognise
from wc_core.models.zoo.cifar_resnet import build_cifar_resnet
from wc_core.models.zoo.lenet import build_lenet5
from wc_core.models.zoo.resnet import build_resnet

Shapes = dict[str, tuple[int, ...]]


def shapes_of(build: Callable[..., torch.nn.Module], *args: int) -> Shapes:
    with torch.device("meta"):
        return {name: tuple(t.shape) for name, t in build(*args).state_dict().items()}


def reason(shapes: Shapes) -> str:
    forward, missing = recognise(shapes)
    assert forward is None
    return missing


def test_missing_tensor_is_named() -> None:
    """One tensor less is no ResNet-18 any more."""
    shapes = shapes_of(build_resnet)
    del shapes["layer3.1.bn2.bias"]
    text = reason(shapes)
    assert "ResNet-18" in text
    assert "layer3.1.bn2.bias is missing" in text


def test_extra_tensor_is_named() -> None:
    """Projected shortcuts are not those without parameters."""
    shapes = shapes_of(build_cifar_resnet) | {"layer2.0.downsample.0.weight": (32, 16, 1, 1)}
    text = reason(shapes)
    assert "CIFAR ResNet-20" in text
    assert "layer2.0.downsample.0.weight is not part of it" in text


def test_other_shape_is_named() -> None:
    """Kernels of another size are told from those expected."""
    text = reason(shapes_of(build_lenet5) | {"conv1.weight": (6, 1, 3, 3)})
    assert "conv1.weight has the shape 6 × 1 × 3 × 3 instead of 6 × 1 × 5 × 5" in text


def test_only_the_first_differences_are_listed() -> None:
    """A long list of differences is counted, not printed."""
    shapes = shapes_of(build_resnet) | {f"extra.{i}.weight": (2, 2) for i in range(10)}
    text = reason(shapes)
    assert "extra.2.weight" in text
    assert "extra.3.weight" not in text
    assert "7 more" in text


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"weight": ()},
        {"encoder.weight": (8, 4), "decoder.weight": (5, 9)},
        {"conv1.weight": (6,), "fc.weight": (3,), "layer1.0.conv1.weight": (2, 2)},
        {"fc1.weight": (10**18, 0), "fc1.bias": (10**18,)},
    ],
)
def test_unknown_models_are_told_what_still_works(shapes: Shapes) -> None:
    """Whatever the shapes, the answer says what works and how to get accuracy."""
    text = reason(shapes)
    assert "Everything except accuracy works" in text
    assert "torch.onnx.export" in text


def test_torch_waits_until_names_look_right() -> None:
    """Opening an unknown model costs no import of torch."""
    code = (
        "import sys; from wc_core.models.zoo import recognise;"
        "recognise({'h.0.attn.c_attn.weight': (768, 2304), 'wte.weight': (5, 7)});"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
