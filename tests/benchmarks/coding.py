"""Indices to bytes and back: our entropy coder beside its peers, and packing at every width."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.race import Entrant, Finish, race
from wc_core.coding import decode_indices, encode_indices, pack_indices, unpack_indices

N_INDICES = 25_000_000
N_SYMBOLS = 16
OURS = "ours"
Coder = tuple[Callable[[], Any], Callable[[Any], Any]]


def table() -> str:
    """Return the tables: one row of indices coded by everybody; packed at every width."""
    indices = bell()
    entropy = entropy_of(indices)
    return "\n\n".join(
        [
            f"#### {N_INDICES:,} indices of {N_SYMBOLS} values, entropy {entropy:.4f} bits\n\n"
            + coders_table(indices, entropy),
            f"#### Packing {N_INDICES:,} indices\n\n{widths_table()}",
        ]
    )


def bell() -> NDArray[np.uint8]:
    """Return indices as evenly spaced entries give them: those in the middle are frequent."""
    weights = np.random.default_rng(0).normal(size=N_INDICES).astype(np.float32)
    return np.clip(np.floor(2.4 * weights + N_SYMBOLS / 2), 0, N_SYMBOLS - 1).astype(np.uint8)


def entropy_of(indices: NDArray[np.uint8]) -> float:
    """Return the bits that an ideal coder without memory spends on an index."""
    share = np.bincount(indices) / len(indices)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def coders_table(indices: NDArray[np.uint8], entropy: float) -> str:
    """Return speed in and out, and bits, of everybody."""
    coders = dict(_coders(indices))
    made = race([Entrant(name, encode, 3) for name, (encode, _decode) in coders.items()])
    back = race([Entrant(name, _decoding(coders[name], made[name]), 3) for name in coders])
    rows = [
        "| | M indices/s in | M indices/s out | bits an index | beyond the entropy |",
        "|---|---|---|---|---|",
    ]
    for name in coders:
        if not np.array_equal(np.asarray(back[name].answer).reshape(-1)[: len(indices)], indices):
            msg = f"{name} does not return what it was given"
            raise AssertionError(msg)
        bits = 8 * _n_bytes(made[name].answer) / len(indices)
        rows.append(
            f"| {name} | {_speed(made[name])} | {_speed(back[name])} | {bits:.4f} "
            f"| {100 * (bits / entropy - 1):+.2f} % |"
        )
    return "\n".join(rows)


def _coders(indices: NDArray[np.uint8]) -> Iterator[tuple[str, Coder]]:
    import constriction
    import zstandard

    yield (
        OURS,
        (
            lambda: encode_indices(indices, N_SYMBOLS),
            lambda payload: decode_indices(payload, N_SYMBOLS, N_INDICES),
        ),
    )
    counts = np.bincount(indices, minlength=N_SYMBOLS).astype(np.float32)
    model = constriction.stream.model.Categorical(counts / counts.sum(), perfect=False)
    wide = indices.astype(np.int32)

    def ans() -> NDArray[np.uint32]:
        coder = constriction.stream.stack.AnsCoder()
        coder.encode_reverse(wide, model)
        return coder.get_compressed()

    yield (
        "constriction, ANS",
        (
            ans,
            lambda words: constriction.stream.stack.AnsCoder(words).decode(model, N_INDICES),
        ),
    )
    packed = pack_indices(indices, 4)
    for level in (1, 3):
        for what, data in (("bytes", indices), ("packed", packed)):
            yield (
                f"zstandard, level {level}, {what}",
                (
                    lambda data=data, level=level: zstandard.compress(data, level),
                    _unzipped(zstandard.decompress, what),
                ),
            )
    yield "zlib, level 6, packed", (
        lambda: zlib.compress(packed, 6), _unzipped(zlib.decompress, "packed")
    )  # fmt: skip


def _unzipped(decompress: Callable[[bytes], bytes], what: str) -> Callable[[bytes], Any]:
    """Return what takes bytes back to indices; packed ones are unpacked, too."""

    def run(data: bytes) -> NDArray[np.unsignedinteger]:
        plain = np.frombuffer(decompress(data), np.uint8)
        return unpack_indices(plain, 4, N_INDICES) if what == "packed" else plain

    return run


def _decoding(coder: Coder, made: Finish) -> Callable[[], Any]:
    return lambda: coder[1](made.answer)


def _n_bytes(answer: Any) -> int:
    return answer.nbytes if isinstance(answer, np.ndarray) else len(answer)


def _speed(finish: Finish) -> str:
    return f"{N_INDICES / finish.median / 1e6:,.0f}"


def widths_table() -> str:
    """Return how fast indices of each width are packed and unpacked."""
    rng = np.random.default_rng(0)
    rows = ["| bits | M indices/s in | M indices/s out |", "|---|---|---|"]
    for width in range(1, 17):
        dtype = np.uint8 if width <= 8 else np.uint16
        indices = rng.integers(0, 1 << width, N_INDICES, dtype=dtype)
        found = race(_packers(indices, width))
        rows.append(f"| {width} | {_speed(found['in'])} | {_speed(found['out'])} |")
    return "\n".join(rows)


def _packers(indices: NDArray[np.unsignedinteger], width: int) -> list[Entrant]:
    packed = pack_indices(indices, width)
    return [
        Entrant("in", lambda: pack_indices(indices, width), 3, is_judged=False),
        Entrant("out", lambda: unpack_indices(packed, width, N_INDICES), 3, is_judged=False),
    ]
