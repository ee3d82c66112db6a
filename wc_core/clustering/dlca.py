"""Deep-learning based clustering: k-means in hashed subspaces of what a network makes of blocks."""

from collections.abc import Generator, Mapping
from math import isqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wc_core.clustering._base import CLUSTERERS
from wc_core.clustering._blocks import MaskedBlocks
from wc_core.clustering._estimator import N_CLUSTERS, POLISH, BlockClusterer
from wc_core.clustering._fit import Outcome
from wc_core.clustering._rounds import Rounds
from wc_core.errors import ConfigError
from wc_core.params import Choice, Domain, FloatRange, IntRange
from wc_core.progress import Progress, phase
from wc_core.words import _, mark

FEW_CHANGES = 0.01  # share of blocks that change their label in the last round
SMALLEST_KERNEL = 9  # lanes of a 3 x 3 kernel; smaller ones have no inside
LINEAR = 4.0  # typical deviations within which inputs are in proportion to weights


@CLUSTERERS.register("dlca")
class DLCA(BlockClusterer):
    """k-means inside hashed subspaces of the latent space of a small auto-encoder.

    An auto-encoder is trained on the blocks, brought to a common scale on which outliers
    grow as their logarithm. Then, round by round: blocks are encoded; a hash of random
    hyperplanes through the mean latent vector, modulo `n_subspaces`, puts each into a
    subspace; k-means runs in each, where subspaces get entries in proportion to their
    squared error; and the encoder learns on, pulling latent vectors to the centre of
    their cluster. Rounds end when less than one per cent of the labels change. Entries
    are the means of the blocks with one label. Hyperplanes keep their directions, and
    k-means starts from the clusters of the round before.

    The network is trained on some 20,000 random blocks an epoch and runs on the CPU in one
    thread: a codebook must come out the same every time.

    An iteration is a round; `detail["latent"]`, (n_points, n_latent), holds where blocks lie
    in latent space and `detail["changed"]` which share of the labels changed.

    Parameters
    ----------
    n_clusters : int, default=16
        Entries of the codebook; clamped to the number of distinct blocks.
    encoder : {"auto", "dense", "conv"}, default="auto"
        "conv" looks at a block of s * s weights as a square kernel; "auto" does so from
        3 x 3 on, and takes "dense" for all other blocks.
    n_latent : int, default=8
        Width of the latent vectors, but at most that of the blocks.
    n_subspaces : int, default=4
        Subspaces that the hash makes, but at most `n_clusters`.
    pull : float, default=0.01
        How much the distance to the cluster's centre counts beside the error of decoding.
    n_epochs : int, default=20
        Epochs before the first round.
    round_epochs : int, default=3
        Epochs between two rounds.
    max_rounds : int, default=10
        Most rounds.
    polish : int, default=0
        Lloyd steps afterwards.
    random_state : int, RandomState or None, default=None
        Seeds the network, its samples, the hyperplanes and k-means.

    Raises
    ------
    ConfigError
        If `encoder` is "conv" and blocks are no square kernels of 3 x 3 or more.

    References
    ----------
    J. Xie, R. Girshick and A. Farhadi, "Unsupervised deep embedding for clustering
    analysis", ICML 2016.
    B. Yang, X. Fu, N. Sidiropoulos and M. Hong, "Towards k-means-friendly spaces", ICML 2017.

    Examples
    --------
    >>> blocks = np.array([[0.0], [0.2], [5.0], [5.2]])
    >>> DLCA(n_clusters=2, random_state=0).fit(blocks).cluster_centers_.ravel()
    array([0.1, 5.1])
    """

    param_space: ClassVar[Mapping[str, Domain]] = {
        "n_clusters": N_CLUSTERS,
        "encoder": Choice(
            ("auto", "dense", "conv"),
            label=mark("Encoder"),
            help=mark(
                "conv sees blocks of 9, 16, 25, ... weights as square kernels; auto takes it for "
                "those and dense for all other blocks."
            ),
        ),
        "n_latent": IntRange(
            1,
            64,
            label=mark("Latent dimensions"),
            help=mark("Numbers that the network describes a block by; never more than it has."),
        ),
        "n_subspaces": IntRange(
            1,
            256,
            label=mark("Subspaces"),
            help=mark("The hash of the latent vector says in which of them k-means runs."),
        ),
        "pull": FloatRange(
            0.0,
            10.0,
            label=mark("Pull"),
            help=mark(
                "How strongly training draws latent vectors to the centre of their cluster; with "
                "0 the network only learns to restore blocks."
            ),
        ),
        "n_epochs": IntRange(
            0,
            1000,
            label=mark("Epochs before"),
            help=mark("Training before the first round, on some 20,000 random blocks each."),
        ),
        "round_epochs": IntRange(
            0, 100, label=mark("Epochs a round"), help=mark("Training between two rounds.")
        ),
        "max_rounds": IntRange(
            1,
            100,
            label=mark("Most rounds"),
            help=mark("Rounds end earlier when less than 1 % of the blocks change their cluster."),
        ),
        "polish": POLISH,
    }

    title = mark("Deep clustering (DLCA)")
    about = mark(
        "A small neural network learns to describe blocks by a few numbers, its latent vector. A "
        "hash of that picks a subspace, k-means runs inside each, and the network learns on, so "
        "that clusters get denser. Where the hash cuts through a cluster, its halves stay apart."
    )
    formula = (
        r"\min_{f, g, C}\;\sum_i w_i\,(e_i^2 + \lambda\,d_i^2),\quad "
        r"e_i = \lVert g(f(x_i)) - x_i \rVert,\quad d_i = \lVert f(x_i) - c_{\ell_i} \rVert,\quad "
        r"\ell_i \in \text{subspace } h(f(x_i)) \bmod m"
    )

    def __init__(
        self,
        n_clusters: int = 16,
        *,
        encoder: str = "auto",
        n_latent: int = 8,
        n_subspaces: int = 4,
        pull: float = 0.01,
        n_epochs: int = 20,
        round_epochs: int = 3,
        max_rounds: int = 10,
        polish: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.n_latent = n_latent
        self.n_subspaces = n_subspaces
        self.pull = pull
        self.n_epochs = n_epochs
        self.round_epochs = round_epochs
        self.max_rounds = max_rounds
        self.polish = polish
        self.random_state = random_state

    def _iterate(
        self, blocks: MaskedBlocks, n_clusters: int, random_state: np.random.RandomState
    ) -> Generator[Progress, None, Outcome]:
        is_conv = self._is_conv(blocks.values.shape[1])
        yield Progress(0, 1, _("training the encoder"))
        # Here, since torch takes seconds to load.
        from wc_core.clustering._encoder import AutoEncoder

        inputs = on_common_scale(blocks.filled())
        n_latent = min(self.n_latent, inputs.shape[1])
        network = AutoEncoder(inputs.shape[1], n_latent, is_conv, random_state)
        for epoch in range(self.n_epochs):
            network.train_epoch(inputs, blocks.weights)
            yield Progress(0.3 * (epoch + 1) / self.n_epochs, 1, _("training the encoder"))
        rounds = Rounds(blocks, inputs, network, n_clusters, self.n_subspaces, random_state)
        yield from phase(self._round_steps(rounds), 0.3, 1)
        return Outcome(labels=rounds.labels, notes=(self._told(rounds, is_conv),))

    def _round_steps(self, rounds: Rounds) -> Generator[Progress, None, None]:
        """Cluster and train in turn, until the labels stay."""
        for step in range(1, self.max_rounds + 1):
            span = (step - 1) / self.max_rounds, (step - 0.5) / self.max_rounds
            yield from phase(rounds.cluster_steps(), *span)
            yield Progress(span[1], 1, result=rounds.state(step))
            if rounds.changed < FEW_CHANGES or step == self.max_rounds:
                break
            for _epoch in range(self.round_epochs):
                rounds.train(self.pull)
                yield Progress(span[1], 1, _("training the encoder"))

    def _is_conv(self, block_size: int) -> bool:
        is_kernel = block_size >= SMALLEST_KERNEL and isqrt(block_size) ** 2 == block_size
        if self.encoder == "conv" and not is_kernel:
            msg = _(
                "dlca: encoder conv needs blocks that are square kernels of 3x3 or more (9, 16, "
                "25, ... weights), got blocks of {n}: choose such blocks, or encoder auto or dense"
            )
            raise ConfigError(msg.format(n=block_size))
        return is_kernel and self.encoder != "dense"

    def _told(self, rounds: Rounds, is_conv: bool) -> str:
        msg = (
            _("convolutional encoder; entries of the subspaces: {budget}")
            if is_conv
            else _("dense encoder; entries of the subspaces: {budget}")
        )
        return msg.format(budget=", ".join(map(str, rounds.budget)))


def on_common_scale(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return blocks as a network likes them: around zero, mostly from -4 to 4.

    Deviations from each lane's median are divided by a typical one and, far out, grow as their
    logarithm only, so that one outlier leaves the others apart. The unit of the weights
    drops out.

    Examples
    --------
    >>> on_common_scale(np.array([[1.0], [2.0], [3.0], [4.0], [1e20]])).ravel().round(1)
    array([ -1.3,  -0.7,   0. ,   0.7, 179.8], dtype=float32)
    """
    exact = values.astype(np.float64)
    exact -= np.median(exact, axis=0)
    sizes = np.abs(exact[exact != 0])
    typical = float(np.median(sizes)) if len(sizes) else 1.0
    scaled: NDArray[np.float32] = (LINEAR * np.arcsinh(exact / (LINEAR * typical))).astype("f4")
    return scaled
