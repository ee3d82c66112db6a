"""Layers side by side: the same result as one by one, few in memory, and an end when asked."""

import threading
from collections.abc import Mapping
from gettext import NullTranslations

import numpy as np
import pytest

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, compress_steps, layerwise
from wc_core.export import pack
from wc_core.layerwise import layer_steps
from wc_core.models import LayerInfo, Model, TensorInfo, list_layers
from wc_core.threads import limit_threads, n_threads
from wc_core.words import language

SHAPES = {"a": (20, 30), "b": (40, 50), "c": (30, 40), "d": (50, 60), "e": (8, 20), "f": (31, 47)}


class Watched(Mapping):
    """Tensors that are made when they are asked for, and counted while somebody has them."""

    def __init__(self, shapes):
        self.shapes = shapes
        self.asked = []
        self.alive = self.most = 0
        self.lock = threading.Lock()

    def __getitem__(self, name):
        self.asked.append(name)
        rng = np.random.default_rng(len(name) + sum(self.shapes[name]))
        array = rng.normal(size=self.shapes[name]).astype(np.float32)
        with self.lock:
            self.alive += 1
            self.most = max(self.most, self.alive)
        return _counted(array, self)

    def __iter__(self):
        return iter(self.shapes)

    def __len__(self):
        return len(self.shapes)


class _Counted(np.ndarray):
    """An array that tells when it goes; views of it are none of these."""

    def __array_finalize__(self, other):
        self.owner = None

    def __del__(self):
        if self.owner is not None:
            with self.owner.lock:
                self.owner.alive -= 1


def _counted(array, owner):
    counted = array.view(_Counted)
    counted.owner = owner
    counted.flags.writeable = False
    return counted


def made(shapes=SHAPES):
    infos = tuple(TensorInfo(name, shape, "float32") for name, shape in shapes.items())
    return Model("made", "safetensors", "0" * 64, 1000, infos, Watched(shapes))


def chosen(model, recipe):
    return [info for info in list_layers(model.infos, recipe) if not info.skipped]


@pytest.fixture(autouse=True)
def side_by_side(monkeypatch):
    """Let small models be shared out, too."""
    monkeypatch.setattr(layerwise, "FEW", 0)


PLANS = [
    LayerPlan(n_clusters=8),
    LayerPlan(n_clusters=8, block=BlockSpec(2, 3), scale="per_channel"),
    LayerPlan(algorithm="gmm", n_clusters=8, block=BlockSpec(1, 4)),
    LayerPlan(algorithm="minibatch_kmeans", n_clusters=8, block=BlockSpec(1, 4)),
    LayerPlan(algorithm="som", n_clusters=9, block=BlockSpec(1, 4), recombine="residual"),
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda p: f"{p.algorithm}-{p.block}")
def test_the_number_of_threads_does_not_show_in_the_bytes(plan):
    """Not in the codebooks, not in the errors, not in the order of the layers."""
    files = []
    for n in (1, 2, 4):
        with limit_threads(n):
            small = compress(made(), Recipe(plan=plan))
            assert [layer.name for layer in small.layers] == list(SHAPES)
            files.append(pack(small)[0])
    assert files[0] == files[1] == files[2]


def info(name, n_weights):
    return LayerInfo(name, (1, n_weights), "float32", n_weights)


@pytest.mark.parametrize(
    ("sizes", "n", "alone", "shared"),
    [
        ([5, 5, 5, 5], 2, [], [5, 5, 5, 5]),
        ([1, 2, 9, 3], 2, [9], [3, 2, 1]),  # nine is more than half of fifteen
        ([100, 9, 1, 2, 3], 2, [100, 9], [3, 2, 1]),
        ([7], 2, [7], []),
        ([2, 9, 1], 1, [2, 9, 1], []),  # nobody to share with: in the order of the model
        ([4, 4, 4], 4, [4, 4, 4], []),
    ],
)
def test_large_layers_come_first_and_the_largest_have_all_threads(sizes, n, alone, shared):
    """A layer beyond a thread's fair share of what is left would keep the others waiting."""
    layers = [info(str(i), size) for i, size in enumerate(sizes)]
    parts = layerwise._schedule(layers, n)
    assert [[layer.n_weights for layer in part] for part in parts] == [alone, shared]


