"""The README is run: its example, its commands and its table cannot go stale.

`python -m tests.test_readme` writes the table anew.
"""

import ast
import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from wc_core import CLUSTERERS
from wc_core.clustering import free_params

README = Path(__file__).resolve().parents[1] / "README.md"
TABLE = re.compile(r"(?<=<!-- algorithms: make readme -->\n).*?(?=<!-- end -->)", re.DOTALL)

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    return [float(number) for number in NUMBER.findall(text)]


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def table_of_algorithms() -> str:
    """Return the Markdown table of what is registered."""
    rows = ["| name | what it does | parameters | source |", "|---|---|---|---|"]
    for name in CLUSTERERS:
        doc = inspect.getdoc(CLUSTERERS[name]) or ""
        parameters = ", ".join(f"`{p}`" for p in free_params(CLUSTERERS[name]))
        rows.append(f"| `{name}` | {doc.splitlines()[0]} | {parameters} | {sources(doc)} |")
    return "\n".join(rows) + "\n"


def sources(doc: str) -> str:
    """Return the entries of a docstring's References section, one after the other."""
    section = re.search(
        r"^References\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE
    )
    lines = section[1].strip().splitlines() if section else []
    return "; ".join(line.removesuffix(".") for line in lines)


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


def test_the_table_lists_what_is_registered() -> None:
    """The table of algorithms is the one that `make readme` writes."""
    assert TABLE.findall(README.read_text()) == [table_of_algorithms()]


@pytest.mark.parametrize("page", sorted(README.parent.glob("*.md")), ids=lambda p: p.name)
def test_what_the_pages_link_to_exists(page: Path) -> None:
    """No link or picture of a page at the root leads nowhere."""
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


if __name__ == "__main__":
    README.write_text(TABLE.sub(lambda _match: table_of_algorithms(), README.read_text()))
