"""Layers that follow one another, found by names and shapes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wc_core.models.zoo._registry import Shapes


@dataclass(frozen=True, slots=True)
class Link:
    """A layer with a weight, and perhaps a bias.

    Parameters
    ----------
    stem : str
        Name of the layer; empty if its weight is named "weight" alone.
    shape : tuple of int
        Of the weight.
    bias : bool
        Whether it has one.
    """

    stem: str
    shape: tuple[int, ...]
    bias: bool


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which layer 2 comes before layer 10."""
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in re.split(r"(\d+)", name) if p]


def links(shapes: Shapes) -> list[Link] | None:
    """Return the layers of a state dict, or None if it holds anything but weights and biases."""
    found = []
    n_biases = 0
    for name, shape in shapes.items():
        stem, _dot, kind = name.rpartition(".")
        if kind == "weight" and len(shape) >= 2 and all(shape):
            bias = f"{stem}.bias".removeprefix(".") in shapes
            n_biases += bias
            found.append(Link(stem, shape, bias))
    complete = len(found) + n_biases == len(shapes)
    return found if found and complete else None


def renames(modules: Sequence[str], found: Sequence[Link]) -> dict[str, str]:
    """Map the names of a module's tensors to those of the layers found."""
    pairs = {
        f"{module}.{kind}": f"{link.stem}.{kind}".removeprefix(".")
        for module, link in zip(modules, found, strict=True)
        for kind in ("weight", "bias")
    }
    return {ours: theirs for ours, theirs in pairs.items() if ours != theirs}


def chain(found: Sequence[Link]) -> list[Link] | None:
    """Put linear layers in an order in which each takes what the one before gives.

    The order of the names is tried first, then the order in which the shapes fit,
    if only one does.
    """
    by_name = sorted(found, key=lambda link: natural(link.stem))
    for order in (by_name, list(found)):
        if _fits(order):
            return order
    return _by_shape(found)


def _fits(order: Sequence[Link]) -> bool:
    return all(a.shape[0] == b.shape[1] for a, b in pairwise(order))


def _by_shape(found: Sequence[Link]) -> list[Link] | None:
    takers = {link.shape[1]: link for link in found}
    if len(takers) < len(found):
        return None  # two layers take as many inputs: the order cannot be told
    givers = {link.shape[0] for link in found}
    firsts = [link for link in found if link.shape[1] not in givers]
    if len(firsts) != 1:
        return None
    order = firsts
    while len(order) < len(found) and order[-1].shape[0] in takers:
        order.append(takers[order[-1].shape[0]])
    return order if len(order) == len(found) else None
