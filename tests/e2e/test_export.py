"""What is downloaded does elsewhere what the page says of it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import PATIENCE_MS, WORK_MS, AppPage
from tests.e2e.server import ROOT
from tests.e2e.site import CLUSTER, EXPORT
from tests.e2e.test_journeys import cluster_with

# Runs in a fresh process whose only libraries of this program's are the files in the archive.
ELSEWHERE = dedent(
    """
    import json, subprocess, sys, zipfile
    import numpy as np, torch
    from safetensors import safe_open
    from torch import nn
    from torch.nn.functional import max_pool2d, relu

    archive, folder, images = sys.argv[1:]
    zipfile.ZipFile(archive).extractall(folder)
    packed = f"{folder}/lenet5.packed.safetensors"
    with safe_open(packed, framework="numpy") as file:
        listed = sorted(file.keys())
    done = subprocess.run([sys.executable, "-I", f"{folder}/decoder.py", packed, f"{folder}/w.npz"],
                          capture_output=True, text=True, check=True)
    weights = {name: torch.from_numpy(array) for name, array in np.load(f"{folder}/w.npz").items()}


    class LeNet5(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
            self.fc3 = nn.Linear(84, 10)

        def forward(self, x):
            x = max_pool2d(relu(self.conv1(x)), 2)
            x = max_pool2d(relu(self.conv2(x)), 2).flatten(1)
            return self.fc3(relu(self.fc2(relu(self.fc1(x)))))


    def accuracy(state):
        model = LeNet5().eval()
        model.load_state_dict(state)
        data = np.load(images)
        x = (data["x_test"].astype(np.float32) / 255 - 0.2860) / 0.3530
        with torch.no_grad():
            said = model(torch.from_numpy(x)[:, None]).argmax(1).numpy()
        return float((said == data["y_test"]).mean()), len(said)


    import onnxruntime
    session = onnxruntime.InferenceSession(f"{folder}/lenet5.onnx")
    data = np.load(images)
    x = ((data["x_test"].astype(np.float32) / 255 - 0.2860) / 0.3530)[:, None]
    (logits,) = session.run(None, {session.get_inputs()[0].name: x})
    in_onnx = float((logits.argmax(1) == data["y_test"]).mean()), len(logits)

    from safetensors.torch import load_file
    dense = load_file(f"{folder}/lenet5.dense.safetensors")
    state = torch.load(f"{folder}/lenet5.pt", weights_only=True)
    assert not any(name.startswith("wc_core") for name in sys.modules)
    print(json.dumps({
        "packed": accuracy(weights), "dense": accuracy(dense), "state_dict": accuracy(state),
        "onnx": in_onnx, "listed": listed,
    }))
    """
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return the folder of somebody who has Python, numpy, torch, onnxruntime and safetensors."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_everything_opens_elsewhere_with_the_accuracy_of_the_page(
    app: AppPage, elsewhere: Path
) -> None:
    """Cluster, download everything.zip, open it in a fresh process: the same accuracy to a hair."""
    app.goto(CLUSTER.path)
    cluster_with(app, n_clusters=6)
    app.page.get_by_role("link", name="Next: export it").click()
    app.expect_heading(EXPORT)
    button = app.widget("download.everything").get_by_role("button")
    expect(button).to_be_visible(timeout=WORK_MS)
    app.wait_for_work()
    with app.page.expect_download(timeout=PATIENCE_MS) as download:
        button.click()
    archive = elsewhere / download.value.suggested_filename
    download.value.save_as(archive)
    app.check_no_exception()

    shown = app.widget("export_numbers").get_by_test_id("stMetric").filter(has_text="Accuracy")
    percent = shown.get_by_test_id("stMetricValue").inner_text()
    said = app.page.get_by_text(re.compile("n = 10,000 images"))
    expect(said).to_be_visible(timeout=PATIENCE_MS)
    found = measured(archive, elsewhere)
    assert any(name.endswith(".indices") for name in found["listed"])
    for form in ("packed", "dense", "state_dict", "onnx"):
        accuracy, n_images = found[form]
        assert n_images == 10_000
        assert f"{100 * accuracy:.2f} %" == percent, form


def measured(archive: Path, folder: Path) -> dict[str, list]:
    """Measure the files of an archive where this program is not known."""
    images = ROOT / "assets" / "samples" / "fashion_mnist.npz"
    command = [sys.executable, "-c", ELSEWHERE, str(archive), str(folder), str(images)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, list] = json.loads(done.stdout.splitlines()[-1])
    return answer
