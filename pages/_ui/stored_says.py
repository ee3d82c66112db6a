"""What was pruned and how it was stored, in plain sentences and in the table of layers."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pages._ui.text import n_bytes, percent
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.layer_report import LayerReport

    Layers = Sequence[LayerReport]


def stored_says(layers: "Layers") -> Iterator[str]:
    """Yield a sentence on pruning and its positions, and one on coded indices, if there are any."""
    pruned = [layer for layer in layers if layer.n_pruned]
    if pruned:
        yield _pruning(layers, pruned)
        yield _positions(pruned)
    coded = [layer for layer in layers if layer.index_bytes < layer.packed_index_bytes]
    if coded:
        yield _indices(coded, len(layers))


def pruned_share(layers: "Layers") -> float:
    """Return the share of all clustered weights that is pruned."""
    return sum(layer.n_pruned for layer in layers) / sum(layer.n_weights for layer in layers)


def share_of_zeros(layers: "Layers", when: str) -> float:
    """Return the share of zeros over all clustered weights."""
    zeros = sum(getattr(layer, f"sparsity_{when}") * layer.n_weights for layer in layers)
    return float(zeros / sum(layer.n_weights for layer in layers))


def stored_row(layer: "LayerReport") -> dict[str, Any]:
    """Return the columns that say how a layer's indices and positions are stored."""
    n_live = layer.n_live_blocks
    row: dict[str, Any] = {
        _("Index coding"): coding_text(layer.index_coding),
        _("Index bits a block"): round(8 * layer.index_bytes / n_live, 2) if n_live else None,
    }
    if layer.n_pruned:
        row |= {
            _("Pruned"): percent(layer.n_pruned / layer.n_weights, 1),
            _("Blocks pruned"): percent(1 - n_live / layer.n_blocks, 1),
            _("Position coding"): coding_text(layer.mask_coding),
            _("Bytes of positions"): layer.mask_bytes,
        }
    return row


def coding_text(coding: str) -> str:
    """Return how indices or positions are coded, as people say it."""
    known = {
        "packed": _("packed, fixed width"),
        "coded": _("entropy-coded"),
        "bitmap": _("bitmap"),
        "coded_bitmap": _("bitmap, entropy-coded"),
        "gaps": _("gaps"),
        "coded_gaps": _("gaps, entropy-coded"),
    }
    return known.get(coding, coding)


def _pruning(layers: "Layers", pruned: "Layers") -> str:
    n_blocks = sum(layer.n_blocks for layer in pruned)
    dead = n_blocks - sum(layer.n_live_blocks for layer in pruned)
    before, after = (share_of_zeros(layers, when) for when in ("before", "after"))
    sentence = _(
        "{share} of the weights are pruned, and {dead} of the blocks as a whole, which need no "
        "index; {before} of the weights were zero before, {after} are now"
    )
    return sentence.format(
        share=percent(pruned_share(layers), 1),
        dead=percent(dead / n_blocks, 1),
        before=percent(before, 1),
        after=percent(after, 1),
    )


def _positions(pruned: "Layers") -> str:
    size = sum(layer.mask_bytes for layer in pruned)
    n_weights = sum(layer.n_weights for layer in pruned)
    codings = dict.fromkeys(coding_text(layer.mask_coding) for layer in pruned)
    return _("Where weights are pruned takes {size}, {bits} bits a weight ({codings})").format(
        size=n_bytes(size), bits=f"{8 * size / n_weights:.2f}", codings="; ".join(codings)
    )


def _indices(coded: "Layers", n_layers: int) -> str:
    spent, packed = (
        sum(getattr(layer, kind) for layer in coded)
        for kind in ("index_bytes", "packed_index_bytes")
    )
    sentence = _(
        "Entropy coding takes {spent} for indices that take {packed} at fixed width, in {n} of "
        "{all} layers, its tables included"
    )
    return sentence.format(spent=n_bytes(spent), packed=n_bytes(packed), n=len(coded), all=n_layers)
