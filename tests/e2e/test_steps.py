"""Watching an algorithm: the controls work in the browser alone."""

import re

from playwright.sync_api import Locator, expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import HOME, STEPS


def button(app: AppPage, name: str) -> Locator:
    """Return a button of the animation, by the name that a screen reader says."""
    return app.widget("chart.algorithm_steps").get_by_role("button", name=name)


def expect_title(app: AppPage, pattern: str) -> None:
    """Wait until the picture's title matches."""
    title = app.chart("algorithm_steps").locator(".gtitle").first
    expect(title).to_have_text(re.compile(pattern), timeout=PATIENCE_MS)


def count_runs(app: AppPage) -> None:
    """Count from now on how often the page's script is run again."""
    app.page.evaluate(
        """() => {
          window.runs = 0;
          const app = document.querySelector("[data-testid=stApp]");
          new MutationObserver(() => {
            if (app.dataset.testScriptState !== "notRunning") window.runs += 1;
          }).observe(app, {attributes: true, attributeFilter: ["data-test-script-state"]});
        }"""
    )


def test_play_step_and_slide_without_the_server(app: AppPage) -> None:
    """Two clicks from Home something moves; forward and back, nothing is asked of the server."""
    app.goto(HOME.path)
    app.go(STEPS)
    app.wait_for_work()
    expect_title(app, "^Start of 17")
    count_runs(app)
    for name, pattern in (
        ("Next", "^Iteration 1 "),
        ("Next", "^Iteration 2 "),
        ("Back", "^Iteration 1 "),
        ("Back", "^Start"),
        ("Back", "^Start"),
    ):
        button(app, name).click()
        expect_title(app, pattern)
    button(app, "Slow").click()
    expect_title(app, "^Iteration 1 ")
    button(app, "Fast").click()
    expect_title(app, "^Iteration 17 ")
    button(app, "Play").click()
    expect_title(app, "^Iteration [123] ")
    button(app, "Pause").click()
    app.page.wait_for_timeout(300)
    paused = app.chart("algorithm_steps").locator(".gtitle").first.text_content()
    app.page.wait_for_timeout(1500)
    expect_title(app, f"^{re.escape(str(paused))}$")
    assert app.page.evaluate("window.runs") == 0
    app.press("steps.submit")  # the count would tell
    assert app.page.evaluate("window.runs") > 0


def test_the_buttons_work_by_keyboard(app: AppPage) -> None:
    """Whoever uses no mouse can focus a button and press it with Enter or Space."""
    app.goto(STEPS.path)
    app.wait_for_work()
    button(app, "Next").focus()
    app.page.keyboard.press("Enter")
    expect_title(app, "^Iteration 1 ")
    app.page.keyboard.press("Space")
    expect_title(app, "^Iteration 2 ")
    button(app, "Back").focus()
    app.page.keyboard.press("Enter")
    expect_title(app, "^Iteration 1 ")
