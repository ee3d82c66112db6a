"""Everybody can use every page: axe-core, in light and in dark."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.axe import serious_violations
from tests.e2e.browser import open_page
from tests.e2e.server import Server
from tests.e2e.site import SITE, Place


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("place", SITE, ids=lambda place: place.name)
def test_no_serious_violation(browser: Browser, server: Server, place: Place, dark: bool) -> None:
    """No page has a serious accessibility violation of ours."""
    with open_page(browser, server.url, dark=dark) as app:
        app.goto(place.path)
        app.wait_for_work()
        app.page.wait_for_timeout(1000)  # a job that ends asks for one more run: it dims the page
        app.wait_for_work()
        assert serious_violations(app.page) == []


@pytest.mark.parametrize("place", SITE, ids=lambda place: place.name)
def test_a_narrow_screen_does_not_scroll_sideways(
    browser: Browser, server: Server, place: Place
) -> None:
    """On a telephone's 390 pixels a page is as wide as the screen."""
    with open_page(browser, server.url, width=390, height=844) as app:
        app.goto(place.path)
        app.wait_for_work()
        too_wide = app.page.evaluate(
            "() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"
        )
        assert too_wide <= 0