def test_small_models_keep_their_order(monkeypatch):
    """Sharing out would cost more than it gains."""
    monkeypatch.setattr(layerwise, "FEW", 10**6)
    model = made()
    compress(model, Recipe())
    assert model.tensors.asked == list(SHAPES)


def test_threads_do_not_multiply(monkeypatch):
    """Layers that are worked on side by side have one thread each; those alone have all."""
    seen = {}
    real = layerwise._one_layer

    def watched(model, recipe, info, pruned):
        seen[info.name] = n_threads()
        return real(model, recipe, info, pruned)

    monkeypatch.setattr(layerwise, "_one_layer", watched)
    with limit_threads(2):
        compress(made({**SHAPES, "huge": (100, 200)}), Recipe())
    assert seen == {**dict.fromkeys(SHAPES, 1), "huge": 2}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_more_layers_are_in_memory_than_threads(n):
    """A layer is read when its turn comes, and let go when it is done."""
    model = made({f"l{i}": (30, 40 + i) for i in range(12)})
    recipe = Recipe(plan=LayerPlan(n_clusters=4))
    with limit_threads(n):
        for _record in layer_steps(model, recipe, chosen(model, recipe)):
            assert model.tensors.alive <= n
    assert model.tensors.most <= n
    assert model.tensors.alive == 0
    assert sorted(model.tensors.asked) == sorted(model.tensors)


def test_memory_bounds_the_layers_before_the_threads_do(monkeypatch):
    """With many cores and large layers fewer are worked on, each with more threads."""
    monkeypatch.setattr(layerwise, "MOST", 2 * 30 * 51)
    seen = set()
    real = layerwise._one_layer

    def watched(model, recipe, info, pruned):
        seen.add(n_threads())
        return real(model, recipe, info, pruned)

    monkeypatch.setattr(layerwise, "_one_layer", watched)
    model = made({f"l{i}": (30, 40 + i) for i in range(12)})
    with limit_threads(6):
        compress(model, Recipe(plan=LayerPlan(n_clusters=4)))
    assert model.tensors.most <= 2
    assert seen == {3}


def test_progress_of_all_layers_is_one_bar():
    """It never goes back, and ends at all weights."""
    with limit_threads(2):
        records = list(compress_steps(made(), Recipe()))
    fractions = [record.fraction for record in records]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {record.total for record in records} == {sum(a * b for a, b in SHAPES.values())}


def own_threads():
    """Return the threads there are, but for those that are kept for pieces of work."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("pieces")}


def test_whoever_leaves_leaves_no_thread_behind():
    """Closing the generator ends the work, also that of threads which wait to be heard."""
    before = own_threads()
    model = made()
    with limit_threads(2):
        steps = compress_steps(model, Recipe())
        partial = next(r.result for r in steps if len(own_threads()) > len(before))
        steps.close()
    assert own_threads() == before
    assert len(partial.layers) < len(SHAPES)
    assert len(partial.decoded().tensors) == len(SHAPES)


@pytest.mark.parametrize("n", [1, 2])
def test_a_layer_that_fails_is_named(n):
    """Whichever thread it was in, and no thread goes on."""
    before = own_threads()
    bad = LayerPlan(algorithm="hierarchical", n_clusters=20, params={"max_points": 10})
    with limit_threads(n), pytest.raises(ConfigError, match=r"^c: .*20 entries"):
        compress(made(), Recipe(overrides={"c": bad}))
    assert own_threads() == before


def test_what_is_wrong_with_the_program_is_not_hidden(monkeypatch):
    """Errors of threads are raised as they are."""

    def broken(model, recipe, info, pruned):
        raise ZeroDivisionError

    monkeypatch.setattr(layerwise, "_one_layer", broken)
    with limit_threads(2), pytest.raises(ZeroDivisionError):
        compress(made(), Recipe())


class Shouting(NullTranslations):
    """A language of its own."""

    def gettext(self, message):
        return f"{message}!!"


def test_threads_speak_the_language_of_their_asker():
    """The sentence of a refusal is made in a thread."""
    bad = LayerPlan(algorithm="hierarchical", n_clusters=20, params={"max_points": 10})
    with limit_threads(2), language(Shouting()), pytest.raises(ConfigError, match=r"^c: .*!!$"):
        compress(made(), Recipe(overrides={"c": bad}))
