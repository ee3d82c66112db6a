"""axe-core in a page: what it finds, less what is not ours."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.server import ROOT

SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A violation in Streamlit's own markup, which no code of ours can reach."""

    rule: str
    selector: str
    reason: str


# Thousands of marks that axe measures one by one and has no rule for; what a chart shows stands
# in the text alternative of its container, which is looked at.
DRAWINGS = ".js-plotly-plot .main-svg"

NAVIGATION = "[data-testid=stSidebarNavItems]"
FOREIGN = (
    Foreign("list", NAVIGATION, "headings of sections are children of Streamlit's list of pages"),
    Foreign("listitem", NAVIGATION, "follows from the same list"),
)


def serious_violations(page: Page) -> list[str]:
    """Return the serious and critical violations of ours, one line an element."""
    _inject(page, SCRIPT)
    found = page.evaluate(
        "async (drawings) => (await axe.run({exclude: [drawings]})).violations", DRAWINGS
    )
    lines = []
    for violation in found:
        if violation["impact"] in SERIOUS:
            for node in violation["nodes"]:
                selector = " ".join(map(str, node["target"]))
                if not _is_foreign(page, violation["id"], selector):
                    lines.append(f"{violation['id']}: {selector} {node['html'][:200]}")
    return lines


def _inject(page: Page, script: Path) -> None:
    if not script.exists():
        pytest.fail(f"{script} is missing: run `make e2e`, which installs axe-core")
    page.add_script_tag(path=script)


def _is_foreign(page: Page, rule: str, selector: str) -> bool:
    """Tell whether the element lies in a place that is excused from the rule."""
    inside = "([element, place]) => !!document.querySelector(element)?.closest(place)"
    return any(
        page.evaluate(inside, [selector, foreign.selector])
        for foreign in FOREIGN
        if foreign.rule == rule
    )
