"""The sample, end to end: real weights, real images, the numbers of the notice."""

import re

import pytest

from wc_core import evaluate, load_dataset, load_model
from wc_core.assets import SAMPLE_DATA


@pytest.mark.parametrize("name", ["lenet5", "lenet_300_100"])
def test_evaluation_finds_the_accuracy_that_training_measured(name):
    """Reading, preprocessing by default and running together lose no image but to rounding."""
    notice = (SAMPLE_DATA.parent / "NOTICE.md").read_text(encoding="utf-8")
    stated = float(re.search(rf"{name}\.safetensors .* ([\d.]+)%", notice)[1]) / 100
    report = evaluate(load_model(f"sample:{name}"), load_dataset("sample"))
    assert report.n_samples == 10_000
    # another processor adds in another order, which may turn an image or two
    assert report.accuracy == pytest.approx(stated, abs=5e-4)
    assert report.interval[0] < stated < report.interval[1]
    assert report.class_names[9] == "Ankle boot"
    assert report.warning == ""
