"""Compilers work behind the first screen, once per server."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import warm_start
from tests.pages.reading import ROOT
from wc_core import warm_up

_really_warm = warm_start._warm


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Note what would be run, in order, instead of running it."""
    noted: list[Any] = []
    monkeypatch.setattr(warm_start, "_warm", _really_warm)
    monkeypatch.setattr(subprocess, "run", lambda command, **how: noted.append((command, how)))
    monkeypatch.setattr(warm_up, "warm_up", lambda: noted.append("here"))
    warm_start.warm_start.clear()
    yield noted
    warm_start.warm_start.clear()


def test_another_process_compiles_before_this_one_loads(asked: list[Any]) -> None:
    """Compiling takes no time from the server; loading what was compiled takes little."""
    warm_start.warm_start().join(10)
    (command, how), here = asked
    assert command == (sys.executable, "-m", "wc_core.warm_up")
    assert how["cwd"] == ROOT
    assert here == "here"


def test_it_happens_once_per_server_and_after_a_page(asked: list[Any]) -> None:
    """The second person finds it done, or under way."""
    for _person in range(2):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        assert at.title
    warm_start.warm_start().join(10)
    assert len(asked) == 2


def test_nobody_waits_for_it(asked: list[Any]) -> None:
    """It is a thread that does not even keep the server from ending."""
    assert warm_start.warm_start().daemon
