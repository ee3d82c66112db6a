"""Files of every version, written once, decode to the same bits for ever."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from wc_core import load
from wc_core.export._container import FORMAT_VERSIONS, METADATA_KEY, open_container
from wc_core.export.decoder import decode_file

FOLDER = Path(__file__).resolve().parents[1] / "golden"
DIGESTS = json.loads((FOLDER / "digests.json").read_text())


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def said(path):
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header["__metadata__"][METADATA_KEY])


@pytest.mark.parametrize("version", FORMAT_VERSIONS)
def test_old_files_keep_loading(version):
    """Every version has a golden file; its tensors come out of both readers as they went in."""
    path = FOLDER / f"format_{version}.safetensors"
    assert said(path)["format"] == version
    digests = DIGESTS[path.name]
    decoded = load(path).decoded()
    assert {name: digest(array) for name, array in decoded.tensors.items()} == digests
    alone = decode_file(str(path))
    assert {name.removeprefix("module."): digest(a) for name, a in alone.items()} == digests


def test_the_newest_file_has_all_that_its_version_brought():
    """Masks of three kinds of cells, coded indices in more than one lane, int8 and bfloat16."""
    container = open_container(FOLDER / "format_3.safetensors")
    layers, tensors = container.layers, container.tensors
    assert {layer.get("cell") for layer in layers.values()} == {None, "1x1", "1x24"}
    codings = [layer["codings"] for layer in layers.values()]
    assert {way for each in codings for way in each.values()} >= {"packed", "coded", "gaps"}
    assert tensors["wide.weight.indices"].read()[0] >> 5 > 0
    assert {tensors[f"{name}.codebook"].dtype for name in layers} >= {"int8", "bfloat16"}
