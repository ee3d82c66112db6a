"""What a file holds of a weight: named parts, coded as asked for, no newer than needed."""

import numpy as np
import pytest

from wc_core.blocks import BlockGrid
from wc_core.codebook import CodebookWeight
from wc_core.coding import decode_indices
from wc_core.layer_parts import OLD_PARTS, PARTS, layer_parts, size_kind, stored_parts
from wc_core.masks import Mask
from wc_core.number_types import rounded
from wc_core.recipe import BlockSpec

SHAPE, BLOCK = (24, 30), BlockSpec(1, 2)


def made(n_entries=6, dtype="float32", mask=None, residual=None):
    """Return a weight some of whose entries are much more frequent than others."""
    rng = np.random.default_rng(0)
    codebook, step = rounded(rng.normal(size=(n_entries, 2)), dtype)
    n_blocks = BlockGrid(SHAPE, BLOCK).n_blocks
    indices = (n_entries * rng.random(n_blocks) ** 6).astype(np.uint8)
    if mask is not None:
        indices[~mask.live_blocks(BlockGrid(SHAPE, BLOCK))] = 0
    return CodebookWeight(
        codebook, indices, BLOCK, SHAPE, codebook_dtype=dtype, codebook_step=step, mask=mask,
        residual=residual,
    )  # fmt: skip


def sparse():
    return Mask(np.random.default_rng(1).random(SHAPE[0] * SHAPE[1]) < 0.1, (1, 1), SHAPE)


def test_the_cheapest_coding_is_the_smaller_of_both():
    """By real bytes; each can be had by its name."""
    parts = {coding: layer_parts(made(), coding) for coding in ("packed", "coded", "cheapest")}
    n_bytes = {coding: each.n_bytes("indices") for coding, each in parts.items()}
    assert n_bytes["cheapest"] == min(n_bytes["packed"], n_bytes["coded"]) < n_bytes["packed"]
    assert [parts[coding].codings["indices"] for coding in parts] == ["packed", "coded", "coded"]


def test_only_live_blocks_have_an_index():
    """Of both codebooks: the mask tells which these are."""
    mask = sparse()
    weight = made(mask=mask, residual=made(4))
    n_live = int(mask.live_blocks(weight.grid).sum())
    assert n_live < weight.grid.n_blocks
    parts = layer_parts(weight, "coded")
    for part, one in (("indices", weight), ("residual_indices", weight.residual)):
        payload = parts.tensors[part].read()
        np.testing.assert_array_equal(
            decode_indices(payload, one.entries, n_live), one.indices[weight.live]
        )


@pytest.mark.parametrize(
    ("weight", "coding", "version"),
    [
        (made(), "packed", 1),
        (made(dtype="float16"), "packed", 1),
        (made(residual=made(3)), "packed", 2),
        (made(), "coded", 3),
        (made(dtype="bfloat16"), "packed", 3),
        (made(dtype="int8"), "packed", 3),
        (made(residual=made(3, "int8")), "packed", 3),
        (made(mask=sparse()), "packed", 3),
    ],
)
def test_the_version_is_the_oldest_that_has_all_of_it(weight, coding, version):
    """Older readers take what they can read; parts of theirs have their old names."""
    parts = layer_parts(weight, coding)
    assert parts.format == version
    assert set(parts.tensors) <= set(PARTS if version == 3 else OLD_PARTS)


def test_every_byte_is_of_one_kind():
    """Sums over kinds are sums over tensors; a step counts with its numbers."""
    parts = layer_parts(made(dtype="int8", mask=sparse(), residual=made(3, "int8")))
    kinds = ("indices", "codebook", "scales", "mask", "exact")
    n_bytes = sum(len(stored.read()) for stored in parts.tensors.values())
    assert sum(map(parts.n_bytes, kinds)) == n_bytes
    assert parts.n_bytes("codebook") == 6 * 2 + 4 + 3 * 2 + 4
    assert {size_kind(part) for part in PARTS} == {*kinds, "residual"}


def test_parts_of_a_file_tell_what_those_of_the_weight_told():
    """Older files name no codings: theirs are the plain ones."""
    parts = layer_parts(made(mask=sparse()), "coded")
    again = stored_parts(parts.tensors, parts.codings)
    assert (again.codings, again.format) == (parts.codings, parts.format)
    old = layer_parts(made(), "packed")
    assert stored_parts(old.tensors, {}).codings == {"indices": "packed"}
