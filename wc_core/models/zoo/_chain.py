"""Layers that follow one another, found by names and shapes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wc_core.models.zoo._base import Shapes


@dataclass(frozen=True, slots=True)
class Link:
    """A layer with a weight, and perhaps a bias."""

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
            bias = shapes.get(f"{stem}.bias")
            n_biases += bias is not None
            found.append(Link(stem, shape, bias is not None))
    complete = len(found) + n_biases == len(shapes)
    return found if found and complete else None


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
    return all(a.shape[0] == b.shape[1] for a, b in zip(order, order[1:], strict=False))


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
