"""How long it takes to measure a model, beside a plain torch loop over the same images.

The plain loop is what one writes first: images prepared each time, batches of 32, torch's own
max-pool, channels first, all layers for every model.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.inputs import efficientnet, photos
from tests.benchmarks.race import Entrant, milliseconds, race
from wc_core import Model, load_dataset, load_model
from wc_core.data import Dataset
from wc_core.evaluation import EvaluationConfig, SharedHead, default_config, evaluate

BATCH = 32
LATE = "fc2.weight"
OURS, LATE_ONLY, PLAIN = "ours", "ours, only fc2 and later layers", "plain torch loop"


def table() -> str:
    """Return the table; predictions of all ways are compared."""
    rows = [
        "| | images | median, ms | theirs / ours | same class as plain torch, % |",
        "|---|---|---|---|---|",
    ]
    rows += _rows("LeNet-5", load_model("sample:lenet5"), load_dataset("sample"), late=True)
    rows += _rows("EfficientNet-Lite0", efficientnet(), _photos(), late=False)
    return "\n".join(rows)


def _rows(name: str, model: Model, images: Dataset, *, late: bool) -> list[str]:
    config = default_config(model.forward, images)  # type: ignore[arg-type]
    entrants = [
        Entrant(OURS, lambda: evaluate(model, images, config).predictions),
        Entrant(PLAIN, partial(_plain, model, images, config)),
    ]
    if late:
        head = SharedHead.before(model, {LATE})
        assert head is not None
        rest = head.followed_by(model)
        entrants.append(Entrant(LATE_ONLY, lambda: evaluate(rest, images, config).predictions))
    found = race(entrants)
    said = found[PLAIN].answer
    return [
        f"| {name}: {way} | {len(images):,} | {milliseconds(finish.median)} "
        f"| {finish.median / found[OURS].median:.2f} | {100 * np.mean(finish.answer == said):g} |"
        for way, finish in found.items()
    ]


def _plain(model: Model, images: Dataset, config: EvaluationConfig) -> NDArray[np.integer]:
    """Return predictions as a first script makes them."""
    import torch

    from wc_core.data.preprocess import preprocess

    runner: Any = model.runner()
    module = _module(runner)
    said = []
    for start in range(0, len(images), BATCH):
        part: NDArray | Sequence[NDArray] = images.images[start : start + BATCH]
        batch = torch.from_numpy(preprocess(part, config.preprocess, runner.input_shape[0]))
        with torch.inference_mode():
            said.append(module(batch).argmax(1).numpy())
    return np.concatenate(said)


def _module(runner: Any) -> Callable[[Any], Any]:
    """Return a runner's module with torch's own max-pool and plain weights."""
    import torch
    from torch import nn

    from wc_core.models.zoo._nets.pooling import HalvingMaxPool

    module = runner.module
    if isinstance(module, nn.Sequential):
        names = [name for name, _part in module.named_children()]
        parts = [nn.MaxPool2d(2) if isinstance(m, HalvingMaxPool) else m for m in module]
        module = nn.Sequential(OrderedDict(zip(names, parts, strict=True)))
    tensors = {name: tensor.contiguous() for name, tensor in runner.tensors.items()}
    return lambda batch: torch.func.functional_call(module, tensors, (batch,))


def _photos() -> Dataset:
    images, labels = photos()
    names = tuple(map(str, range(1000)))
    return Dataset("photos", "0" * 64, images, labels, names, "efficientnet_lite")
