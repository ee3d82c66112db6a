"""Whatever a file holds, reading it ends in weights or in one clear error, in little memory."""

import json
from itertools import islice

import numpy as np
import pytest

from tests.export.hostile import (
    LIES,
    honest_file,
    mutations,
    peak_memory,
    put_together,
    taken_apart,
    verdict,
)
from wc_core import ModelFileError, load
from wc_core.coding import encode_indices
from wc_core.export._container import METADATA_KEY
from wc_core.export._reading import read_packed

pytestmark = pytest.mark.timeout(120)
N_FUZZED = 250  # more of them under `make bench`


@pytest.fixture(scope="module")
def honest():
    return honest_file()


def test_the_honest_file_has_every_coding(honest):
    """So that all of them are attacked."""
    said, tensors = taken_apart(honest)
    ways = {way for layer in said["layers"].values() for way in layer.get("codings", {}).values()}
    assert ways >= {"packed", "coded", "gaps", "coded_gaps"}
    assert {dtype for dtype, _shape, _data in tensors.values()} >= {"I8", "BF16", "F32", "U32"}
    assert verdict(put_together(said, tensors)) == "read"


@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_files_are_refused_or_read_alike(honest, seed):
    """Flipped bits, cuts, forged payloads and metadata with a checksum that fits."""
    files = islice(mutations(honest, seed), N_FUZZED // 4)
    assert "refused" in {verdict(content, alike=alike) for content, alike in files}


def test_a_file_cut_at_every_fiftieth_is_refused(honest, tmp_path):
    """From a path as from bytes."""
    for part in range(50):
        cut = honest[: part * len(honest) // 50]
        assert verdict(cut) == "refused"
        (tmp_path / "cut").write_bytes(cut)
        with pytest.raises(ModelFileError):
            load(tmp_path / "cut")


def test_every_flipped_bit_of_a_payload_is_refused(honest):
    """The checksum tells."""
    length = int.from_bytes(honest[:8], "little")
    for at in range(8 + length, len(honest), 149):
        damaged = bytearray(honest)
        damaged[at] ^= 1 << at % 8
        assert verdict(bytes(damaged)) == "refused"


@pytest.mark.parametrize("key", LIES)
def test_forged_metadata_with_a_fitting_checksum_are_read_alike_or_refused(honest, key):
    """Each lie about each layer; few of them change nothing that matters."""
    said, tensors = taken_apart(honest)
    for name in said["layers"]:
        for lie in LIES[key]:
            forged = json.loads(json.dumps(said))
            forged["layers"][name][key] = lie
            verdict(put_together(forged, tensors))


def test_an_index_without_an_entry_is_refused(honest):
    """Packed ones may say more than there are entries; coded ones of more symbols do not fit."""
    said, tensors = taken_apart(honest)
    dtype, shape, data = tensors["gaps.indices"]  # three bits for five entries
    tensors["gaps.indices"] = dtype, shape, bytes([255]) * len(data)
    forged = put_together(said, tensors)
    with pytest.raises(ModelFileError, match="index 7 points outside"):
        read_packed(forged, "forged")
    assert verdict(forged) == "refused"


@pytest.mark.parametrize("shape", [[9000, 9000], [2**20, 2**20], [3, 2**60]])
def test_no_few_bytes_become_gigabytes(honest, shape):
    """One coded index that all share takes two bytes, for however many: there is a limit."""
    said, tensors = taken_apart(honest)
    said["layers"]["coded"]["shape"] = shape
    only = encode_indices(np.zeros(9, np.uint8), 11).tobytes()
    tensors["coded.indices"] = "U8", [len(only)], only
    with pytest.raises(ModelFileError, match="claim to hold"):
        read_packed(put_together(said, tensors), "forged")
    assert verdict(put_together(said, tensors)) == "refused"


@pytest.mark.parametrize("name", ["coded", "coded_gaps", "exact"])
def test_what_is_within_the_limit_takes_less_than_a_gigabyte(honest, name):
    """Right below it: some copies of the weights, no more."""
    said, tensors = taken_apart(honest)
    n_rows = 8192
    said["layers"][name]["shape"] = [n_rows, 8192]
    only = encode_indices(np.zeros(9, np.uint8), 11).tobytes()
    tensors[f"{name}.indices"] = "U8", [len(only)], only
    said["layers"][name]["codings"] = {"indices": "coded", "mask": "gaps"}
    if f"{name}.mask" in tensors:
        tensors[f"{name}.mask"] = "U8", [2], bytes([1, 0])  # none but kept ones
    assert peak_memory(put_together(said, tensors)) < 1 << 30


def test_metadata_nested_without_end_are_refused(honest):
    """The parser's own limit is no crash."""
    length = int.from_bytes(honest[:8], "little")
    for text in ("[" * 10**5, '{"format":' * 10**5, "1e999", '{"format": 1e999}', "null", "3"):
        header = json.loads(honest[8 : 8 + length])
        header["__metadata__"] = {METADATA_KEY: text}
        head = json.dumps(header).encode()
        assert verdict(len(head).to_bytes(8, "little") + head + honest[8 + length :]) == "refused"
