"""A file that cannot be used is refused with a sentence, and nothing else changes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import files
from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.server import Server
from tests.e2e.site import MODEL

# The other kinds go through the same door and are tried without a browser.
MODELS = [files.REFUSED_MODELS[i] for i in (0, 1, 2, 3)]


@pytest.mark.parametrize(("name", "write", "said"), MODELS, ids=[name for name, _, _ in MODELS])
def test_a_model_that_cannot_be_used_is_refused(
    app: AppPage,
    server: Server,
    tmp_path: Path,
    name: str,
    write: Callable[[Path], Path],
    said: str,
) -> None:
    """The page says why, the server is up, the sample is still loaded, and no code was run."""
    app.goto(MODEL.path)
    app.wait_for_work()
    app.upload("model.upload", write(tmp_path / name))
    alert = app.widget("model.upload").get_by_role("alert")
    expect(alert).to_contain_text(re.compile(said, re.IGNORECASE), timeout=PATIENCE_MS)
    assert "Traceback" not in alert.inner_text()
    expect(app.page.get_by_text("Model: lenet5")).to_be_visible()
    app.wait_for_work()
    app.expect_metric("model_facts", "Baseline accuracy", "%$")
    app.check_no_exception()
    assert server.is_up
    assert not list(tmp_path.glob("*.ran"))


def test_data_that_do_not_fit_are_refused_with_a_sentence(
    app: AppPage, server: Server, tmp_path: Path
) -> None:
    """Labels outside the model's classes are told as such; the sample can be taken again."""
    path = files.write_labels_out_of_range(tmp_path / "labels.npz")
    app.goto(MODEL.path)
    app.wait_for_work()
    app.upload("data.upload", path)
    expect(app.page.get_by_text(re.compile("No accuracy: .*label")).first).to_be_visible(
        timeout=PATIENCE_MS
    )
    app.expect_metric("model_facts", "Baseline accuracy", "^–$")
    app.check_no_exception()
    assert server.is_up
    app.widget("data.source").get_by_role("radio", name="Fashion-MNIST").or_(
        app.widget("data.source").get_by_role("button", name="Fashion-MNIST")
    ).first.click()
    app.wait_for_work()
    app.expect_metric("model_facts", "Baseline accuracy", "%$")
