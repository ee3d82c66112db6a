"""A click on a cell of the confusion matrix shows the images that changed."""

import re

from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import CLUSTER, QUALITY
from tests.e2e.test_journeys import cluster_with

N_CLASSES = 10
TROUSER, SHIRT, T_SHIRT = 1, 6, 0


def click_cell(app: AppPage, true: int, predicted: int) -> None:
    """Click the middle of a cell: rows are true classes from the top, columns predicted ones."""
    box = app.chart("confusion_difference").locator(".nsewdrag").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * (predicted + 0.5) / N_CLASSES
    y = box["y"] + box["height"] * (true + 0.5) / N_CLASSES
    app.page.mouse.move(x, y)
    app.page.wait_for_timeout(400)  # Plotly clicks what is hovered, and looks every now and then
    app.page.mouse.click(x, y)
    app.settle()


def test_a_click_on_a_cell_shows_the_images_that_flipped(app: AppPage) -> None:
    """Three entries make many shirts T-shirts: their cell shows pictures, a quiet one says none."""
    app.goto(CLUSTER.path)
    cluster_with(app, n_clusters=3)
    app.expect_metric("cluster_numbers", "Bits per weight", r"^1\.")
    app.go(QUALITY)
    app.wait_for_work()
    expect(app.chart("confusion_difference").locator(".nsewdrag")).to_be_visible(
        timeout=PATIENCE_MS
    )
    click_cell(app, SHIRT, T_SHIRT)
    expect(app.page.get_by_text("Shirt seen as T-shirt/top:")).to_be_visible(timeout=PATIENCE_MS)
    pictures = app.widget("pixels_flips").get_by_role("img")
    expect(pictures.first).to_be_visible(timeout=PATIENCE_MS)
    assert pictures.count() > 1
    expect(pictures.first).to_have_attribute("alt", re.compile("^Shirt, seen as"))
    click_cell(app, TROUSER, T_SHIRT)
    expect(app.page.get_by_text("Trouser seen as T-shirt/top:")).to_be_visible(timeout=PATIENCE_MS)
    app.check_no_exception()
