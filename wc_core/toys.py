"""Small point sets on which one sees what an algorithm does, and where it fails."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wc_core.registry import Registry
from wc_core.words import mark

N_POINTS = 300

Draw = Callable[[np.random.Generator], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Toy:
    """A point set.

    Parameters
    ----------
    title : str
        Name for people.
    about : str
        What there is to find in it, in a sentence.
    draw : callable
        Makes the points, (300, 2) or (300, 1), from a generator of random numbers.
    """

    title: str
    about: str
    draw: Draw


TOYS: Registry[Toy] = Registry("toy data set")


def toy_points(name: str, seed: int = 0) -> NDArray[np.float32]:
    """Return the points of a toy set, one a row.

    Parameters
    ----------
    name : str
        A name in `TOYS`.
    seed : int
        Same seed, same points.

    Raises
    ------
    UnknownNameError
        If no set has the name.

    Examples
    --------
    >>> toy_points("moons").shape, toy_points("numbers").shape
    ((300, 2), (300, 1))
    """
    points: NDArray[np.float32] = TOYS[name].draw(np.random.default_rng(seed)).astype(np.float32)
    return points


def _toy(name: str, title: str, about: str) -> Callable[[Draw], Draw]:
    def decorator(draw: Draw) -> Draw:
        TOYS.register(name)(Toy(title, about, draw))
        return draw

    return decorator


@_toy("blobs", mark("Six clouds"), mark("Round groups with space between them: the easy case."))
def _blobs(rng: np.random.Generator) -> NDArray[np.float64]:
    middles = np.array([[-3, 2], [0, 2.6], [3, 1.6], [-2.4, -1.8], [0.4, -0.6], [2.8, -2]])
    noise = rng.normal(0, 0.45, (N_POINTS, 2))
    return np.asarray(middles[np.arange(N_POINTS) % len(middles)] + noise)


@_toy("cloud", mark("Like weights"), mark("One dense middle and long tails, as real weights have."))
def _cloud(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(rng.laplace(0, 0.05, (N_POINTS, 2)) @ np.array([[1.0, 0.4], [0.0, 0.8]]))


@_toy("curve", mark("A bent line"), mark("Points along an S, which is a line once unrolled."))
def _curve(rng: np.random.Generator) -> NDArray[np.float64]:
    place = rng.uniform(-1.4 * np.pi, 1.4 * np.pi, N_POINTS)
    bend = np.sign(place) * (1 - np.cos(place))
    return np.stack([np.sin(place), bend], axis=1) + rng.normal(0, 0.06, (N_POINTS, 2))


@_toy("moons", mark("Two half rings"), mark("Each reaches into the other. Try 2 clusters."))
def _moons(rng: np.random.Generator) -> NDArray[np.float64]:
    side = np.arange(N_POINTS) % 2
    angle = np.pi * (rng.uniform(size=N_POINTS) + side)
    ends = np.stack([np.cos(angle) + side, np.sin(angle) + 0.5 * side], axis=1)
    return ends + rng.normal(0, 0.06, (N_POINTS, 2))


@_toy("numbers", mark("Single numbers"), mark("Blocks of 1 x 1: numbers on a line, most near 0."))
def _numbers(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.laplace(0, 0.05, (N_POINTS, 1))


@_toy("rings", mark("Two rings"), mark("One inside the other, with the same mean. Try 2 clusters."))
def _rings(rng: np.random.Generator) -> NDArray[np.float64]:
    radius = np.where(np.arange(N_POINTS) % 3 == 0, 1.0, 2.6) + rng.normal(0, 0.1, N_POINTS)
    angle = rng.uniform(0, 2 * np.pi, N_POINTS)
    return np.asarray(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


@_toy("square", mark("A full square"), mark("No groups at all: the algorithm has to make them."))
def _square(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.uniform(-1, 1, (N_POINTS, 2))
