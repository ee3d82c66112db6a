"""Weights out of a packed file, with Python and numpy alone.

    python decoder.py small.safetensors out.npz

writes every tensor of the model, decoded, under its own name; `decode_file` returns them. This
file needs no other: it may be copied anywhere. Nothing in a packed file is trusted: whatever
is wrong with one raises a `DecodeError`, and memory is taken only for what is plausible.
"""

import hashlib
import json
import math
import re
import sys
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

KEY = "weight_clustering_lab"
FORMATS = (1, 2, 3)
MAX_HEADER, MAX_WEIGHTS = 100_000_000, 1 << 31
ALWAYS = 1 << 26  # weights that a file of any length may decode to: a quarter of a gigabyte
PER_BYTE = 256  # weights that it may have beyond, for each of its bytes
OLD_PARTS = ["indices", "codebook", "scales", "residual_indices", "residual_codebook"]
OLD_PARTS += ["exact_positions", "exact_values"]
PARTS = [*OLD_PARTS, "codebook_step", "residual_codebook_step", "scales_step", "mask"]
DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_DAMAGES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
PER_PIECE = 1 << 19  # entropy coded indices of a piece, at most


class Tensor(NamedTuple):
    """A tensor as the file holds it: code of its type, and an array of what is stored."""

    code: str
    array: NDArray


Layer = Mapping[str, Any]
Parts = Mapping[str, Tensor]
Pair = tuple[int, int]
Bytes = NDArray[np.uint8]
Cells = NDArray[np.bool_]


class DecodeError(Exception):
    """The file is damaged, no packed file, or newer than this decoder."""


def decode_file(path: str) -> dict[str, NDArray]:
    """Return all tensors of a packed file by name, clustered ones decoded.

    Those of type bfloat16, which numpy lacks, come as float32 of the same values.

    Raises
    ------
    DecodeError
        If the file cannot be decoded.
    """
    with open(path, "rb") as file:  # noqa: PTH123  (no more imports than needed)
        return decode_bytes(file.read())


def decode_bytes(content: bytes) -> dict[str, NDArray]:
    """Return the same of a file's bytes."""
    try:
        return _decode(content)
    except _DAMAGES as error:
        raise DecodeError(f"the file is damaged: {error!r}") from error


def _decode(content: bytes) -> dict[str, NDArray]:
    said, tensors = _container(content)
    layers: Mapping[str, Layer] = said["layers"]
    n_weights = sum(math.prod(_shape(layer)) for layer in layers.values())
    most = min(MAX_WEIGHTS, ALWAYS + PER_BYTE * len(content))
    _check(n_weights <= most, f"{len(content)} bytes claim to hold {n_weights} weights")
    names = PARTS if said["format"] >= 3 else OLD_PARTS
    weights: dict[str, NDArray] = {}
    for name, layer in layers.items():
        there = [part for part in names if f"{name}.{part}" in tensors]
        weights[name] = decode_layer(layer, {p: tensors.pop(f"{name}.{p}") for p in there})
    tensors.pop("__graph__", None)
    weights |= {name: _wide(tensor) for name, tensor in tensors.items()}
    weights |= {copy: weights[first] for copy, first in said["tied"].items()}
    return {str(said["model"]["prefix"]) + name: weight for name, weight in weights.items()}


def _container(content: bytes) -> tuple[Layer, dict[str, Tensor]]:
    """Return what a file says of itself, and its tensors, whose checksum fits."""
    length = int.from_bytes(content[:8], "little")
    _check(len(content) >= 8 and length <= min(MAX_HEADER, len(content) - 8), "no safetensors file")
    header = json.loads(content[8 : 8 + length].decode())
    said = json.loads(header.pop("__metadata__", {}).get(KEY, "null"))
    _check(isinstance(said, dict), "a safetensors file, but no packed one")
    known = type(said["format"]) is int and said["format"] in FORMATS
    _check(known, f"format {said['format']}; this decoder knows {FORMATS}: get a newer one")
    tensors, at = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: tuple(item[1]["data_offsets"])):
        start, stop = entry["data_offsets"]
        dtype, shape = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"])
        fits = start == at and stop - start == math.prod(shape) * dtype.itemsize
        _check(fits and min(shape, default=0) >= 0, f"{name} does not fit its place")
        array = np.frombuffer(content, dtype, math.prod(shape), 8 + length + start)
        tensors[name], at = Tensor(entry["dtype"], array.reshape(shape)), stop
    _check(8 + length + at == len(content), "bytes after the last tensor")
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].array.tobytes())
    _check(digest.hexdigest() == said["sha256"], "the tensors do not match their checksum")
    return said, tensors


def _wide(tensor: Tensor) -> NDArray:
    """Return the values of a tensor, bfloat16 as float32."""
    if tensor.code != "BF16":
        return tensor.array
    return (tensor.array.astype(np.uint32) << 16).view(np.float32).reshape(tensor.array.shape)


