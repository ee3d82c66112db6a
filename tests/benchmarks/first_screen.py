"""How long a person looks at an empty page: from the request to the first number."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.browser import find_chromium, open_browser, open_page
from tests.e2e.server import run_server

RUNS = 3


def table() -> str:
    """Return seconds until the first number stands, for a fresh server and for one in use."""
    executable = find_chromium()
    if executable is None:
        return "No Chromium on this machine: not measured."
    cold, warm = [], []
    with open_browser(executable) as browser, tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            place = Path(folder) / str(run)
            place.mkdir()
            with run_server(place) as server:
                cold.append(seconds_to_first_number(browser, server.url))
                warm.append(seconds_to_first_number(browser, server.url))
    rows = ["| server | seconds, each run |", "|---|---|"]
    for name, times in (("first request it ever gets", cold), ("second person", warm)):
        rows.append(f"| {name} | {', '.join(f'{t:.2f}' for t in times)} |")
    return "\n".join(rows)


def seconds_to_first_number(browser: Browser, url: str) -> float:
    """Open Home as somebody new (empty cache) and wait for a metric with a value."""
    with open_page(browser, url) as app:
        started = time.perf_counter()
        app.page.goto(url, wait_until="commit")
        app.page.get_by_test_id("stMetricValue").first.wait_for()
        return time.perf_counter() - started
