"""A frame in which blocks of any unit have squares that keep their digits."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks

FAR = 1000.0  # typical deviations beyond which distances count by their logarithm


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where blocks are moved to, and what counts as one there.

    Blocks more than `FAR` units out are drawn in, in their order: their squares would leave
    no digits to the others, and their component has no neighbour anyway.
    """

    origin: NDArray[np.float64]  # (block_size,)
    unit: float

    @classmethod
    def of(cls, blocks: MaskedBlocks) -> Self:
        """Take medians: the origin by lane, the unit of what lies off the origin."""
        values, weights = blocks.values, blocks.weights
        lanes = range(values.shape[1])
        origin = np.array([_median(values[:, lane], weights) for lane in lanes], dtype=np.float64)
        peak = max(float(np.abs(values[:, lane] - origin[lane]).max()) for lane in lanes)
        squares = np.zeros(len(values))
        for lane in lanes:
            squares += ((values[:, lane] - origin[lane]) / peak) ** 2
        off = np.flatnonzero(squares)
        return cls(origin, peak * float(np.sqrt(_median(squares[off], weights[off]) / len(origin))))

    def enter(self, blocks: MaskedBlocks) -> MaskedBlocks:
        """Return the blocks, without masked lanes, in units of this frame."""
        inside = np.empty_like(blocks.values)
        for lane in range(len(self.origin)):
            x = (blocks.values[:, lane] - self.origin[lane]) / self.unit
            size = np.abs(x)
            drawn_in = FAR * (1 + np.log(np.maximum(size, FAR) / FAR))
            inside[:, lane] = np.where(size > FAR, np.copysign(drawn_in, x), x)
        return MaskedBlocks.whole(inside, blocks.weights)

    def leave(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points of this frame where they lie among the blocks."""
        size = np.abs(points)
        let_out = FAR * np.exp(np.maximum(size, FAR) / FAR - 1)
        outside: NDArray[np.float64] = np.where(size > FAR, np.copysign(let_out, points), points)
        return self.origin + self.unit * outside


def _median(values: NDArray[np.floating], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    heap = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(heap, heap[-1] / 2)]])
