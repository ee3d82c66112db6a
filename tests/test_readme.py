"""The README is run: its example, its commands and its tables cannot go stale."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.reference import ALGORITHMS, README, ROOT, written
from wc_core import CLUSTERERS
from wc_core.clustering import algorithm_facts

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    return [float(number) for number in NUMBER.findall(text)]


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def test_the_example_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the example prints is what it says there, up to digits that the processor decides."""
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(example, str(README), "exec"), names)
    printed = capsys.readouterr().out.strip()
    promised = "\n".join(re.findall(r"^# (.*)$", example, re.MULTILINE))
    assert NUMBER.sub("N", printed) == NUMBER.sub("N", promised)
    assert numbers(printed) == pytest.approx(numbers(promised), rel=0.01)


def test_the_example_has_ten_lines() -> None:
    """A reader sees the whole engine at a glance."""
    (example,) = blocks("python")
    assert len(ast.parse(example).body) <= 10
    assert sum(bool(line.strip()) for line in example.splitlines()) <= 14


@pytest.mark.slow
def test_the_commands_run_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command line in the README ends well, in the order in which it is read."""
    from wc_core.__main__ import main

    monkeypatch.chdir(tmp_path)
    text = "\n".join(blocks("sh")).replace("\\\n", " ")
    commands = [line for line in text.splitlines() if line.startswith("python -m wc_core ")]
    assert commands
    for command in commands:
        arguments = shlex.split(command.partition(" > ")[0], comments=True)[3:]
        assert main(arguments) == 0, capsys.readouterr().err


@pytest.mark.parametrize("page", [README, ALGORITHMS], ids=lambda page: page.name)
def test_the_tables_list_what_is_registered(page: Path) -> None:
    """They are those that `make readme` writes."""
    assert page.read_text() == written()[page]


@pytest.mark.parametrize("name", CLUSTERERS)
def test_the_docs_have_every_parameter_and_source(name: str) -> None:
    """Whoever reads the docs needs no source code to use an algorithm."""
    facts = algorithm_facts(name)
    section = ALGORITHMS.read_text().partition(f"`{name}`\n\n{facts.about}")[2].partition("###")[0]
    for parameter in facts.parameters:
        assert f"| `{parameter.name}` |" in section
        assert parameter.domain.help in section
    assert facts.sources
    assert all(f"- {source}\n" in section for source in facts.sources)


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda page: page.name
)
def test_what_the_pages_link_to_exists(page: Path) -> None:
    """No link or picture of a page leads nowhere."""
    links = re.findall(r"\]\(([^)#:\s]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
