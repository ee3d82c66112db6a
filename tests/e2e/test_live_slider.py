"""The slider of k: chart and numbers follow it while it is moved, and nothing else does."""

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.live import move, open_live, write_square_layer

SIDE = 1000


def test_the_chart_follows_the_keyboard(app: AppPage, tmp_path: Path) -> None:
    """Each key moves k by one; chart, sentence and bits are those of the new k."""
    slider = open_live(app, write_square_layer(tmp_path / "square.safetensors", SIDE))
    assert slider.input_value() == "16"
    for _step in range(3):
        move(app, slider, "ArrowRight")
    expect(app.page.get_by_text("19 values stand for 1,000,000 weights")).to_be_visible()
    app.expect_metric("cluster_live_numbers", "Bits per weight", r"^3\.60$")
    move(app, slider, "End")
    app.expect_metric("cluster_live_numbers", "Bits per weight", r"^7\.30$")
    move(app, slider, "Home")
    app.expect_metric("cluster_live_numbers", "Bits per weight", r"^1\.00$")
    app.check_no_exception()
    # Nothing was clustered by all this: that takes the button, and the slider's k goes with it.
    expect(app.page.get_by_text("Nothing is clustered with this recipe yet")).to_be_visible()
    app.press("cluster.live_take")
    app.wait_for_work()
    app.expect_metric("cluster_numbers", "Bits per weight", r"^1\.00$")
    expect(app.widget("cluster.n_clusters").get_by_role("spinbutton")).to_have_value("2")
    assert slider.input_value() == "2"


def test_the_chart_follows_the_mouse_before_it_is_let_go(app: AppPage, tmp_path: Path) -> None:
    """While the button is still down, the picture already shows where the slider is."""
    slider = open_live(app, write_square_layer(tmp_path / "square.safetensors", SIDE))
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    start = box["x"] + 8 + (box["width"] - 16) * (16 - 2) / (256 - 2)
    app.page.mouse.move(start, middle)
    app.page.mouse.down()
    for step in range(1, 6):
        app.page.mouse.move(start + 40 * step, middle)
    reached = int(slider.input_value())
    assert reached > 60
    # While a chart is replaced, Streamlit keeps the last one, hidden: the new one is looked for.
    chart = app.widget("chart.live_codebook").filter(has_text=f"k = {reached}:")
    expect(chart).to_be_visible(timeout=PATIENCE_MS)
    app.page.mouse.up()
    assert int(slider.input_value()) == reached
    app.check_no_exception()
