"""Cancelling long work keeps the page and what was done so far."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import CLUSTER, MODEL


@pytest.fixture
def large_model(tmp_path: Path) -> Path:
    """Write a model of a small layer and a large one, which takes long to cluster."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    path = tmp_path / "large.safetensors"
    shapes = {"a.weight": (32, 64), "b.weight": (2048, 2048)}
    save_file({n: rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}, path)
    return path


def test_cancel_keeps_the_page_and_says_what_is_kept(app: AppPage, large_model: Path) -> None:
    """After Cancel the first layer's numbers stand there, and the page takes the next order."""
    app.goto(MODEL.path)
    app.upload("model.upload", large_model)
    expect(app.page.get_by_text("Model: large.safetensors")).to_be_visible(timeout=PATIENCE_MS)
    app.go(CLUSTER)
    app.type_number("cluster.n_clusters", 256)
    app.type_number("cluster.block_cols", 4)
    app.press("cluster.submit")
    cancel = app.widget("job.cancel.run").get_by_role("button")
    expect(cancel).to_be_visible(timeout=PATIENCE_MS)
    expect(app.widget("job_run")).to_contain_text("b.weight", timeout=PATIENCE_MS)
    cancel.click()
    app.wait_for_work()
    expect(app.page.get_by_text(re.compile(r"Cancelled: 1 layer is clustered"))).to_be_visible(
        timeout=PATIENCE_MS
    )
    app.check_no_exception()
    app.press("cluster.finish")
    app.wait_for_work()
    app.expect_metric("cluster_numbers", "File on disk", r"\d")
    app.check_no_exception()
