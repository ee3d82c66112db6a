"""A link to any page works, also as the first thing that a fresh server is ever asked for."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import PATIENCE_MS, open_page
from tests.e2e.server import Server
from tests.e2e.site import SITE, Place


@pytest.mark.parametrize("place", SITE, ids=lambda place: place.name)
def test_the_first_request_may_be_any_page(
    browser: Browser, cold_server: Server, place: Place
) -> None:
    """A cold server answers a deep link with that page, in the app's own navigation."""
    with open_page(browser, cold_server.url) as app:
        app.goto(place.path)
        app.expect_heading(place)
        links = app.page.get_by_test_id("stSidebarNav").get_by_role("link")
        expect(links).to_have_count(len(SITE))
        for other in SITE:
            expect(app.nav_link(other.title)).to_be_visible()
        app.check_no_exception()
        app.wait_for_work()
        app.check_no_exception()
        assert app.console_errors == []
        assert app.foreign_hosts == set()


def test_the_first_screen_holds_numbers(browser: Browser, cold_server: Server) -> None:
    """Home shows finished numbers at once, before any chart or job."""
    with open_page(browser, cold_server.url) as app:
        app.page.goto(cold_server.url)
        expect(app.page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=PATIENCE_MS)
        values = app.page.get_by_test_id("stMetricValue").all_inner_texts()
        assert any(character.isdigit() for value in values for character in value)
