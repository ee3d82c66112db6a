"""What is compiled when it is first used is compiled before anybody waits for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wc_core import warm_up as module

ROOT = Path(__file__).resolve().parents[1]

COUNTING = """
import sys
from numba.core.dispatcher import Dispatcher

def compiled():
    loops = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("wc_core"):
            found = {k: v for k, v in vars(module).items() if isinstance(v, Dispatcher)}
            loops |= {k: {str(s) for s in v.signatures} for k, v in found.items()}
    return loops
"""
A_PERSON_WORKS = """
import tempfile
import numpy as np
from wc_core import BlockSpec, LayerPlan, Recipe, compress, list_layers, load, load_model, save
from wc_core.search import LiveLayer
from wc_core.warm_up import warm_up

warm_up()
before = compiled()
with tempfile.TemporaryDirectory() as folder:
    large = np.random.default_rng(0).normal(size=(300, 400)).astype(np.float32)
    from safetensors.numpy import save_file
    save_file({"fc.weight": large}, f"{folder}/large.safetensors")
    for model in (load_model("sample:lenet5"), load_model(f"{folder}/large.safetensors")):
        for k, block, scale in (
            (5, "1x1", "none"), (256, "1x1", "per_channel"), (700, "1x1", "none"),
            (32, "1x4", "none"), (32, "2x2", "per_channel"), (16, "1x25", "none"),
        ):
            plan = LayerPlan(n_clusters=k, block=BlockSpec.parse(block), scale=scale)
            save(compress(model, Recipe(plan=plan)), f"{folder}/small.safetensors")
            load(f"{folder}/small.safetensors").decoded()
        for info in list_layers(model.infos, Recipe()):
            if not info.skipped:
                LiveLayer(info, model.tensors[info.name], LayerPlan()).preview(9)
after = compiled()
print({name: kinds - before.get(name, set()) for name, kinds in after.items()
       if kinds - before.get(name, set())})
"""
NOTHING_CAN_BE_KEPT = """
from numba.core.caching import CacheImpl
CacheImpl._locator_classes = []  # as where neither the source's folder nor the home is writable
from wc_core import CLUSTERERS
from wc_core.warm_up import code_is_kept
import numpy as np
fitted = CLUSTERERS["kmeans"](n_clusters=2).fit(np.float32([[0], [0], [3]]))
print(code_is_kept(), fitted.cluster_centers_.ravel().tolist())
"""


def said_by(code: str) -> str:
    """Run code in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_nothing_is_compiled_in_front_of_a_person():
    """After warming up, the usual recipes on usual layers find every loop ready."""
    assert said_by(COUNTING + A_PERSON_WORKS).strip() == "{}"


@pytest.mark.slow
def test_without_a_place_to_keep_code_everything_works():
    """Loops are compiled anew then, and the warm-up knows that it would help nobody else."""
    assert said_by(NOTHING_CAN_BE_KEPT).split(maxsplit=1) == ["False", "[0.0, 3.0]\n"]


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_command_goes_last_and_only_where_it_helps(monkeypatch, is_kept):
    """Everything else has priority; what could not be kept is not compiled."""
    done = []
    monkeypatch.setattr(os, "nice", lambda step: done.append(step))
    monkeypatch.setattr(module, "code_is_kept", lambda: is_kept)
    monkeypatch.setattr(module, "warm_up", lambda: done.append("warm"))
    module.main()
    assert done == ([19, "warm"] if is_kept else [19])
