"""What rounds of deep clustering hand on to the next: the network, the hash, the labels."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._embedded import all_used
from wc_core.clustering._fit import Iteration
from wc_core.clustering._hashing import Hyperplanes, bucket_numbers
from wc_core.clustering._lloyd import means, squared_errors
from wc_core.clustering._subspaces import subspace_budget, subspace_steps
from wc_core.progress import Progress, relay
from wc_core.words import _

if TYPE_CHECKING:  # torch takes seconds to load
    from wc_core.clustering._encoder import AutoEncoder


class Rounds:
    """Clusters blocks round by round in the latent space of a network that learns in between."""

    def __init__(
        self,
        blocks: MaskedBlocks,
        inputs: NDArray[np.float32],
        network: "AutoEncoder",
        n_clusters: int,
        n_subspaces: int,
        random_state: np.random.RandomState,
    ) -> None:
        self._blocks = blocks
        self._inputs = inputs
        self._network = network
        self._n_clusters = n_clusters
        self._n_subspaces = min(n_subspaces, n_clusters)
        self._random_state = random_state
        self._latent = network.encode(inputs)
        n_planes = (self._n_subspaces - 1).bit_length()
        self._normals = random_state.normal(size=(n_planes, self._latent.shape[1]))
        self._used = np.empty(0, dtype=np.int64)
        self.budget = np.empty(0, dtype=np.int64)
        self.labels: NDArray[np.integer] = np.full(len(blocks), -1, dtype=np.int64)
        self._found = self.labels  # before what latent vectors cannot tell apart was parted
        self.changed = 1.0

    def cluster_steps(self) -> Generator[Progress, None, None]:
        """Encode, hash, and run k-means in each subspace."""
        self._latent = self._network.encode(self._inputs)
        points = MaskedBlocks.whole(self._latent, self._blocks.weights)
        used, subspace = np.unique(self._hash(points), return_inverse=True)
        before = self._found if np.array_equal(used, self._used) else None
        if before is None:
            self._used = used
            self.budget = subspace_budget(points, self._inputs, subspace, self._n_clusters)
        steps = subspace_steps(points, subspace, self.budget, before, self._random_state)
        self._found = yield from relay(steps, _untold)
        labels = all_used(self._blocks, self._found.copy(), self._n_clusters)
        moved = self._blocks.weights @ (labels != self.labels)
        self.changed = float(moved / self._blocks.weights.sum())
        self.labels = labels

    def train(self, pull: float) -> None:
        """Train an epoch towards the centres of the clusters."""
        points = MaskedBlocks.whole(self._latent, self._blocks.weights)
        start = np.zeros((self._n_clusters, self._latent.shape[1]))
        centers = means(points, self.labels, start)
        weights = self._blocks.weights
        self._network.train_epoch(self._inputs, weights, centers[self.labels], pull)

    def state(self, step: int) -> Iteration:
        """Return what to show after a round."""
        blocks, labels = self._blocks, self.labels
        centers = means(blocks, labels, np.zeros((self._n_clusters, blocks.values.shape[1])))
        inertia = float(blocks.weights @ squared_errors(blocks, labels, centers))
        note = _("{share:.1%} of the blocks changed their cluster").format(share=self.changed)
        detail = {"latent": self._latent, "changed": self.changed}
        return Iteration(
            step, blocks.values, blocks.weights, labels, centers, inertia, note, detail
        )

    def _hash(self, points: MaskedBlocks) -> NDArray[np.int64]:
        middle = np.average(points.values.astype(np.float64), axis=0, weights=points.weights)
        planes = Hyperplanes(self._normals, self._normals @ middle)
        return bucket_numbers(planes.bits(points.values), self._n_subspaces)


def _untold(record: Progress) -> Progress:
    """Drop the iterations of k-means inside a round."""
    return Progress(0, 1, _("clustering the latent vectors"))
