"""A fresh app for every test, on a few hundred images so that the suite stays quick."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import wc_core
from pages._ui import board, cached, warm_start
from tests.pages.reading import ROOT

N_IMAGES = 400


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep everything that lasts in a folder of this test."""
    monkeypatch.setenv("WCL_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def no_warm_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no compiler in the background of every test process."""
    monkeypatch.setattr(warm_start, "_warm", lambda: None)


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the first images of any data set only."""
    load = wc_core.load_dataset
    monkeypatch.setattr(
        wc_core, "load_dataset", lambda source, name=None: load(source, name=name).take(N_IMAGES)
    )
    cached._read_dataset.clear()


@pytest.fixture
def app() -> AppTest:
    """Open the app on its first page, the sample loaded."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


@pytest.fixture
def settle() -> Callable[[AppTest], AppTest]:
    """Wait until nothing is computed any more, then show the page as it is then."""

    def wait(at: AppTest) -> AppTest:
        for _round in range(6):
            active = board.board().active("")
            for job in active.values():
                assert job.wait(60), f"{job.label} does not end"
            at.run()
            if not board.board().active(""):
                return at
            time.sleep(0.05)
        return at

    return wait
