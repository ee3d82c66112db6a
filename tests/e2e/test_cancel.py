"""Cancelling long work keeps the page and what was done so far."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import CLUSTER, MODEL
from wc_core import BlockSpec, LayerPlan, Recipe


@pytest.fixture
def large_model(tmp_path: Path) -> Path:
    """Write a model of two layers, the first of which is done first, as it is the larger one."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    path = tmp_path / "large.safetensors"
    shapes = {"a.weight": (2100, 2048), "b.weight": (2048, 2048)}
    save_file({n: rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}, path)
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Write a recipe that is quickly done with the first layer and takes long on the other."""
    quick, long = LayerPlan(n_clusters=256), LayerPlan(n_clusters=16384, block=BlockSpec(1, 4))
    path = tmp_path / "recipe.json"
    path.write_text(Recipe(plan=quick, overrides={"b.weight": long}).to_json())
    return path


def test_cancel_keeps_the_page_and_says_what_is_kept(
    app: AppPage, large_model: Path, recipe: Path
) -> None:
    """After Cancel the first layer's numbers stand there, and the page takes the next order."""
    app.goto(MODEL.path)
    app.upload("model.upload", large_model)
    expect(app.page.get_by_text("Model: large.safetensors")).to_be_visible(timeout=PATIENCE_MS)
    app.go(CLUSTER)
    app.upload("cluster.recipe", recipe)
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
