"""docs/format.md is run: a reader written from it alone decodes what the program writes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wc_core import BlockSpec, LayerPlan, Recipe, compress, load_model, save

SPEC = Path(__file__).resolve().parents[1] / "docs" / "format.md"
PLANS = [
    LayerPlan(n_clusters=16),
    LayerPlan(n_clusters=1),
    LayerPlan(n_clusters=5, block=BlockSpec(2, 7)),
    LayerPlan(n_clusters=300, block=BlockSpec(1, 4), codebook_dtype="float16"),
    LayerPlan(n_clusters=8, block=BlockSpec(1, 3), scale="per_channel"),
    LayerPlan(n_clusters=8, block=BlockSpec(2, 3), recombine="residual", residual_clusters=5),
    LayerPlan(
        algorithm="density",
        n_clusters=8,
        block=BlockSpec(2, 3),
        scale="per_channel",
        recombine="residual",
        params={"mode": "hdbscan", "noise": "exact"},
    ),
    LayerPlan(n_clusters=300, coding="coded"),
    LayerPlan(
        pruner="magnitude",
        sparsity=0.9,
        n_clusters=8,
        block=BlockSpec(1, 2),
        codebook_dtype="int8",
        scale="per_channel",
        scale_dtype="bfloat16",
        coding="coded",
    ),
    LayerPlan(
        pruner="n_m",
        n_clusters=8,
        block=BlockSpec(2, 3),
        codebook_dtype="bfloat16",
        scale="per_channel",
        scale_dtype="int8",
        recombine="residual",
    ),
    LayerPlan(pruner="block_magnitude", block=BlockSpec(2, 3), coding="packed"),
    LayerPlan(pruner="channel", sparsity=0.3, block=BlockSpec(1, 5)),
    LayerPlan(pruner="magnitude", sparsity=0.9, coding="packed"),
]


@pytest.fixture(scope="module")
def decode() -> Callable[[str, str], NDArray]:
    """Return the reader that the specification prints."""
    (code,) = re.findall(r"^```python\n(.*?)^```", SPEC.read_text(), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(code, str(SPEC), "exec"), names)
    reader: Callable[[str, str], NDArray] = names["decode"]
    return reader


@pytest.mark.parametrize(
    "plan",
    PLANS,
    ids=lambda p: (
        f"{p.pruner}-{p.n_clusters}-{p.block}-{p.codebook_dtype}-{p.recombine}-{p.coding}"
    ),
)
def test_the_reader_in_the_specification_decodes_exactly(
    plan: LayerPlan, decode: Callable[[str, str], NDArray], tmp_path: Path
) -> None:
    """Whatever the plan, the printed reader returns the very numbers that the program decodes."""
    small = compress(load_model("sample:lenet5"), Recipe(plan=plan))
    path = tmp_path / "small.safetensors"
    save(small, path)
    assert small.weights
    for name, weight in small.weights.items():
        np.testing.assert_array_equal(decode(str(path), name), weight.decode())
