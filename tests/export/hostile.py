"""Packed files as an attacker would make them, and what may come of reading them."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wc_core import BlockSpec, LayerPlan, Model, ModelFileError, Recipe, compress
from wc_core.export import pack
from wc_core.export._container import METADATA_KEY
from wc_core.export._reading import read_packed
from wc_core.export.decoder import DecodeError, decode_bytes
from wc_core.models import TensorInfo

Reader = Callable[[bytes], dict[str, np.ndarray]]
PLANS = {
    "packed": LayerPlan(n_clusters=16, coding="packed"),
    "coded": LayerPlan(n_clusters=11, coding="coded"),
    "blocks": LayerPlan(
        n_clusters=9, block=BlockSpec(2, 3), scale="per_channel", scale_dtype="int8",
        codebook_dtype="int8", recombine="residual", residual_clusters=5, coding="coded",
    ),
    "gaps": LayerPlan(
        pruner="magnitude", sparsity=0.9, n_clusters=5, codebook_dtype="bfloat16", coding="packed"
    ),
    "coded_gaps": LayerPlan(
        pruner="magnitude", sparsity=0.8, block=BlockSpec(1, 4), coding="coded"
    ),
    "coded_bitmap": LayerPlan(pruner="n_m", n_clusters=4, scale="per_channel"),
    "exact": LayerPlan(
        algorithm="density", n_clusters=4, block=BlockSpec(1, 4),
        params={"mode": "hdbscan", "noise": "exact"},
    ),
}  # fmt: skip


def honest_file() -> bytes:
    """Return a small file that has every kind of part in every coding."""
    rng = np.random.default_rng(0)
    tensors = {name: rng.standard_t(5, (30, 40)).astype(np.float32) for name in PLANS}
    infos = [TensorInfo(name, array.shape, "float32") for name, array in tensors.items()]
    tensors["bias"] = np.arange(5, dtype=np.float32)
    infos.append(TensorInfo("bias", (5,), "float32"))
    model = Model("hostile", "safetensors", "0" * 64, 0, tuple(infos), tensors)
    return pack(compress(model, Recipe(overrides=PLANS)))[0]


def taken_apart(content: bytes) -> tuple[dict[str, Any], dict[str, tuple[str, list[int], bytes]]]:
    """Return what a file says of itself, and its tensors: type, shape and bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    said = json.loads(header.pop("__metadata__")[METADATA_KEY])
    tensors = {}
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        data = content[8 + length + start : 8 + length + stop]
        tensors[name] = entry["dtype"], entry["shape"], data
    return said, tensors


def put_together(said: dict[str, Any], tensors: dict[str, tuple[str, list[int], bytes]]) -> bytes:
    """Return a file whose checksum fits, whatever it holds."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name][2])
    text = json.dumps({**said, "sha256": digest.hexdigest()})
    header: dict[str, Any] = {"__metadata__": {METADATA_KEY: text}}
    at = 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {
            "dtype": dtype, "shape": shape, "data_offsets": [at, at := at + len(data)]
        }  # fmt: skip
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    data = b"".join(data for _dtype, _shape, data in tensors.values())
    return len(head).to_bytes(8, "little") + head + data


def verdict(content: bytes, *, alike: bool = True) -> str:
    """Read a file with both readers; return "refused" or "read".

    Parameters
    ----------
    content : bytes
    alike : bool
        Whether both must refuse the same; else ours may refuse what it alone needs, as a recipe.

    Raises
    ------
    AssertionError
        If they disagree. Whatever else they raise is a bug.
    """
    ours, theirs = outcome(_ours, content), outcome(decode_bytes, content)
    if ours is None:
        assert theirs is None or not alike, "one reader takes what the other refuses"
        return "refused"
    assert theirs is not None, "one reader takes what the other refuses"
    for name, tensor in ours.items():
        assert np.array_equal(tensor, theirs[name]), name
    return "read"


def peak_memory(content: bytes) -> int:
    """Return the most bytes that one of the readers takes."""
    peaks = []
    for read in (_ours, decode_bytes):
        tracemalloc.start()
        outcome(read, content)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return max(peaks)


def outcome(read: Reader, content: bytes) -> dict[str, np.ndarray] | None:
    """Return what a reader makes of a file, or None if it refuses it."""
    try:
        return read(content)
    except (ModelFileError, DecodeError):
        return None


def _ours(content: bytes) -> dict[str, np.ndarray]:
    small = read_packed(content, "hostile")
    return {small.original.prefix + name: t for name, t in small.decoded().tensors.items()}


def mutations(content: bytes, seed: int) -> Iterator[tuple[bytes, bool]]:
    """Yield file after file, damaged in one of many ways, and whether all readers refuse alike."""
    rng = np.random.default_rng(seed)
    while True:
        damage = WAYS[rng.integers(len(WAYS))]
        yield damage(content, rng), damage is not _flip


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits anywhere; the checksum stays."""
    damaged = bytearray(content)
    for _i in range(rng.integers(1, 4)):
        damaged[rng.integers(len(damaged))] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content))]


