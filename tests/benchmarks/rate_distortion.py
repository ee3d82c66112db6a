"""What a size buys on a real network: entropy-constrained clustering beside plain k-means."""

import tempfile
import time
from pathlib import Path

from tests.benchmarks.inputs import efficientnet, efficientnet_tensors
from wc_core import LayerPlan, Recipe, compress, load, save
from wc_core.compression import CompressedModel
from wc_core.layer_parts import layer_parts
from wc_core.progress import last_result
from wc_core.search import RateFound, rate_target_steps

TARGETS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
CLUSTERS = (3, 4, 8, 16, 32)
MOST = 256  # entries at most


def table() -> str:
    """Return both tables: sizes asked for, and the sizes that k-means happens to take."""
    n_tensors, n_weights = len(_names()), sum(v.size for v in efficientnet_tensors().values())
    title = f"#### EfficientNet-Lite0, {n_tensors} tensors, {n_weights:,} weights"
    return "\n\n".join(
        [
            f"{title}: bits per weight asked for\n\n{targets_table()}",
            f"{title}: at the sizes of k-means\n\n{kmeans_table()}",
        ]
    )


def targets_table() -> str:
    """Return what each size buys, and how long it takes to find and to decode."""
    rows = [
        "| bits per weight allowed | taken | total SNR, dB | entries of a tensor | prices tried "
        "| found in, s | file read and decoded in, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for target in TARGETS:
        started = time.perf_counter()
        found = _found(target)
        seconds = time.perf_counter() - started
        small = found.compressed
        entries = [layer.entries for layer in small.layers]
        rows.append(
            f"| {target:g} | {_bits(small):.4f} | {small.sqnr_db:.2f} "
            f"| {min(entries)} to {max(entries)} | {len(found.trials)} | {seconds:.2f} "
            f"| {_decoding(small):.2f} |"
        )
    return "\n".join(rows)


def kmeans_table() -> str:
    """Return k-means with the same k everywhere, and ours at its size once that is coded."""
    rows = [
        "| k | k-means, packed, bits per weight | coded | total SNR, dB "
        "| entropy-constrained at the coded size, dB | gain, dB | at the packed size, dB "
        "| gain, dB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for k in CLUSTERS:
        plain = compress(efficientnet(), _recipe(LayerPlan(n_clusters=k, **_STORED)))
        packed, coded = _bits(plain, "packed"), _bits(plain, "coded")
        ours = [_found(bits).compressed.sqnr_db for bits in (coded, packed)]
        gains = [sqnr - plain.sqnr_db for sqnr in ours]
        rows.append(
            f"| {k} | {packed:.3f} | {coded:.3f} | {plain.sqnr_db:.2f} | {ours[0]:.2f} "
            f"| {gains[0]:+.2f} | {ours[1]:.2f} | {gains[1]:+.2f} |"
        )
    return "\n".join(rows)


_STORED = {"codebook_dtype": "float16"}


def _names() -> tuple[str, ...]:
    return tuple(efficientnet_tensors())


def _recipe(plan: LayerPlan) -> Recipe:
    return Recipe(plan=plan, layers=_names(), include=_names())


def _found(bits: float) -> RateFound:
    plan = LayerPlan(algorithm="ecvq", n_clusters=MOST, **_STORED)
    found: RateFound = last_result(
        rate_target_steps(efficientnet(), _recipe(plan), bits_per_weight=bits)
    )
    return found


def _bits(compressed: CompressedModel, coding: str = "cheapest") -> float:
    """Return the bits per weight of everything that the clustered tensors are stored in."""
    parts = [layer_parts(weight, coding) for weight in compressed.weights.values()]
    stored = sum(tensor.n_bytes for one in parts for tensor in one.tensors.values())
    return 8 * stored / compressed.n_clustered


def _decoding(compressed: CompressedModel) -> float:
    """Return the seconds from a packed file to all its dense tensors; the second time counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.safetensors"
        save(compressed, path)
        for _run in range(2):
            started = time.perf_counter()
            for weight in load(path).weights.values():
                weight.decode()
            seconds = time.perf_counter() - started
    return seconds
