"""The browser, and a page of the app as a person sees it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.e2e.site import Place

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser that is measured or tested asks nobody but the server: everything it would
# fetch by itself is switched off.
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
]
PATIENCE_MS = 60_000  # two cores that also serve the page
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

WORK_MS = 240_000  # jobs on two cores that also drive the browser

# Parts of console messages (or of their addresses) that are not ours, each with its reason.
FOREIGN_CONSOLE = {
    "/_stcore/": "on a deep link Streamlit looks for its server below the page's own path first",
    "The page that you have requested does not seem to exist": (
        "Streamlit knows no pages before the app has run once; the app makes the browser ask again"
    ),
}


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


@contextmanager
def open_browser(executable: str) -> Iterator[Browser]:
    """Start a headless Chromium and close it when the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass  # without slots: Playwright keeps notes on the objects whose methods it calls
class AppPage:
    """One tab on the app; remembers what went wrong in it."""

    page: Page
    url: str
    console_errors: list[str] = field(default_factory=list)
    foreign_hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("request", lambda request: self._note_host(request.url))

    def goto(self, path: str) -> None:
        """Open a path by its address, as from a link, and wait until it stands."""
        self.page.goto(f"{self.url}{path}")
        self.settle()

    def go(self, place: Place) -> None:
        """Follow an entry of the app's own navigation."""
        if not self.nav_link(place.title).is_visible():  # a narrow screen folds it away
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.nav_link(place.title).click()
        self.expect_heading(place)
        self.settle()

    def nav_link(self, title: str) -> Locator:
        """Return an entry of the navigation; its icon's name is part of the link's text."""
        links = self.page.get_by_test_id("stSidebarNav").get_by_role("link")
        return links.filter(has=self.page.get_by_text(title, exact=True))

    def wait_for_work(self) -> None:
        """Wait until no job runs any more and the page shows what came of it."""
        expect(self.page.locator("[class*=st-key-job_]")).to_have_count(0, timeout=WORK_MS)
        self.settle()

    def settle(self) -> None:
        """Wait until the page's script has run and nothing on it is stale."""
        self.page.wait_for_timeout(250)  # an action reaches the server before the state turns
        self.page.wait_for_selector(IDLE)
        expect(self.page.locator("[data-stale=true]")).to_have_count(0, timeout=PATIENCE_MS)

    def expect_heading(self, place: Place) -> None:
        """Fail unless the page's heading is that of the place."""
        heading = self.page.get_by_role("heading", level=1, name=place.heading or place.title)
        expect(heading).to_be_visible(timeout=PATIENCE_MS)

    def widget(self, key: str) -> Locator:
        """Return the element of the widget or container that has the key."""
        return self.page.locator(f".st-key-{re.sub(r'[^a-zA-Z0-9_-]', '-', key)}")

    def press(self, key: str) -> None:
        """Press the button that has the key."""
        self.widget(key).get_by_role("button").first.click()
        self.settle()

    def type_number(self, key: str, value: int) -> None:
        """Type a number into the field that has the key."""
        field_ = self.widget(key).get_by_role("spinbutton")
        field_.fill(str(value))
        field_.press("Tab")

    def upload(self, key: str, path: Path) -> None:
        """Hand a file to the uploader in the container that has the key."""
        self.widget(key).locator("input[type=file]").set_input_files(path)
        self.settle()

    def expect_metric(self, key: str, label: str, pattern: str) -> None:
        """Wait until a metric in the container that has the key matches; work may be under way."""
        metrics = self.widget(key).get_by_test_id("stMetric").filter(has_text=label)
        value = metrics.get_by_test_id("stMetricValue")
        expect(value).to_have_text(re.compile(pattern), timeout=WORK_MS)

    def chart(self, name: str) -> Locator:
        """Return the drawing area of a chart."""
        return self.widget(f"chart.{name}").locator(".plot-container")

    def check_no_exception(self) -> None:
        """Fail if the page shows an exception or says it is not there."""
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        expect(self.page.get_by_text("Page not found")).to_have_count(0)

    def _note_console(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location['url']})"
        if message.type == "error" and not any(part in said for part in FOREIGN_CONSOLE):
            self.console_errors.append(said)

    def _note_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "localhost":
            self.foreign_hosts.add(str(parts.hostname))


@contextmanager
def open_page(
    browser: Browser, url: str, *, dark: bool = False, width: int = 1280, height: int = 900
) -> Iterator[AppPage]:
    """Open a tab of a person who has never been here."""
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    try:
        yield AppPage(context.new_page(), url)
    finally:
        context.close()
