"""What the browser tests share: one server, one browser, a fresh tab for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import AppPage, find_chromium, open_browser, open_page
from tests.e2e.server import Server, run_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a browser; without one the tests are skipped, but never in CI."""
    executable = find_chromium()
    if executable is None:
        reason = "NO BROWSER TEST WAS RUN: no Chromium on this machine (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with open_browser(executable) as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the server that most tests share; it must have nothing to complain about."""
    with run_server(tmp_path_factory.mktemp("server")) as started:
        yield started
        assert started.complaints == []


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[Server]:
    """Start a server that nobody has asked for anything yet."""
    with run_server(tmp_path) as started:
        yield started
        assert started.complaints == []


@pytest.fixture
def app(browser: Browser, server: Server) -> Iterator[AppPage]:
    """Open a fresh tab on the shared server; the browser must have nothing to complain about."""
    with open_page(browser, server.url) as page:
        yield page
        assert page.console_errors == []
        assert page.foreign_hosts == set()
