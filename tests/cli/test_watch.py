"""Whoever watches a command is told how far it is; a file or a pipe gets nothing."""

import argparse
import sys

import pytest

from wc_core.cli.watch import watch
from wc_core.progress import Progress


def steps():
    yield Progress(1, 2, "reading", result="half")
    yield Progress(2, 2, result="whole")


@pytest.mark.parametrize(("terminal", "json"), [(False, False), (True, True), (False, True)])
def test_nobody_watches(capsys, monkeypatch, terminal, json):
    """Neither without a terminal nor where JSON is asked for."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert watch(steps(), argparse.Namespace(json=json)) == "whole"
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_the_share_that_is_done(capsys, monkeypatch):
    """On one line, which is cleared at the end."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert watch(steps(), argparse.Namespace(json=False)) == "whole"
    err = capsys.readouterr().err
    assert " 50% reading" in err
    assert err.endswith("\r\x1b[K")
    assert "\n" not in err
