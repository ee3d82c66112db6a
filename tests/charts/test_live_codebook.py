"""The chart that follows the slider of k."""

import numpy as np
import pytest

from wc_core import charts
from wc_core.models import LayerInfo
from wc_core.recipe import LayerPlan
from wc_core.search import LiveLayer

WEIGHT = (0.05 * np.random.default_rng(0).standard_t(5, (100, 90))).astype(np.float32)


@pytest.fixture(scope="module")
def live():
    return LiveLayer(LayerInfo("fc", WEIGHT.shape, "float32", WEIGHT.size), WEIGHT, LayerPlan())


def drawn(live, k):
    return charts.live_codebook(live.bars, live.edges, live.preview(k))


@pytest.mark.parametrize("k", [2, 5, 256])
def test_every_entry_has_a_mark_and_a_step(live, k):
    """Marks stand at the entries' values; the path has a step and a stem for each."""
    bars, path, marks = drawn(live, k).data
    assert len(bars.x) == len(live.bars)
    assert len(marks.x) == k
    assert len(path.x) == 5 * k
    np.testing.assert_allclose(marks.x, live.preview(k).centers)


@pytest.mark.parametrize("k", [2, 5, 40])
def test_steps_and_bars_cover_the_same_area(live, k):
    """A step is as high as the bars below it on average."""
    bars, path, _marks = drawn(live, k).data
    steps = np.trapezoid(path.y, path.x)
    assert steps == pytest.approx(sum(bars.y) * bars.width, rel=0.01)


def test_axes_do_not_move_with_k(live):
    """Only what k changes is drawn anew, and what was zoomed to stays."""
    few, many = (drawn(live, k).layout for k in (3, 200))
    assert few.xaxis.range == many.xaxis.range
    assert few.yaxis.range == many.yaxis.range
    assert few.uirevision == many.uirevision == "fc"
    assert few.height == many.height


def test_no_step_is_higher_than_the_picture():
    """Entries that stand for one value alone have no width, and still fit."""
    weight = np.zeros((50, 40), np.float32)
    weight[:, :5] = np.linspace(-1, 1, 250).reshape(50, 5)
    live = LiveLayer(LayerInfo("fc", weight.shape, "float32", 2000), weight, LayerPlan())
    figure = drawn(live, 251)
    assert max(figure.data[2].y) <= figure.layout.yaxis.range[1] * (1 + 1e-9)


def test_the_figure_is_small_whatever_the_layer(live):
    """What goes to the browser at every move are bars and entries, never weights."""
    assert len(drawn(live, 256).to_json()) < 100_000


def test_units_are_said_where_channels_are_scaled(live):
    """With a scale for each channel, values are not those of the weights."""
    figure = charts.live_codebook(live.bars, live.edges, live.preview(4), scaled=True)
    assert "scale" in figure.layout.xaxis.title.text
