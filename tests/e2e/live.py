"""The slider of k in the browser: a layer to follow, moves, and when the chart is redrawn."""

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.browser import PATIENCE_MS, AppPage
from tests.e2e.site import CLUSTER, MODEL

CHART = ".st-key-chart-live_codebook"
LAYER = "fc.weight"

# The clock starts in the browser when a key goes down, and stops in the frame after the one in
# which the chart says the k that is asked for.
_CLOCK = """() => {
  window.addEventListener("keydown", () => { window.keyDownAt = performance.now(); }, true);
}"""
_REDRAWN = """([chart, said]) => new Promise((resolve) => {
  const look = () => {
    const texts = [...document.querySelectorAll(chart)].map((drawn) => drawn.textContent);
    const done = () => resolve(performance.now() - window.keyDownAt);
    requestAnimationFrame(texts.some((text) => text.includes(said)) ? done : look);
  };
  look();
})"""


def write_square_layer(path: Path, side: int) -> Path:
    """Write a model of one layer, heavy-tailed as trained ones are."""
    import numpy as np
    from safetensors.numpy import save_file

    weight = 0.02 * np.random.default_rng(0).standard_t(5, (side, side))
    save_file({LAYER: weight.astype(np.float32)}, path)
    return path


def open_live(app: AppPage, model: Path) -> Locator:
    """Upload a model, go to Cluster, and return the slider once its chart stands."""
    app.goto(MODEL.path)
    app.upload("model.upload", model)
    expect(app.page.get_by_text(f"Model: {model.name}")).to_be_visible(timeout=PATIENCE_MS)
    app.go(CLUSTER)
    expect(app.chart("live_codebook")).to_be_visible(timeout=PATIENCE_MS)
    app.page.evaluate(_CLOCK)
    return app.widget("cluster.live_k.slider").get_by_role("slider")


def move(app: AppPage, slider: Locator, key: str) -> float:
    """Press a key on the slider; return the milliseconds until the chart shows the k it says."""
    slider.press(key)
    said = f"k = {slider.input_value()}:"
    return float(app.page.evaluate(_REDRAWN, [CHART, said]))
