"""The live view says beforehand what clustering will report afterwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wc_core import BlockSpec, ConfigError, LayerPlan, Recipe, compress, load_model
from wc_core.models import LayerInfo, Model, TensorInfo
from wc_core.models.weights import round_to
from wc_core.search import LIVE_KS, LiveLayer, why_not_live

RNG = np.random.default_rng(0)
SMALL = (0.05 * RNG.standard_t(5, (60, 70))).astype(np.float32)  # sorted
LARGE = (0.05 * RNG.standard_t(5, (300, 310))).astype(np.float32)  # counted in bins
BINS = 1e-3  # by what share bins may be off


def both(weight, plan, dtype="float32"):
    """Return what the live view shows and what `compress` reports of one layer."""
    weight = round_to(weight, dtype)
    info = TensorInfo("fc.weight", weight.shape, dtype)
    model = Model("m", "safetensors", "0" * 64, 1, (info,), {"fc.weight": weight})
    (report,) = compress(model, Recipe(plan=plan, min_weights=0)).layers
    layer = LayerInfo(info.name, info.shape, dtype, info.n_weights)
    return LiveLayer(layer, weight, plan).preview(plan.n_clusters), report


@pytest.mark.parametrize("k", [2, 3, 16, 64, 256])
@pytest.mark.parametrize("scale", ["none", "per_channel"])
@pytest.mark.parametrize("weight", [SMALL, LARGE], ids=["sorted", "bins"])
def test_the_numbers_are_those_of_the_report(weight, scale, k):
    """Entries and bits to the last digit, error within what bins cost."""
    shown, report = both(weight, LayerPlan(n_clusters=k, scale=scale, coding="packed"))
    assert shown.entries == report.entries == k
    assert shown.stored_bytes == report.stored_bytes
    assert shown.bits_per_weight == report.bits_per_weight
    assert shown.power == pytest.approx(report.power)
    assert shown.distortion == pytest.approx(report.distortion, rel=BINS)
    assert shown.sqnr_db == pytest.approx(report.sqnr_db, abs=0.01)
    assert shown.counts.sum() == weight.size
    assert np.all(np.diff(shown.centers) > 0)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("codebook", ["float32", "float16", "bfloat16", "int8"])
def test_what_rounding_costs_is_shown_too(dtype, codebook):
    """Entries are rounded to the codebook's type, decoded weights to the layer's own."""
    plan = LayerPlan(n_clusters=200, codebook_dtype=codebook, coding="packed")
    shown, report = both(SMALL, plan, dtype)
    assert shown.stored_bytes == report.stored_bytes
    assert shown.distortion == pytest.approx(report.distortion, rel=BINS)


@pytest.mark.parametrize("weight", [SMALL, LARGE], ids=["sorted", "bins"])
@pytest.mark.parametrize(
    "plan",
    [
        LayerPlan(n_clusters=32),
        LayerPlan(n_clusters=16, coding="coded", scale="per_channel", scale_dtype="int8"),
        LayerPlan(n_clusters=32, pruner="magnitude", sparsity=0.9),
        LayerPlan(n_clusters=8, pruner="channel", sparsity=0.3, scale="per_channel"),
        LayerPlan(n_clusters=8, pruner="n_m", coding="packed", scale_dtype="float16"),
    ],
    ids=lambda plan: f"{plan.pruner}-{plan.coding}",
)
def test_what_is_pruned_and_coded_is_shown_as_it_is_stored(plan, weight):
    """Positions count, pruning is part of the error; a coder's last bytes may be off."""
    shown, report = both(weight, plan)
    assert shown.stored_bytes == pytest.approx(report.stored_bytes, rel=0.01, abs=24)
    assert shown.distortion == pytest.approx(report.distortion, rel=BINS)
    assert shown.n_pruned == report.n_pruned
    assert shown.counts.sum() == weight.size - report.n_pruned


def test_a_layer_that_is_pruned_altogether_has_nothing_to_follow():
    """Said as a refusal, not as a failure."""
    plan = LayerPlan(pruner="magnitude", sparsity=1.0)
    with pytest.raises(ConfigError, match="everything is pruned"):
        LiveLayer(LayerInfo("fc", SMALL.shape, "float32", SMALL.size), SMALL, plan)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.sampled_from(["none", "per_channel"])
)
def test_few_different_weights_need_fewer_entries(numbers, scale):
    """Where k is more than there are different weights, what is left over is not stored."""
    weight = np.array(numbers, np.float32)[None]
    shown, report = both(weight, LayerPlan(n_clusters=6, scale=scale, coding="packed"))
    assert (shown.entries, shown.stored_bytes) == (report.entries, report.stored_bytes)
    assert shown.distortion == pytest.approx(report.distortion, rel=1e-6, abs=1e-9)


def test_many_weights_of_few_values_are_nothing_special():
    """Bins must not merge values that clustering tells apart."""
    weight = RNG.choice(np.linspace(-1, 1, 40).astype(np.float32), (300, 300))
    shown, report = both(weight, LayerPlan(n_clusters=64, coding="packed"))
    assert shown.entries == report.entries == 40
    assert shown.stored_bytes == report.stored_bytes
    assert shown.relative_error == pytest.approx(0, abs=1e-6)


def test_bars_count_every_weight_once():
    """Bars sum to the weights, and their edges reach from the lowest to the highest."""
    live = LiveLayer(LayerInfo("fc", LARGE.shape, "float32", LARGE.size), LARGE, LayerPlan())
    assert live.bars.sum() == LARGE.size
    assert live.edges[[0, -1]] == pytest.approx([LARGE.min(), LARGE.max()])
    assert len(live.edges) == len(live.bars) + 1


@pytest.mark.parametrize("value", [0.0, 1e-30, 5.0])
def test_a_layer_of_one_value_can_be_shown(value):
    """Constant weights have bars and one entry, without any error."""
    live = LiveLayer(
        LayerInfo("fc", (3, 4), "float32", 12), np.full((3, 4), value, np.float32), LayerPlan()
    )
    shown = live.preview(8)
    assert live.bars.sum() == 12
    assert (shown.entries, shown.relative_error) == (1, 0)


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        (LayerPlan(algorithm="som"), "k-means"),
        (LayerPlan(block=BlockSpec(1, 4)), "1x1"),
        (LayerPlan(recombine="residual"), "second stage"),
        (LayerPlan(pruner="global_magnitude"), "all layers"),
    ],
)
def test_what_cannot_be_followed_live_is_refused_with_its_reason(plan, word):
    """Other algorithms, larger blocks and second stages take longer than a slider waits."""
    assert word in why_not_live(plan)
    with pytest.raises(ConfigError, match=word):
        LiveLayer(LayerInfo("fc", SMALL.shape, "float32", SMALL.size), SMALL, plan)


def test_the_sample_can_be_followed_from_end_to_end():
    """More entries never cost more error, at any k of the slider."""
    model = load_model("sample:lenet5")
    info = next(i for i in model.infos if i.name == "fc1.weight")
    layer = LayerInfo(info.name, info.shape, info.dtype, info.n_weights)
    live = LiveLayer(layer, model.tensors[info.name], LayerPlan())
    errors = [live.preview(k).distortion for k in range(LIVE_KS[0], LIVE_KS[1] + 1)]
    assert errors == sorted(errors, reverse=True)
