"""The tables that follow from what is registered: `python -m tests.reference` writes them anew.

README.md lists the algorithms; docs/algorithms.md holds their formulas, parameters and sources.
"""

import re
from pathlib import Path

from wc_core import CLUSTERERS
from wc_core.clustering import AlgorithmFacts, Parameter, algorithm_facts

ROOT = Path(__file__).resolve().parents[1]
README, ALGORITHMS = ROOT / "README.md", ROOT / "docs" / "algorithms.md"


def written() -> dict[Path, str]:
    """Return both pages as they should be."""
    return {
        README: _filled(README, "algorithms", algorithms_table()),
        ALGORITHMS: _filled(ALGORITHMS, "parameters", parameters_chapter()),
    }


def algorithms_table() -> str:
    """Return one row for each algorithm."""
    rows = ["| algorithm | `--algorithm` | what it does |", "|---|---|---|"]
    for facts in map(algorithm_facts, CLUSTERERS):
        rows.append(f"| {facts.title} | `{facts.name}` | {facts.summary} |")
    return "\n".join(rows) + "\n"


def parameters_chapter() -> str:
    """Return one section for each algorithm."""
    return "\n".join(_section(algorithm_facts(name)) for name in CLUSTERERS)


def _section(facts: AlgorithmFacts) -> str:
    rows = ["| parameter | possible | default | |", "|---|---|---|---|"]
    rows += map(_row, facts.parameters)
    lines = [f"### {facts.title}: `{facts.name}`", "", facts.about, ""]
    lines += ["```math", facts.formula, "```", "", *rows, ""]
    return "\n".join([*lines, *(f"- {source}" for source in facts.sources)]) + "\n"


def _row(parameter: Parameter) -> str:
    domain = parameter.domain
    cells = (f"`{parameter.name}`", domain.describe(), f"`{parameter.default_text}`", domain.help)
    return f"| {' | '.join(cells)} |"


def _filled(page: Path, marker: str, text: str) -> str:
    """Return a page with the text between its markers."""
    place = re.compile(rf"(?<=<!-- {marker}: make readme -->\n).*?(?=<!-- end -->)", re.DOTALL)
    filled, n = place.subn(lambda _match: text, page.read_text(), count=1)
    if n != 1:
        msg = f"{page.name} has {n} places for {marker}"
        raise ValueError(msg)
    return filled


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text)
