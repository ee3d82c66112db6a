"""The embedded samples are what the first screen says they are."""

import json

from wc_core import Recipe, compress, evaluate, load_dataset, load_model
from wc_core.assets import SAMPLE_DATA, SAMPLE_MODELS, SAMPLE_RESULT
from wc_core.export import pack


def test_every_sample_is_there_with_its_notice():
    """A clone has all of it; nothing is downloaded."""
    for path in (*SAMPLE_MODELS.values(), SAMPLE_DATA, SAMPLE_RESULT):
        assert path.stat().st_size > 0
    notice = SAMPLE_DATA.with_name("NOTICE.md").read_text()
    assert "Copyright © 2017 Zalando SE" in notice


def test_the_finished_result_is_what_the_engine_computes():
    """Digest, sizes and accuracies on the first screen come out again."""
    said = json.loads(SAMPLE_RESULT.read_text())
    model, data = load_model("sample:lenet5"), load_dataset("sample")
    assert said["sha256"] == model.digest
    small = compress(model, Recipe.from_dict(said["recipe"]))
    _content, sizes = pack(small)
    assert said["stored_bytes"] == sizes.stored_bytes
    assert said["original_bytes"] == sizes.original_bytes
    before = evaluate(model, data)
    after = evaluate(small, data, reference=before)
    assert said["n_samples"] == after.n_samples == 10_000
    # Kernels of another processor may round a tie the other way: one image in a thousand at most.
    for name, found in (("baseline_accuracy", before.accuracy), ("accuracy", after.accuracy)):
        assert abs(said[name] - found) <= 0.001
