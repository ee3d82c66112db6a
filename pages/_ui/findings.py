"""What algorithms say of their fits, and what was pruned and coded, in plain sentences."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.downloads import table
from pages._ui.stored_says import stored_says
from pages._ui.text import decibels, listed, percent, plain
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.layer_report import LayerReport

    Layers = Sequence[LayerReport]

NAMED = 6  # layers named in a sentence
NOTHING = 1e-12  # a shift so far below the weights' power is a rounding error


def findings(layers: "Layers") -> None:
    """Show what there is to say of all layers; nothing if there is nothing."""
    said = [*_notes(layers), *_polish(layers), *_second(layers), *stored_says(layers)]
    if not said:
        return
    with st.expander(_("Remarks"), icon=":material/campaign:", key="cluster.says"):
        st.markdown("\n".join(f"- {sentence}" for sentence in said))
        rows = [_row(layer) for layer in layers if _has_numbers(layer)]
        if rows:
            table(rows, name="findings", alt=_("What polish and a second stage changed"))


def _notes(layers: "Layers") -> Iterator[str]:
    """Return each note once, with the layers that it is about."""
    about: dict[str, list[str]] = {}
    for layer in layers:
        for note in _notes_of(layer):
            about.setdefault(note, []).append(layer.name)
    for note, names in about.items():
        sentence = plain(note[:1].upper() + note[1:])
        yield sentence if len(names) == len(layers) else f"{sentence} ({_listed(names)})"


def _notes_of(layer: "LayerReport") -> Iterator[str]:
    yield from layer.fit.notes if layer.fit else ()
    if layer.second:
        for note in layer.second.fit.notes:
            yield _("second stage: {note}").format(note=note)


def _polish(layers: "Layers") -> Iterator[str]:
    polished = [layer.fit.polish for layer in layers if layer.fit and layer.fit.polish]
    if polished:
        gains = [1 - p.inertia_after / p.inertia_before for p in polished if p.inertia_before > 0]
        yield _("Polish lowered the inertia by {gain}; {moved} of the blocks changed entry").format(
            gain=_span(gains or [0.0]), moved=_span([p.moved for p in polished])
        )


def _second(layers: "Layers") -> Iterator[str]:
    """Say what second stages did, over the layers whose went alike."""
    alike: dict[Callable[[Layers], str], list[LayerReport]] = {}
    for layer in layers:
        if layer.second:
            alike.setdefault(_kind(layer), []).append(layer)
    for tell, those in alike.items():
        everywhere = len(those) == len(layers)
        names = "" if everywhere else f" ({_listed([layer.name for layer in those])})"
        yield tell(those) + names


def _kind(layer: "LayerReport") -> Callable[["Layers"], str]:
    if layer.second and layer.second.mode == "residual":
        return _residual
    return _unchanged if _per_power([layer], "shift") < NOTHING else _recombined


def _unchanged(layers: "Layers") -> str:
    return _(
        "Recombination changed nothing: every centroid is the mean of its blocks, so that Wᵥ is W"
    )


def _recombined(layers: "Layers") -> str:
    sentence = _(
        "Recombination moved the weights, since centroids are not exactly the means of their "
        "blocks: the mean square of Wᵥ - W is {shift} of that of W. The error lies {first} below "
        "W after the first clustering; after the second it lies {w} below W and {wv} below Wᵥ"
    )
    return sentence.format(
        shift=f"{100 * _per_power(layers, 'shift'):.2g} %",
        first=_sqnr(layers, "distortion_first"),
        w=_sqnr(layers, "distortion_w"),
        wv=_sqnr(layers, "distortion_wv"),
    )


def _residual(layers: "Layers") -> str:
    sentence = _("The second codebook, of what the first one left, raised the SQNR from {a} to {b}")
    return sentence.format(a=_sqnr(layers, "distortion_first"), b=_sqnr(layers, "distortion_w"))


def _per_power(layers: "Layers", field: str) -> float:
    """Return a mean square over all weights, as a share of the weights' own."""
    power = sum(layer.power * layer.n_weights for layer in layers)
    total = sum(getattr(layer.second, field) * layer.n_weights for layer in layers)
    return total / power if power > 0 else 0.0


def _sqnr(layers: "Layers", field: str) -> str:
    from wc_core.codebook import sqnr_db

    return decibels(sqnr_db(1.0, _per_power(layers, field)))


def _has_numbers(layer: "LayerReport") -> bool:
    return bool(layer.second or (layer.fit and layer.fit.polish))


def _row(layer: "LayerReport") -> dict[str, Any]:
    """Return the numbers behind the sentences."""
    polish, second = layer.fit.polish if layer.fit else None, layer.second
    row: dict[str, Any] = {_("Layer"): layer.name}
    if polish:
        row |= {
            _("Inertia before polish"): polish.inertia_before,
            _("Inertia after polish"): polish.inertia_after,
            _("Changed entry"): percent(polish.moved, 1),
            _("Polish steps"): polish.n_iter,
        }
    if second:
        row |= {
            _("Distortion after the first stage"): second.distortion_first,
            _("Distortion against W"): second.distortion_w,
            _("Distortion against Wᵥ"): second.distortion_wv,
            _("Mean square of Wᵥ - W"): second.shift,
        }
    return row


def _span(shares: Sequence[float]) -> str:
    """Return shares as one percentage, or as the range that they lie in."""
    low, high = percent(min(shares), 1), percent(max(shares), 1)
    return low if low == high else _("{low} to {high}").format(low=low, high=high)


def _listed(names: Sequence[str]) -> str:
    return plain(listed(names, NAMED))
