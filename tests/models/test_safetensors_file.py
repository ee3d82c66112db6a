"""Indexes and headers that lie, and headers of other makes."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

from wc_core import ModelFileError, load_model

STATE = {"fc.weight": torch.arange(12.0).reshape(3, 4), "fc.bias": torch.ones(3)}


@pytest.mark.parametrize(
    ("weight_map", "reason"),
    [
        ({"fc.weight": ".."}, "missing"),
        ({"fc.weight": ""}, "missing"),
        ({"fc.weight": "\0"}, "missing"),
        ({"fc.weight": "a" * 300}, "missing"),
        ({"fc.weight": "folder"}, "missing"),
        ({"fc.weight": "/etc/passwd"}, "outside its folder"),
        ({"fc.weight": 5}, "outside its folder"),
        ({"fc.weight": ["a"]}, "no index"),
        (["fc.weight"], "no index"),
        ({"fc.weight": "s.safetensors", "gone.weight": "s.safetensors"}, "gone.weight"),
        ({}, "no weight matrix"),
    ],
)
def test_indexes_name_plain_files_beside_them_that_hold_what_they_say(tmp_path, weight_map, reason):
    """Anything else is explained."""
    save_file(STATE, tmp_path / "s.safetensors")
    (tmp_path / "folder").mkdir()
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(ModelFileError, match=reason):
        load_model(path)


def test_headers_of_any_length_are_read(tmp_path):
    """Some writers do not pad the header: data then lie at odd addresses."""
    header = save({"w": torch.ones(3, 4)})
    length = int.from_bytes(header[:8], "little")
    for padding in range(4):
        text = header[8 : 8 + length].rstrip() + b" " * padding
        path = tmp_path / f"{padding}.safetensors"
        path.write_bytes(len(text).to_bytes(8, "little") + text + header[8 + length :])
        array = load_model(path).tensors["w"]
        assert array.flags.aligned
        np.testing.assert_array_equal(array, np.ones((3, 4)))
