"""Hashing based subspace clustering: blocks on the same sides of random hyperplanes."""

from collections.abc import Callable, Generator, Mapping
from typing import ClassVar

import numpy as np

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._buckets import Buckets, bisector_steps
from wc_core.clustering._embedded import embedded_kmeans_steps
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._hashing import planes_through
from wc_core.clustering._signatures import Occupied, hamming_kernel
from wc_core.clustering.spectral import spectral_embedding
from wc_core.errors import ConfigError
from wc_core.params import Choice, Domain, IntRange
from wc_core.progress import Progress, phase, relay
from wc_core.words import _, mark, ngettext

PATIENCE = 8  # redraws of each hyperplane without success after which the hash is left as it is


@CLUSTERERS.register("hsc")
class HSC(BlockClusterer):
    """Clusters of blocks that one hash puts together, in two readings of the method.

    A block's signature has one bit for each random hyperplane: the side it lies on.

    "article" takes the steps literally. The bucket of a block is its signature, read as a
    number h, modulo k, and an entry is the mean of a bucket. Round by round one hyperplane is
    redrawn as the bisector of one of the worst buckets; what lowers the inertia is kept,
    and the rounds end when nothing does. Buckets that no block falls into are left empty:
    *fewer entries than k can come out*. Planes start at the mean of all blocks.

    "spectral" clusters the signatures that occur: weighted by the number of their blocks
    and related by a kernel of their Hamming distance, they are embedded by its
    eigenvectors and clustered there by k-means. This is the idea that the method is named
    for, a hash into a Hilbert space. Planes lie between random pairs of blocks.

    An iteration is a round or a step of k-means; `detail["planes"]`, (n_planes, block_size),
    and `detail["offsets"]`, (n_planes,), hold the hyperplanes.

    Parameters
    ----------
    n_clusters : int, default=16
        Buckets or clusters; with "article" some can stay empty.
    mode : {"article", "spectral"}, default="article"
        Which reading.
    n_planes : int, default=0
        Hyperplanes. With 0, "article" takes as many as k has binary digits, since the
        modulo drops or mixes up all others, and "spectral" takes 64 or, until there are
        enough signatures, more.
    max_iter : int, default=200
        Most rounds of "article".
    max_signatures : int, default=1000
        "spectral": signatures beyond it, the rarest, count as the one that differs least.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the hyperplanes.

    Raises
    ------
    ConfigError
        If "spectral" is asked for more clusters than signatures.

    References
    ----------
    M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
    A. Ng, M. Jordan and Y. Weiss, "On spectral clustering", NIPS 2001.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> HSC(n_clusters=2, random_state=0).fit(blocks).cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "mode": Choice(
            ("article", "spectral"),
            label=mark("Reading"),
            help=mark(
                "article: the number of the signature modulo k is the cluster. spectral: the "
                "signatures are clustered by the eigenvectors of their likeness."
            ),
        ),
        "n_planes": IntRange(
            0,
            256,
            label=mark("Hyperplanes"),
            help=mark(
                "Bits of the hash. With 0, article takes as many as k has binary digits: the "
                "modulo would mix up more of them. spectral takes 64, or more if needed."
            ),
        ),
        "max_iter": IntRange(
            1,
            10_000,
            label=mark("Most rounds"),
            help=mark("article: how often a hyperplane is redrawn, at most."),
        ),
        "max_signatures": IntRange(
            10,
            5000,
            label=mark("Most signatures"),
            help=mark("spectral: the rarest ones beyond this number join the most alike."),
        ),
        "polish": POLISH,
    }

    title = mark("Hashing (HSC)")
    about = mark(
        "Random hyperplanes cut space into cells, and all blocks of a cell get the same hash. "
        "Read literally, hash modulo k is the cluster: quick, but cells that have nothing in "
        "common meet in one bucket and others stay empty. Read as a hash into a Hilbert space, "
        "the cells are joined by spectral clustering."
    )
    formula = (
        r"h(x) = \sum_{j} 2^{j}\,[\,a_j \cdot x > b_j\,], \quad "
        r"\ell(x) = h(x) \bmod k, \quad \text{or}\;\; "
        r"\operatorname{spectral}\,e^{-d_H(h, h')^2 / s s'}"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        mode: str = "article",
        n_planes: int = 0,
        max_iter: int = 200,
        max_signatures: int = 1000,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.mode = mode
        self.n_planes = n_planes
        self.max_iter = max_iter
        self.max_signatures = max_signatures
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        steps = self._article_steps if self.mode == "article" else self._spectral_steps
        return (yield from steps(blocks, n_clusters, random_state))

    def _article_steps(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        """Redraw one hyperplane after the other while that lowers the inertia."""
        n_planes = self.n_planes or max(1, (n_clusters - 1).bit_length())
        values = blocks.filled()
        center = np.average(values.astype(np.float64), axis=0, weights=blocks.weights)
        planes = planes_through(center, n_planes, random_state)
        best = Buckets.of(blocks, values, planes, n_clusters)
        yield Progress(0, self.max_iter, result=best.state(0))
        failures = 0
        for step in range(1, self.max_iter + 1):
            bisector = yield from relay(
                bisector_steps(best, random_state), _untold(step - 1, self.max_iter)
            )
            redrawn = best if bisector is None else best.redrawn(step % n_planes, *bisector)
            failures = 0 if redrawn.inertia < best.inertia else failures + 1
            best = best if failures else redrawn
            note = _("no better hyperplane found") if failures else _("one hyperplane redrawn")
            yield Progress(step, self.max_iter, result=best.state(step, note))
            if failures >= PATIENCE * n_planes:
                break
        return Outcome(labels=best.labels, notes=_emptiness(best.n_used, n_clusters, n_planes))

    def _spectral_steps(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        """Cluster the signatures that occur."""
        self._check_max_signatures()
        yield Progress(0, 1, _("hashing"))
        occupied = Occupied.of(blocks, self.n_planes, n_clusters, random_state)
        occurring = occupied.told()
        if len(occupied) <= n_clusters:
            yield Progress(1, 1, result=occupied.state())
            return Outcome(labels=occupied.kind, notes=(occurring,))
        yield Progress(0.2, 1, _("merging rare signatures"))
        occupied = occupied.gathered(self.max_signatures)
        yield Progress(0.3, 1, _("computing eigenvectors"))
        kernel = hamming_kernel(occupied.bits)
        embedding = spectral_embedding(kernel, occupied.points.weights, n_clusters)
        steps = embedded_kmeans_steps(occupied.points, embedding, n_clusters, random_state)
        labels = yield from phase(relay(steps, occupied.beside), 0.6, 1)
        return Outcome(labels=labels[occupied.kind], notes=(occurring,))

    def _check_max_signatures(self) -> None:
        if self.n_clusters >= self.max_signatures:
            msg = _(
                "hsc clusters at most {max_signatures} signatures, which cannot give {n_clusters} "
                "entries: raise max_signatures, ask for fewer clusters, or take mode article"
            )
            raise ConfigError(
                msg.format(max_signatures=self.max_signatures, n_clusters=self.n_clusters)
            )


def _untold(done: int, total: int) -> Callable[[Progress], Progress]:
    record = Progress(done, total, _("looking for a better hyperplane"))
    return lambda _inside: record


def _emptiness(n_used: int, n_clusters: int, n_planes: int) -> tuple[str, ...]:
    if n_used == n_clusters:
        return ()
    return (
        ngettext(
            "{m} of {k} buckets stayed empty: no block's hash modulo {k} leads there, with "
            "{n} hyperplane",
            "{m} of {k} buckets stayed empty: no block's hash modulo {k} leads there, with "
            "{n} hyperplanes",
            n_planes,
        ).format(m=n_clusters - n_used, k=n_clusters, n=n_planes),
    )
