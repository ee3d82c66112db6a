"""The class's path: pick a layer, run four algorithms, see how they differ."""

import re

from playwright.sync_api import Locator, expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import ALGORITHMS, HOME

FOUR = ("k-means", "Bisecting k-means", "Spectral clustering", "Self-organising map")


def test_a_class_compares_four_algorithms_on_a_layer(app: AppPage) -> None:
    """From Home to numbers, codebooks and explanations of four algorithms, by clicks alone."""
    app.goto(HOME.path)
    app.go(ALGORITHMS)
    app.wait_for_work()
    choose_layer(app, "fc2.weight")
    tick(app, FOUR)
    app.type_number("compare.n_clusters", 16)
    app.press("compare.submit")
    app.wait_for_work()
    app.check_no_exception()
    said = app.page.get_by_text("All with k = 16 and blocks of 1 × 4 on layer fc2.weight.")
    expect(said).to_be_visible(timeout=PATIENCE_MS)
    expect(app.page.get_by_text(re.compile("Least error:"))).to_be_visible()
    expect_rows(app, 4)
    for chart in ("sqnr_db", "accuracy", "seconds", "perplexity", "sizes"):
        expect(app.chart(f"compared_{chart}")).to_be_visible(timeout=PATIENCE_MS)
    check_the_planes(app)
    for name in FOUR:
        heading = app.page.locator("summary").get_by_text(name, exact=True)
        heading.click()
        expect(heading.locator("xpath=ancestor::details").locator(".katex").first).to_be_visible()
    app.check_no_exception()


def test_ticking_one_more_keeps_what_is_known(app: AppPage) -> None:
    """A fifth algorithm joins the four of the start, and the form keeps what was asked."""
    app.goto(ALGORITHMS.path)
    app.wait_for_work()
    expect_rows(app, 4)
    more = pill(app, "Mini-batch k-means")
    more.click()
    app.press("compare.submit")
    app.wait_for_work()
    expect_rows(app, 5)
    expect(more).to_have_attribute("aria-pressed", "true")
    app.check_no_exception()


def pill(app: AppPage, name: str) -> Locator:
    """Return the button that ticks an algorithm."""
    return app.widget("compare.algorithms").get_by_role("button", name=name, exact=True)


def tick(app: AppPage, names: tuple[str, ...]) -> None:
    """Tick exactly these algorithms."""
    for button in app.widget("compare.algorithms").get_by_role("button").all():
        wanted = button.inner_text().strip() in names
        if wanted != (button.get_attribute("aria-pressed") == "true"):
            button.click()
            expect(button).to_have_attribute("aria-pressed", str(wanted).lower())


def choose_layer(app: AppPage, name: str) -> None:
    """Pick a layer from the list."""
    app.widget("compare.layer").get_by_role("combobox").click()
    app.page.get_by_role("option", name=re.compile(f"^{re.escape(name)}")).click()


def expect_rows(app: AppPage, n: int) -> None:
    """Wait until so many algorithms stand side by side, in the table and in the charts."""
    expect(app.widget("compare_table").get_by_role("region")).to_be_visible(timeout=PATIENCE_MS)
    panels = app.chart("compared_sizes").locator(".annotation")
    expect(panels).to_have_count(n, timeout=PATIENCE_MS)


def check_the_planes(app: AppPage) -> None:
    """All four codebooks stand side by side on the same axes."""
    expect(app.chart("compared_planes")).to_be_visible(timeout=PATIENCE_MS)
    ranges = app.page.evaluate(
        """() => {
            const chart = document.querySelector('[class*=compared_planes] .js-plotly-plot');
            const axes = ['xaxis', 'xaxis2', 'xaxis3', 'xaxis4'];
            return axes.map(name => chart._fullLayout[name].range.map(x => x.toFixed(6)).join());
        }"""
    )
    assert len(set(ranges)) == 1
