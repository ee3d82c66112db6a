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
    app.page.mouse.click(
        box["x"] + box["width"] * (predicted + 0.5) / N_CLASSES,
        box["y"] + box["height"] * (true + 0.5) / N_CLASSES,
    )
    app.settle()


def test_a_click_on_a_cell_shows_the_images_that_flipped(app: AppPage) -> None:
    """Three entries make many shirts T-shirts: their cell shows pictures, a quiet one says none."""
    app.goto(CLUSTER.path)
    cluster_with(app, n_clusters=3)
    app.go(QUALITY)
    app.wait_for_work()
    expect(app.chart("confusion_difference").locator(".nsewdrag")).to_be_visible(
        timeout=PATIENCE_MS
    )
    click_cell(app, SHIRT, T_SHIRT)
    expect(app.page.get_by_text(re.compile("Shirt seen as T-shirt", re.IGNORECASE))).to_be_visible()
    pictures = app.widget("pixels_flips").get_by_role("img")
    expect(pictures.first).to_be_visible(timeout=PATIENCE_MS)
    assert pictures.count() > 1
    expect(pictures.first).to_have_attribute("alt", re.compile("^Shirt, seen as"))
    click_cell(app, TROUSER, T_SHIRT)
    expect(
        app.page.get_by_text(re.compile("Trouser seen as T-shirt", re.IGNORECASE))
    ).to_be_visible()
    app.check_no_exception()
