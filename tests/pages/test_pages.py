"""Every page opens, whatever is loaded, and says why where it has nothing to show."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

import wc_core
from pages._ui import cached
from tests.pages.reading import PAGES, ROOT, texts, upload_model
from wc_core.errors import DataError

LAB = [page for page in PAGES if "/lab/" in page]


@pytest.fixture
def stranger(tmp_path: Path) -> bytes:
    """Return the file of a model that nobody knows how to run."""
    rng = np.random.default_rng(0)
    tensors = {
        "embed.weight": rng.normal(size=(40, 30)).astype(np.float32),
        "embed.bias": rng.normal(size=(40,)).astype(np.float32),
    }
    save_file(tensors, tmp_path / "stranger.safetensors")
    return (tmp_path / "stranger.safetensors").read_bytes()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_the_sample(page: str, app: AppTest, settle) -> None:
    """The sample is loaded from the start: no page fails, and none is empty."""
    app.switch_page(page).run()
    at = settle(app)
    assert not at.exception
    assert not at.error
    assert at.title[0].value


@pytest.mark.parametrize("page", LAB)
def test_a_page_opens_on_an_upload_nobody_can_run(
    page: str, app: AppTest, settle, stranger: bytes
) -> None:
    """An unknown architecture gives everything except accuracy, and says what is missing."""
    at = upload_model(app, stranger, "stranger.safetensors")
    assert at.session_state["lab.project"].model.filename == "stranger.safetensors"
    at.switch_page("pages/lab/cluster.py").run()
    at.button(key="cluster.submit").click().run()
    settle(at)
    at.switch_page(page).run()
    settle(at)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("page", LAB)
def test_a_page_opens_without_data(
    page: str, app: AppTest, settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data set that cannot be read costs the accuracy, nothing else, and its reason is shown."""

    def unreadable(source: object, name: object = None) -> None:
        msg = "the images are gone"
        raise DataError(msg)

    monkeypatch.setattr(wc_core, "load_dataset", unreadable)
    cached._read_dataset.clear()
    app.switch_page(page).run()
    at = settle(app)
    assert not at.exception
    if page.endswith(("model.py", "quality.py")):
        assert "the images are gone" in texts(at)


def test_an_address_of_no_workspace_opens_a_fresh_one() -> None:
    """A foreign or forged id in the address never names a file."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["w"] = "../../etc/passwd"
    at.run()
    assert not at.exception
    assert at.session_state["lab.workspace"] != "../../etc/passwd"
    assert "fresh" in at.toast[0].value