def _forge_payload(content: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut or lengthen one tensor, and make checksum and header fit."""
    said, tensors = taken_apart(content)
    name = str(rng.choice(sorted(tensors)))
    dtype, shape, data = tensors[name]
    forged = bytearray(data)
    if dtype == "U8" and rng.random() < 0.4:
        n = int(rng.integers(0, 2 * len(forged) + 2))
        forged = (forged + bytearray(rng.bytes(n)))[:n]
        shape = [n]
    else:
        for _i in range(rng.integers(1, 5)):
            # The first bytes of a payload say the most.
            at = int(len(forged) * rng.random() ** 3)
            forged[at : at + 1] = rng.bytes(1)
        forged = forged[: len(data)]
    tensors[name] = dtype, shape, bytes(forged)
    return put_together(said, tensors)


def _forge_metadata(content: bytes, rng: np.random.Generator) -> bytes:
    """Say something else of one layer, with a checksum that fits."""
    said, tensors = taken_apart(content)
    layer = said["layers"][str(rng.choice(sorted(said["layers"])))]
    key = str(rng.choice(["shape", "block", "cell", "dtype", "codings"]))
    layer[key] = LIES[key][rng.integers(len(LIES[key]))]
    return put_together(said, tensors)


def _swap_types(content: bytes, rng: np.random.Generator) -> bytes:
    """Call one tensor's bytes another type of the same width, or give it another one's name."""
    said, tensors = taken_apart(content)
    names = sorted(tensors)
    one, other = (str(rng.choice(names)) for _i in range(2))
    if rng.random() < 0.5:
        tensors[one], tensors[other] = tensors[other], tensors[one]
    else:
        dtype, shape, data = tensors[one]
        same = {"U8": "I8", "I8": "BOOL", "F32": "I32", "U32": "F32", "BF16": "F16", "F16": "U16"}
        tensors[one] = same.get(dtype, dtype), shape, data
    return put_together(said, tensors)


LIES: dict[str, list[Any]] = {
    "shape": [
        [1200], [40, 30], [30, 41], [31, 40], [10**6, 10**6], [2**40, 2**40], [11584, 11585],
        [30, -40], [0, 40], "30x40", [30.0, 40], [True, 1200], None, [], [[30], [40]], [1, 1],
    ],
    "block": ["1x1", "2x3", "4096x4096", "4097x1", "0x1", "1x4", "axb", None, "1x" + "9" * 30],
    "cell": ["1x1", "30x40", "1x40", "9999999999x9999999999", "0x1", "1.5x2", None, 7, "2x2"],
    "dtype": ["float16", "float64", "bfloat16", "int8", "float8", None, 3],
    "codings": [
        {}, {"indices": "packed"}, {"indices": "coded"}, {"indices": "zip"}, {"mask": "gaps"},
        {"mask": "coded_gaps"}, {"mask": "coded_bitmap"}, {"mask": "bitmap"}, {"mask": None},
        {"residual_indices": "coded"}, [], "coded", None, {"indices": ["coded"]}, {"mask": {}},
    ],
}  # fmt: skip
WAYS: list[Callable[[bytes, np.random.Generator], bytes]] = [
    _flip, _cut, _forge_payload, _forge_payload, _forge_payload, _forge_metadata, _swap_types,
]  # fmt: skip