def decode_layer(layer: Layer, parts: Parts) -> NDArray:
    """Return a clustered layer, from what the metadata say of it and its parts by name."""
    shape, (rows, cols) = _shape(layer), _sides(layer["block"], 4096)
    out, n = shape[0], math.prod(shape[1:])
    grid = -(-out // rows), -(-n // cols)
    codings = layer.get("codings", {})
    kept = _mask(layer, codings, parts["mask"], (out, n)) if "mask" in parts else None
    # What sticks out of the matrix everywhere is never built.
    high, wide = min(rows, out), min(cols, n)
    live: Cells = np.ones(grid, bool)
    if kept is not None:
        padded = np.pad(kept, ((0, grid[0] * high - out), (0, grid[1] * wide - n)))
        live = np.any(padded.reshape(grid[0], high, grid[1], wide), axis=(1, 3))

    def tiles(stage: str) -> NDArray[np.float32]:
        codebook = _numbers(parts, f"{stage}codebook")
        _check(codebook.ndim == 2 and codebook.shape[1] == rows * cols, "no codebook of blocks")
        way = codings.get(f"{stage}indices", "packed")
        n_live = int(np.count_nonzero(live))
        stored = _indices(_bytes(parts[f"{stage}indices"]), way, len(codebook), n_live)
        _check(int(stored.max(initial=0)) < len(codebook), "an index without an entry")
        indices = np.zeros(grid, stored.dtype)
        indices[live] = stored
        return codebook.reshape(-1, rows, cols)[:, :high, :wide][indices]

    blocks = tiles("")
    if "residual_codebook" in parts:
        blocks += tiles("residual_")
    matrix = blocks.swapaxes(1, 2).reshape(grid[0] * high, grid[1] * wide)[:out, :n]
    if "scales" in parts:
        scales = _numbers(parts, "scales")
        _check(scales.shape == (out,), "no scale for each row")
        matrix *= scales[:, None]
    if "exact_positions" in parts:
        _place_exact(parts, grid, (rows, cols), matrix)
    if kept is not None:
        matrix[~kept] = 0
    return _rounded(matrix, layer["dtype"]).reshape(shape)


def _mask(layer: Layer, codings: Mapping[str, str], part: Tensor, matrix: Pair) -> Cells:
    """Return which weights of the matrix are kept."""
    cell = _sides(layer.get("cell", "1x1"), 10**10)
    grid = -(-matrix[0] // cell[0]), -(-matrix[1] // cell[1])
    cells = _positions(_bytes(part), codings.get("mask", "bitmap"), grid[0] * grid[1])
    high, wide = (min(side, n) for side, n in zip(cell, matrix, strict=True))
    return cells.reshape(grid).repeat(high, 0).repeat(wide, 1)[: matrix[0], : matrix[1]]


def _place_exact(parts: Parts, grid: Pair, block: Pair, matrix: NDArray[np.float32]) -> None:
    """Write blocks that are stored exactly to their places."""
    positions, values = parts["exact_positions"].array, parts["exact_values"].array
    codes = parts["exact_positions"].code, parts["exact_values"].code
    _check(codes == ("U32", "F32") and positions.ndim == 1, "exact blocks of another type")
    fit = values.shape == (len(positions), block[0] * block[1]) and np.isfinite(values).all()
    _check(bool(fit and np.all(positions[1:] > positions[:-1])), "exact blocks do not fit")
    _check(not len(positions) or int(positions[-1]) < grid[0] * grid[1], "an exact block outside")
    down, right = np.divmod(positions.astype(np.int64), grid[1])
    row = down[:, None, None] * block[0] + np.arange(block[0])[:, None]
    column = right[:, None, None] * block[1] + np.arange(block[1])
    is_inside = (row < matrix.shape[0]) & (column < matrix.shape[1])
    row, column = (np.broadcast_to(at, is_inside.shape)[is_inside] for at in (row, column))
    matrix[row, column] = values.reshape(is_inside.shape)[is_inside]


def _numbers(parts: Parts, part: str) -> NDArray[np.float32]:
    """Return the finite numbers of a codebook or of scales."""
    tensor = parts[part]
    _check(tensor.code in ("F32", "F16", "BF16", "I8"), f"{part} is of type {tensor.code}")
    numbers: NDArray[np.float32] = _wide(tensor).astype(np.float32)
    if tensor.code == "I8":
        step = parts[f"{part}_step"]
        fits = step.code == "F32" and step.array.shape == (1,) and 0 < step.array[0] < np.inf
        _check(fits and not bool((numbers < -127).any()), f"{part} has no step")
        with np.errstate(over="ignore"):
            numbers = numbers * step.array[0]
    _check(bool(np.isfinite(numbers).all()), f"{part} is not finite")
    return numbers


def _rounded(matrix: NDArray[np.float32], dtype: str) -> NDArray:
    """Return values in the type of the original."""
    _check(dtype in ("float64", "float32", "float16", "bfloat16"), f"a layer of {dtype}")
    if dtype != "bfloat16":
        with np.errstate(over="ignore"):
            return matrix.astype(dtype)
    bits = np.ascontiguousarray(matrix).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def _indices(data: Bytes, way: str, n_symbols: int, n: int) -> NDArray[np.integer]:
    if way == "packed":
        return _unpacked(data, (n_symbols - 1).bit_length(), n)
    _check(way == "coded", f"indices coded as {way!r}: get a newer decoder")
    return rans_decode(data, n_symbols, n)


def _unpacked(data: Bytes, width: int, n: int) -> NDArray[np.integer]:
    """Return numbers of so many bits each, the first bit the most significant."""
    _check(width <= 16 and len(data) == -(-n * width // 8), "indices of another length")
    out = np.zeros(n, np.uint16)
    for start in range(0, n if width else 0, PER_PIECE):  # some at a time, which end on a byte
        some = out[start : start + PER_PIECE]
        bits = np.unpackbits(data[start * width // 8 :][: -(-len(some) * width // 8)])
        for row in bits[: len(some) * width].reshape(len(some), width).T:
            some <<= 1
            some |= row
    return out


def _positions(data: Bytes, way: str, n: int) -> Cells:
    """Return which of n cells are kept."""
    if way in ("bitmap", "coded_bitmap"):
        bitmap = data if way == "bitmap" else rans_decode(data, 256, -(-n // 8))
        spare = -n % 8
        fits = len(bitmap) == -(-n // 8) and not (spare and int(bitmap[-1]) & ((1 << spare) - 1))
        _check(fits, "a bitmap of another length")
        return np.unpackbits(bitmap.astype(np.uint8), count=n).view(bool)
    _check(way in ("gaps", "coded_gaps"), f"positions coded as {way!r}: get a newer decoder")
    _check(len(data) >= 2, "no gaps")
    width, (n_gaps, at) = int(data[0]) & 127, _varint(data, 1)
    _check(1 <= width <= 16 and n_gaps <= n, "gaps that do not fit")
    plain = "packed" if way == "gaps" else "coded"
    gaps = _indices(data[at:], plain, 1 << width, n_gaps).astype(np.int64)
    is_cell = gaps != (1 << width) - 1
    ends = np.cumsum(gaps + is_cell)
    _check(n_gaps == 0 or int(ends[-1]) <= n, "a cell outside")
    listed = np.zeros(n, bool)
    listed[ends[is_cell] - 1] = True
    return listed if data[0] >= 128 else ~listed


def rans_decode(data: Bytes, n_symbols: int, n: int) -> NDArray[np.integer]:
    """Return n entropy coded symbols; all pieces and lanes go step by step side by side."""
    _check(1 <= n_symbols <= 1 << 16, "too many symbols")
    if n_symbols == 1 or n == 0:
        _check(len(data) == 0, "bytes for nothing")
        return np.zeros(n, np.uint16)
    _check(len(data) > 0, "no bytes")
    if data[0] == 0:
        symbol, at = _varint(data, 1)
        _check(symbol < n_symbols and at == len(data), "no such symbol")
        return np.full(n, symbol, np.uint16)
    precision, lanes = int(data[0]) & 31, 1 << (int(data[0]) >> 5)
    _check(1 <= precision <= 16 and lanes <= 64, "an unknown kind of coder")
    frequencies, at = _table(data, precision, n_symbols)
    n_pieces = -(-n // PER_PIECE)
    states, words, stops = _pieces(data[at:], n_pieces, lanes)
    symbols = np.repeat(np.arange(n_symbols, dtype=np.uint16), frequencies)
    starts = np.cumsum(frequencies) - frequencies
    factor = frequencies[symbols].astype(np.uint32)
    offset = (np.arange(1 << precision) - starts[symbols]).astype(np.uint32)
    mask, shift = np.uint32((1 << precision) - 1), np.uint32(precision)
    at_word = np.concatenate([[0], stops[:-1]])[:, None]
    sizes = np.diff([i * n // n_pieces for i in range(n_pieces + 1)])
    n_steps = -(-int(sizes.max()) // lanes)
    out = np.empty((n_pieces, n_steps, lanes), np.uint16)
    for step in range(n_steps):
        slot = states & mask
        out[:, step] = symbols[slot]
        new = factor[slot] * (states >> shift) + offset[slot]
        is_short = new < 1 << 16
        if (step + 1) * lanes > int(sizes.min()):  # in the last steps lanes may have nothing
            has = step * lanes + np.arange(lanes) < sizes[:, None]
            new, is_short = np.where(has, new, states), is_short & has
        behind = np.cumsum(is_short, axis=1)
        word = words.take(at_word + behind - 1, mode="clip")
        states = np.where(is_short, (new << np.uint32(16)) | word, new)
        at_word = at_word + behind[:, -1:]
    _check(bool((at_word[:, 0] == stops).all() and (states == 1 << 16).all()), "damaged indices")
    flat = zip(out.reshape(n_pieces, -1), sizes, strict=True)
    return np.concatenate([row[:size] for row, size in flat])


def _pieces(data: Bytes, n_pieces: int, lanes: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return the first states of all pieces, the words of all in a row, and where each ends."""
    head = 4 * (n_pieces - 1)
    _check(len(data) >= head, "sizes are missing")
    n_words = np.frombuffer(data[:head].tobytes(), "<u4").astype(np.int64)
    rest = len(data) - head - 4 * lanes * n_pieces - 2 * int(n_words.sum())
    _check(rest >= 0 and rest % 2 == 0, "pieces of other lengths")
    n_words = np.append(n_words, rest // 2)
    states, words, at = [], [], head
    for n in n_words.tolist():
        states.append(np.frombuffer(data[at : at + 4 * lanes].tobytes(), "<u4"))
        words.append(np.frombuffer(data[at + 4 * lanes :][: 2 * n].tobytes(), "<u2"))
        at += 4 * lanes + 2 * n
    _check(bool((np.stack(states) >= 1 << 16).all()), "damaged indices")
    row = np.concatenate([*words, np.zeros(1, "<u2")]).astype(np.uint32)
    return np.stack(states).astype(np.uint32), row, np.cumsum(n_words)


def _table(data: Bytes, precision: int, n_symbols: int) -> tuple[NDArray[np.int64], int]:
    """Return the frequency of each symbol, from byte 1 on, and where the bytes after it begin."""
    bits = (np.unpackbits(data[1 : 1 + 5 * n_symbols + 8]) + ord("0")).tobytes().decode()
    frequencies = np.zeros(n_symbols, np.int64)
    at, symbol, before = 0, 0, max(1, ((1 << precision) // n_symbols).bit_length())
    while symbol < n_symbols:
        code, at = _gamma(bits, at)
        length = before + (code // 2 if code % 2 else -(code // 2))
        _check(0 <= length <= precision, "a damaged table")
        if length == 0:
            run, at = _gamma(bits, at)
            symbol += run
            continue
        frequencies[symbol] = int("1" + bits[at : at + length - 1], 2)
        at, symbol, before = at + length - 1, symbol + 1, length
    fits = symbol == n_symbols and at <= len(bits)
    _check(fits and int(frequencies.sum()) == 1 << precision, "a damaged table")
    return frequencies, 1 + -(-at // 8)


def _gamma(bits: str, at: int) -> tuple[int, int]:
    """Return a number in the gamma code of Elias, and where it ends."""
    n_zeros = bits.find("1", at) - at
    _check(0 <= n_zeros <= 16 and at + 2 * n_zeros < len(bits), "a damaged table")
    return int(bits[at : at + 2 * n_zeros + 1], 2), at + 2 * n_zeros + 1


def _varint(data: Bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    number = 0
    for i, byte in enumerate(data[at : at + 5].tolist()):
        number |= (byte & 127) << (7 * i)
        if byte < 128:
            _check(byte > 0 or i == 0, "a number with a needless byte")
            return number, at + i + 1
    raise DecodeError("a number without an end")


def _bytes(tensor: Tensor) -> Bytes:
    _check(tensor.code == "U8", f"bytes of type {tensor.code}")
    return tensor.array.reshape(-1)


def _shape(layer: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tuple(layer["shape"])
    fits = all(type(side) is int and side > 0 for side in shape)
    _check(fits and len(shape) >= 2, f"a layer of shape {shape}")
    return shape


def _sides(text: str, most: int) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9][0-9]{0,9})x([1-9][0-9]{0,9})", str(text))
    if match is None or max(int(match[1]), int(match[2])) > most:
        raise DecodeError(f"the file cannot be decoded: sides of {text}")
    return int(match[1]), int(match[2])


def _check(is_right: bool, wrong: str) -> None:
    if not is_right:
        raise DecodeError(f"the file cannot be decoded: {wrong}")


def main(arguments: list[str]) -> int:
    """Decode a file into an archive of numpy arrays."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python decoder.py PACKED.safetensors OUT.npz\n")
        return 2
    try:
        tensors = decode_file(arguments[0])
    except (DecodeError, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 2
    with zipfile.ZipFile(arguments[1], "w") as archive:
        for name, tensor in tensors.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(tensor), allow_pickle=False)
    sys.stdout.write(f"{len(tensors)} tensors in {arguments[1]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
