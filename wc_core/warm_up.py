"""Have everything compiled before somebody waits for it: `python -m wc_core.warm_up`.

Loops are compiled when they are first called, which takes seconds in a new environment. What is
compiled is kept on disk, so that a process of its own can do it for all that come later.
"""

import os
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np

from wc_core.clustering import CLUSTERERS
from wc_core.compression import compress
from wc_core.export import load, save
from wc_core.models import Model, TensorInfo, list_layers
from wc_core.pruning import PRUNERS
from wc_core.recipe import BlockSpec, LayerPlan, Recipe
from wc_core.search import LiveLayer, default_algorithms, recipe_with
from wc_core.search.rate_target import PRICE
from wc_core.threads import limit_threads
from wc_core.weight_loops import count_indices

# One that blocks stick out of, one that they fit in, and one so large that it is counted in bins.
LAYERS = {"ragged.weight": (13, 47), "even.weight": (12, 3600), "many.weight": (300, 300)}
BLOCKS = ("1x2", "1x4", "1x8", "1x9", "1x16", "1x25")  # each size has code of its own
MANY = 300  # entries whose indices take two bytes
ALL = 65536  # entries, one for every block


def warm_up() -> None:
    """Cluster, write, read and preview a tiny model in all usual ways, and forget what comes out.

    Takes a second or two where everything is compiled already, and one core.
    """
    model = _model()
    with limit_threads(1), tempfile.TemporaryDirectory() as folder:
        for scale in ("none", "per_channel"):  # what a person sees first comes first
            for info in list_layers(model.infos, Recipe()):
                LiveLayer(info, model.tensors[info.name], LayerPlan(scale=scale)).preview(8)
        for recipe in _recipes():
            save(compress(model, recipe), Path(folder) / "packed.safetensors")
            load(Path(folder) / "packed.safetensors").decoded()


def code_is_kept() -> bool:
    """Tell whether what is compiled here spares later processes the compiler."""
    return cast(Any, count_indices).stats.cache_path is not None


def main() -> None:
    """Warm up with the lowest priority, unless that helps nobody else."""
    if hasattr(os, "nice"):
        os.nice(19)
    if code_is_kept():
        warm_up()


def _recipes() -> Iterator[Recipe]:
    """Yield one recipe for each way in which loops are called."""
    small = Recipe(layers=("ragged*", "even*"))
    for scale in ("none", "per_channel"):
        for k in (2, 16, 256, MANY):
            yield Recipe(plan=LayerPlan(n_clusters=k, scale=scale))
        for block in map(BlockSpec.parse, BLOCKS):
            for k in (16, ALL):
                yield small.with_plan(block=block, scale=scale, n_clusters=k)
    yield small.with_plan(recombine="residual", params={"exact": True})
    for pruner in PRUNERS:
        yield small.with_plan(pruner=pruner, block=BlockSpec(1, 2), codebook_dtype="int8")
        yield small.with_plan(pruner=pruner, scale="per_channel")
    for algorithm in default_algorithms():
        yield recipe_with(small.with_plan(block=BlockSpec(1, 4)), algorithm)
    for algorithm, (k, cols) in product(_priced(), ((16, 1), (16, 4), (512, 4))):
        yield recipe_with(small.with_plan(n_clusters=k, block=BlockSpec(1, cols)), algorithm)


def _priced() -> list[str]:
    """Return the algorithms that take a price of a bit, which have loops of their own."""
    return [name for name in CLUSTERERS if PRICE in CLUSTERERS[name].param_space]


def _model() -> Model:
    rng = np.random.default_rng(0)
    tensors = {name: rng.standard_t(5, shape).astype(np.float32) for name, shape in LAYERS.items()}
    for tensor in tensors.values():
        tensor.flags.writeable = False  # as those of models are, which compiled loops tell apart
    infos = tuple(TensorInfo(name, shape, "float32") for name, shape in LAYERS.items())
    return Model("warm-up", "safetensors", "0" * 64, 0, infos, tensors)


if __name__ == "__main__":
    main()
