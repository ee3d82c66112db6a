"""What the command line prints for people."""

from wc_core.cli.text import answer_text

LAYER = {"name": "fc1", "shape": [4, 3], "skipped": None, "entries": 2, "stored_bytes": 10}
ROW = {"algorithm": "som", "sqnr_db": 5.25, "bits_per_weight": 1.5, "entries": 8, "seconds": 0.5}


def test_numbers_and_words_are_lines():
    """Rounded to four digits; what is empty or nested is left to the JSON form."""
    text = answer_text({"stored_bytes": 12, "sqnr_db": 1.50001, "missing": "", "recipe": {}})
    assert text.splitlines() == ["stored bytes: 12", "sqnr db: 1.5"]


def test_layers_say_what_became_of_them():
    """Entries, bytes and error, or why they were left."""
    left = {"name": "fc1.bias", "shape": [4], "skipped": "one dimension only"}
    lines = answer_text({"layers": [{**LAYER, "sqnr_db": 9.5}, left]}).splitlines()
    assert lines[0].split() == ["fc1", "4x3", "k=2,", "10", "B,", "9.50", "dB"]
    assert lines[1].endswith("one dimension only")
    pruned = {**LAYER, "sqnr_db": None, "n_pruned": 9, "parameters": 12}
    assert answer_text({"layers": [pruned]}).endswith("10 B, 75.0% pruned")


def test_algorithms_stand_under_each_other():
    """A row each; an algorithm that refused says why, one that was not measured has a dash."""
    refused = {"algorithm": "dlca", "refusal": "needs square kernels"}
    rows = [{**ROW, "accuracy": None, "refusal": ""}, refused]
    head, som, dlca = answer_text({"rows": rows}).splitlines()
    assert head.split() == ["dB", "bits/weight", "entries", "accuracy", "s"]
    assert som.split() == ["som", "5.2500", "1.5000", "8", "-", "0.5000"]
    assert dlca.split(maxsplit=1) == ["dlca", "needs square kernels"]
