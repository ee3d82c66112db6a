"""Point sets with a known truth that several tests of clusterers share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float32], NDArray[Any]]


def rings(n: int = 600, seed: int = 0) -> Points:
    """Two open rings of radius 1, each with one end inside the other; they stay 0.4 apart."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    place = np.arange(n) // 2 + rng.uniform(size=n)
    angle = np.pi * (place / (n / 2) + truth)
    radius = 1 + rng.uniform(-0.06, 0.06, n)
    x = radius * np.cos(angle) + truth
    y = radius * np.sin(angle) + 0.5 * truth
    return np.stack([x, y], 1).astype(np.float32), truth


def blobs(
    n_clusters: int = 16, n_each: int = 50, d: int = 4, spread: float = 0.02, seed: int = 0
) -> Points:
    """Round clusters of one size around neighbouring points of a grid of unit spacing."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(n_clusters ** (1 / d)))
    corners = np.stack(np.meshgrid(*[np.arange(side)] * d), -1).reshape(-1, d)[:n_clusters]
    truth = np.repeat(np.arange(n_clusters), n_each)
    x = corners[truth] + rng.normal(0, spread, (len(truth), d))
    return x.astype(np.float32), truth


def concentric(n: int = 600, seed: int = 0) -> Points:
    """Two rings around one centre, of radius 0.4 and 1."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    angle = 2 * np.pi * rng.uniform(size=n)
    radius = np.where(truth, 1.0, 0.4) + rng.normal(0, 0.04, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32), truth
