"""What a fit has found: labels become entries, and Lloyd's iteration polishes them."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._fit import FitReport, Outcome, PolishReport
from wc_core.clustering._lloyd import lloyd_steps, means, nearest, squared_errors
from wc_core.progress import Progress, relay
from wc_core.words import _

POLISH_TOL = 1e-4


class Found:
    """What a fit has found so far, about the blocks that weigh something."""

    def __init__(self, blocks: MaskedBlocks) -> None:
        self._blocks = blocks
        self._n_points = len(blocks)
        self._notes: tuple[str, ...] = ()
        self._polish: PolishReport | None = None
        self.n_iter = 0
        self.centers: NDArray[np.floating] = blocks.values[:1]
        self.labels: NDArray[np.integer] | None = None  # None: the nearest entry of each block
        self.inertia: float | None = None  # None: still to be measured
        self.noise: NDArray[np.intp] | None = None

    def watch(
        self, steps: Generator[Progress, None, Outcome]
    ) -> Generator[Progress, None, Outcome]:
        """Pass records on, counting iterations."""

        def counted(record: Progress) -> Progress:
            if record.result is not None:
                self.n_iter = record.result.step
            return record

        return relay(steps, counted)

    def take(
        self,
        outcome: Outcome,
        points: MaskedBlocks | None = None,
        owner: NDArray[np.intp] | None = None,
    ) -> None:
        """Turn an outcome about points into entries and labels of blocks."""
        self._n_points = len(points) if points is not None else len(self._blocks)
        self._notes = outcome.notes
        if outcome.centers is not None:
            self.centers = outcome.centers
            if owner is None and outcome.inertia is not None:
                self.labels, self.inertia = outcome.labels, outcome.inertia
            return
        assert outcome.labels is not None
        labels = outcome.labels if owner is None else outcome.labels[owner]
        self._take_labels(labels)
        if outcome.keeps_noise and (labels < 0).any():
            self.noise = np.flatnonzero(labels < 0)

    def _take_labels(self, labels: NDArray[np.integer]) -> None:
        """Make the means of the clusters the entries; noise goes to the nearest."""
        blocks, noise = self._blocks, labels < 0
        if noise.all():
            labels, noise = np.zeros(len(labels), dtype=np.int64), np.zeros(len(labels), dtype=bool)
        clustered = np.flatnonzero(~noise)
        _names, numbered = np.unique(labels[clustered], return_inverse=True)
        members = blocks.take(clustered)
        start = np.zeros((len(_names), blocks.values.shape[1]), dtype=np.float64)
        self.centers = means(members, numbered, start)
        self.labels = np.empty(len(labels), dtype=np.int64)
        self.labels[clustered] = numbered
        if noise.any():
            outside = np.flatnonzero(noise)
            self.labels[outside], _errors = nearest(blocks.take(outside), self.centers)

    def polish_steps(self, max_iter: int) -> Generator[Progress, None, None]:
        """Run Lloyd's iteration from the entries found, and note what that changed."""
        blocks = self._blocks
        before = nearest(blocks, self.centers)[0] if self.labels is None else self.labels
        cost = float(blocks.weights @ squared_errors(blocks, before, self.centers))
        n_iter = 0

        def counted(record: Progress) -> Progress:
            nonlocal n_iter
            n_iter = record.result.step
            return replace(record, message=_("polishing"))

        steps = lloyd_steps(blocks, self.centers.astype(np.float64), max_iter, POLISH_TOL)
        self.centers = yield from relay(steps, counted)
        after, errors = nearest(blocks, self.centers)
        self.labels = self.inertia = None
        moved = float(np.mean(after != before))
        self._polish = PolishReport(cost, float(blocks.weights @ errors), moved, n_iter)

    def report(self, n_blocks: int) -> FitReport:
        """Return what there is to say."""
        notes = self._notes
        if self._n_points < len(self._blocks):
            msg = _("worked on {m} weighted micro-clusters of {n} blocks")
            notes = (msg.format(m=self._n_points, n=n_blocks), *notes)
        return FitReport(n_blocks, self._n_points, max(1, self.n_iter), notes, self._polish)
