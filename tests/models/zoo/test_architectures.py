"""Architectures are those of the papers, and are told by their tensors alone."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from wc_core.errors import NotRunnableError
from wc_core.models import load_model
from wc_core.models.zoo import recognise
from wc_core.models.zoo.cifar_resnet import build_cifar_resnet
from wc_core.models.zoo.efficientnet_lite import build_efficientnet_lite0
from wc_core.models.zoo.lenet import build_lenet5, build_lenet5_caffe, build_lenet_300_100
from wc_core.models.zoo.mlp import build_mlp
from wc_core.models.zoo.mobilenet_v2 import build_mobilenet_v2
from wc_core.models.zoo.resnet import build_resnet
from wc_core.models.zoo.vgg import build_vgg

Build = Callable[..., nn.Module]
Shapes = dict[str, tuple[int, ...]]

# name, builder, published number of parameters
PUBLISHED: list[tuple[str, Build, int]] = [
    ("LeNet-5", build_lenet5, 61_706),
    ("LeNet-5 (Caffe)", build_lenet5_caffe, 431_080),
    ("LeNet-300-100", build_lenet_300_100, 266_610),
    ("CIFAR ResNet-20", partial(build_cifar_resnet, 20), 269_722),
    ("CIFAR ResNet-32", partial(build_cifar_resnet, 32), 464_154),
    ("CIFAR ResNet-44", partial(build_cifar_resnet, 44), 658_586),
    ("CIFAR ResNet-56", partial(build_cifar_resnet, 56), 853_018),
    ("CIFAR ResNet-110", partial(build_cifar_resnet, 110), 1_727_962),
    ("ResNet-18", partial(build_resnet, 18), 11_689_512),
    ("ResNet-34", partial(build_resnet, 34), 21_797_672),
    ("ResNet-50", partial(build_resnet, 50), 25_557_032),
    ("MobileNetV2", build_mobilenet_v2, 3_504_872),
    ("VGG-11", partial(build_vgg, 11), 132_863_336),
    ("VGG-13", partial(build_vgg, 13), 133_047_848),
    ("VGG-16", partial(build_vgg, 16), 138_357_544),
    ("VGG-11 (BN)", partial(build_vgg, 11, batch_norm=True), 132_868_840),
    ("VGG-13 (BN)", partial(build_vgg, 13, batch_norm=True), 133_053_736),
    ("VGG-16 (BN)", partial(build_vgg, 16, batch_norm=True), 138_365_992),
    ("EfficientNet-Lite0", build_efficientnet_lite0, 4_652_008),
]
IDS = [name for name, _build, _n in PUBLISHED]


def empty(build: Build, *args: int) -> nn.Module:
    """Build without weights."""
    with torch.device("meta"):
        return build(*args)


def shapes_of(module: nn.Module) -> Shapes:
    return {name: tuple(t.shape) for name, t in module.state_dict().items()}


@pytest.mark.parametrize(("name", "build", "n_published"), PUBLISHED, ids=IDS)
def test_parameter_count_is_the_published_one(name: str, build: Build, n_published: int) -> None:
    """A wrong layer anywhere changes the number of parameters."""
    assert sum(p.numel() for p in empty(build).parameters()) == n_published


@pytest.mark.parametrize(("name", "build", "_n"), PUBLISHED, ids=IDS)
def test_state_dict_is_recognised(name: str, build: Build, _n: int) -> None:
    """Names and shapes alone tell the architecture, with and without step counters."""
    shapes = shapes_of(empty(build))
    forward, missing = recognise(shapes)
    assert forward is not None
    assert (forward.name, missing) == (name, "")
    bare = {k: s for k, s in shapes.items() if not k.endswith("num_batches_tracked")}
    again, _missing = recognise(bare)
    assert again is not None
    assert again.name == name


@pytest.mark.parametrize(
    ("name", "build"),
    [pytest.param(name, build, id=name) for name, build, _n in PUBLISHED if "300" not in name],
)
def test_classes_and_channels_follow_from_shapes(name: str, build: Build) -> None:
    """Seven classes of two-channel images are no different architecture."""
    forward, _missing = recognise(shapes_of(empty(build, 7, 2)))
    assert forward is not None
    assert (forward.name, forward.n_classes, forward.input_shape[0]) == (name, 7, 2)


@pytest.mark.parametrize(
    ("build", "shape", "preset"),
    [
        (build_lenet5, (1, 28, 28), "fashion_mnist"),
        (partial(build_lenet5, 10, 3, side=32), (3, 32, 32), "cifar10"),
        (partial(build_mlp, (3072, 50, 10)), (3, 32, 32), "cifar10"),
        (partial(build_mlp, (7, 5, 2)), (1, 1, 7), "unit"),
        (partial(build_cifar_resnet, 20, widths=(8, 16, 40), head="fc"), (3, 32, 32), "cifar10"),
        (build_resnet, (3, None, None), "imagenet"),
        (partial(build_mobilenet_v2, stem=16, last=64), (3, None, None), "imagenet"),
        (partial(build_vgg, 16, 10, small=True), (3, 32, 32), "cifar10"),
        (build_efficientnet_lite0, (3, None, None), "efficientnet_lite"),
    ],
)
def test_variants_know_their_images(
    build: Build, shape: tuple[int | None, ...], preset: str
) -> None:
    """Image size and preprocessing follow from the shapes, also at other widths."""
    forward, _missing = recognise(shapes_of(empty(build)))
    assert forward is not None
    assert (forward.input_shape, forward.default_preprocess) == (shape, preset)


RUNNABLE: list[tuple[Build, tuple[int, int, int]]] = [
    (build_lenet5, (1, 28, 28)),
    (partial(build_lenet5, 10, 3, side=32), (3, 32, 32)),
    (build_lenet5_caffe, (1, 28, 28)),
    (build_lenet_300_100, (1, 28, 28)),
    (build_cifar_resnet, (3, 32, 32)),
    (partial(build_resnet, 18, 10), (3, 64, 64)),
    (partial(build_resnet, 50, 10), (3, 33, 40)),
    (build_mobilenet_v2, (3, 64, 64)),
    (partial(build_vgg, 11, 10, small=True, batch_norm=True), (3, 32, 32)),
    (build_efficientnet_lite0, (3, 61, 64)),
]


@pytest.mark.parametrize(("build", "shape"), RUNNABLE)
def test_runner_gives_the_logits_of_the_module(build: Build, shape: tuple[int, int, int]) -> None:
    """Binding arrays to a recognised architecture is the same as running the module."""
    torch.manual_seed(0)
    module = build().eval()
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.uniform_(0.5, 1.5)
    state = {name: t.numpy() for name, t in module.state_dict().items()}
    images = np.random.default_rng(0).standard_normal((3, *shape)).astype(np.float32)
    forward, missing = recognise(shapes_of(module))
    assert forward is not None, missing
    logits = forward.runner(state)(images)
    with torch.no_grad():
        expected = module(torch.from_numpy(images)).numpy()
    assert logits.shape == (3, forward.n_classes)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_float32_weights_are_shared() -> None:
    """A second runner of the same arrays takes no memory for weights."""
    state = {name: t.detach().numpy() for name, t in build_lenet5().state_dict().items()}
    forward, _missing = recognise({name: array.shape for name, array in state.items()})
    assert forward is not None
    if torch.cuda.is_available():
        pytest.skip("weights are copied to the GPU")
    for name, tensor in forward.runner(state).tensors.items():
        assert np.shares_memory(tensor.numpy(), state[name])


def test_half_precision_and_read_only_weights_run() -> None:
    """Weights run in float32 whatever they are stored in, and missing counters do not matter."""
    module = build_cifar_resnet().eval()
    state = {
        name: t.numpy().astype(np.float16)
        for name, t in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    for array in state.values():
        array.flags.writeable = False
    forward, _missing = recognise({name: array.shape for name, array in state.items()})
    assert forward is not None
    logits = forward.runner(state)(np.ones((2, 3, 32, 32), np.float32))
    assert np.isfinite(logits).all()
    with pytest.raises(NotRunnableError, match=r"bn1\.bias is missing"):
        forward.runner({name: a for name, a in state.items() if name != "bn1.bias"})


def test_small_networks_run_under_other_names() -> None:
    """LeNets and chains of linear layers are told by shapes in order, not by our names."""
    features = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU()
    )
    head = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    classifier = nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), *head)
    parts = {"features": features, "classifier": classifier}
    state = nn.ModuleDict(parts).state_dict()
    forward, missing = recognise({name: tuple(t.shape) for name, t in state.items()})
    assert forward is not None, missing
    assert forward.name == "LeNet-5"
    images = np.random.default_rng(0).random((2, 1, 28, 28), np.float32)
    logits = forward.runner({name: t.numpy() for name, t in state.items()})(images)
    with torch.no_grad():
        expected = classifier(features(torch.from_numpy(images))).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)

    layers = {f"net.{i}": (w, v) for i, v, w in [(0, 20, 15), (2, 15, 12), (10, 12, 4)]}
    shapes: Shapes = {f"{n}.weight": s for n, s in layers.items()}
    shapes |= {f"{n}.bias": s[:1] for n, s in layers.items()}
    forward, missing = recognise(shapes)
    assert forward is not None, missing
    assert forward.name == "MLP 20-15-12-4"


def test_chain_without_names_in_order_follows_the_shapes() -> None:
    """Names that sort otherwise do not hide the only order in which the layers fit."""
    shapes: Shapes = {
        "a.weight": (4, 12),
        "b.weight": (12, 15),
        "b.bias": (12,),
        "in.weight": (15, 20),
    }
    forward, missing = recognise(shapes)
    assert forward is not None, missing
    assert forward.name == "MLP 20-15-12-4"
    rng = np.random.default_rng(0)
    state = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    images = rng.standard_normal((5, 1, 1, 20)).astype(np.float32)
    hidden = np.maximum(images[:, 0, 0] @ state["in.weight"].T, 0)
    hidden = np.maximum(hidden @ state["b.weight"].T + state["b.bias"], 0)
    logits = forward.runner(state)(images)
    np.testing.assert_allclose(logits, hidden @ state["a.weight"].T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sample", ["lenet5", "lenet_300_100"])
def test_samples_are_recognised(sample: str) -> None:
    """The embedded models run on images of 28 x 28."""
    model = load_model(f"sample:{sample}")
    logits = model.runner()(np.zeros((2, 1, 28, 28), np.float32))
    assert logits.shape == (2, 10)
