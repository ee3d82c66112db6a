"""The main job, end to end: from a model to size, accuracy, confusion and centroids."""

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import CENTROIDS, CLUSTER, HOME, MODEL, QUALITY, TRADE_OFFS
from tests.files import write_small_data, write_small_model


def test_the_sample_from_home_to_quality(app: AppPage) -> None:
    """Who brings nothing gets from Home to the flipped images by the navigation alone."""
    app.goto(HOME.path)
    app.go(MODEL)
    app.wait_for_work()
    app.expect_metric("model_facts", "Baseline accuracy", "%$")
    app.go(CLUSTER)
    cluster_with(app, n_clusters=5)
    check_the_run(app, bits=r"^2\.")
    app.go(TRADE_OFFS)
    app.press("tradeoffs.submit")
    app.wait_for_work()
    expect(app.chart("layer_curves").first).to_be_visible(timeout=PATIENCE_MS)
    app.check_no_exception()


def test_an_uploaded_model_and_data_set(app: AppPage, tmp_path: Path) -> None:
    """Who brings a model and images sees the same pages filled from them."""
    app.goto(MODEL.path)
    app.upload("model.upload", write_small_model(tmp_path / "bars.safetensors"))
    expect(app.page.get_by_text("Model: bars.safetensors")).to_be_visible(timeout=PATIENCE_MS)
    app.upload("data.upload", write_small_data(tmp_path / "bars.npz"))
    app.wait_for_work()
    app.expect_metric("model_facts", "Architecture", "^LeNet-300-100$")
    app.expect_metric("model_facts", "Baseline accuracy", "^100")
    app.go(CLUSTER)
    cluster_with(app, n_clusters=32, block_cols=4)
    check_the_run(app, bits=r"^[01]\.")


def test_an_upload_during_work_is_not_lost(app: AppPage, tmp_path: Path) -> None:
    """A file dropped while the page still measures the sample is taken all the same."""
    path = write_small_model(tmp_path / "early.safetensors")
    app.goto(MODEL.path)
    expect(app.widget("job_baseline")).to_be_visible(timeout=PATIENCE_MS)
    app.upload("model.upload", path)
    expect(app.page.get_by_text("Model: early.safetensors")).to_be_visible(timeout=PATIENCE_MS)


def test_a_reload_brings_the_upload_back(app: AppPage, tmp_path: Path) -> None:
    """The address names the workspace: reloading it, or sending it on, loses nothing."""
    app.goto(MODEL.path)
    app.upload("model.upload", write_small_model(tmp_path / "kept.safetensors"))
    expect(app.page.get_by_text("Model: kept.safetensors")).to_be_visible(timeout=PATIENCE_MS)
    assert "w=" in app.page.url
    app.page.reload()
    expect(app.page.get_by_text("Model: kept.safetensors")).to_be_visible(timeout=PATIENCE_MS)


def cluster_with(app: AppPage, **numbers: int) -> None:
    """Set numbers of the recipe and press Cluster; wait for the result."""
    app.wait_for_work()
    for name, value in numbers.items():
        app.type_number(f"cluster.{name}", value)
    app.press("cluster.submit")
    app.wait_for_work()
    app.check_no_exception()


def check_the_run(app: AppPage, bits: str) -> None:
    """Look at a finished run, told by its bits per weight, on Cluster, Centroids and Quality."""
    app.expect_metric("cluster_numbers", "Bits per weight", bits)
    app.expect_metric("cluster_numbers", "File on disk", r"\d")
    app.expect_metric("cluster_numbers", "Accuracy", "%$")
    app.go(CENTROIDS)
    app.wait_for_work()
    expect(app.chart("cluster_sizes")).to_be_visible(timeout=PATIENCE_MS)
    expect(app.chart("assignment_map")).to_be_visible(timeout=PATIENCE_MS)
    app.check_no_exception()
    app.go(QUALITY)
    app.wait_for_work()
    expect(app.chart("confusion_difference")).to_be_visible(timeout=PATIENCE_MS)
    app.check_no_exception()
