"""How one layer is pruned, clustered, rounded and stored, as a value that serialises to JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from wc_core.errors import ConfigError
from wc_core.json_form import as_object, known_fields, shallow
from wc_core.number_types import NUMBER_TYPES
from wc_core.params import Choice, Domain, FloatRange, IntRange, check_value
from wc_core.words import _, mark

# Keys of `wc_core.pruning.PRUNERS`, which stands above: a test keeps both alike.
PRUNER_NAMES = ("block_magnitude", "channel", "global_magnitude", "magnitude", "n_m", "zeros")

# In the order of the work: prune, cluster, quantize, code.
PLAN_SPACE: Mapping[str, Domain] = {
    "pruner": Choice(
        ("none", *PRUNER_NAMES),
        label=mark("Pruning"),
        help=mark("Which weights are set to zero before the others are clustered."),
    ),
    "sparsity": FloatRange(
        0.0,
        1.0,
        label=mark("Share to prune"),
        help=mark(
            "Share of the weights that are set to zero. N:M pruning and keeping the zeros there "
            "are do without it."
        ),
    ),
    "n_clusters": IntRange(
        1,
        65536,
        label=mark("Clusters (k)"),
        help=mark("Entries of the codebook: how many different blocks a layer may hold."),
    ),
    "scale": Choice(
        ("none", "per_channel"),
        label=mark("Scale"),
        help=mark(
            "per_channel divides each output channel by its largest magnitude before clustering "
            "and stores that number; it costs 32 bits a channel and often lowers the error."
        ),
    ),
    "recombine": Choice(
        ("none", "article", "residual"),
        label=mark("Second stage"),
        help=mark(
            "article: the weights are recombined with their centroids, W_v = W + C - "
            "mean(2 C - W), and clustered again; where centroids are means, as those of k-means "
            "at rest, that changes nothing. residual: what the first codebook leaves is clustered "
            "into a second one, which is stored too."
        ),
    ),
    "residual_clusters": IntRange(
        1,
        65536,
        label=mark("Clusters of the residual"),
        help=mark(
            "Second stage residual: entries of the second codebook. Each block stores an index "
            "into both."
        ),
    ),
    "codebook_dtype": Choice(
        tuple(NUMBER_TYPES),
        label=mark("Codebook numbers"),
        help=mark(
            "Type in which codebook entries are stored; int8 counts steps of one size, which is "
            "stored with each codebook."
        ),
    ),
    "scale_dtype": Choice(
        tuple(NUMBER_TYPES),
        label=mark("Scale numbers"),
        help=mark(
            "Type in which scales are stored. They are rounded before weights are divided by "
            "them, so that clustering makes up for it."
        ),
    ),
    "coding": Choice(
        ("cheapest", "packed", "coded"),
        label=mark("Coding"),
        help=mark(
            "packed: each index takes the same number of bits. coded: frequent indices take "
            "fewer. cheapest: whichever makes the smaller file, for each tensor."
        ),
    ),
}


_YOUNGER = (
    "pruner",
    "sparsity",
    "pruner_params",
    "recombine",
    "residual_clusters",
    "scale_dtype",
    "coding",
)


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """How a weight matrix is cut: blocks of `rows` x `cols` neighbouring weights.

    Examples
    --------
    >>> BlockSpec.parse("3x5")
    BlockSpec(rows=3, cols=5)
    >>> str(BlockSpec(1, 4)), BlockSpec(1, 4).size
    ('1x4', 4)
    """

    rows: int = 1
    cols: int = 1

    def __post_init__(self) -> None:
        for side in (self.rows, self.cols):
            if not isinstance(side, int) or isinstance(side, bool) or not 1 <= side <= 4096:
                msg = _("a block's sides are whole numbers from 1 to 4096, got {block}").format(
                    block=f"{self.rows}x{self.cols}"
                )
                raise ConfigError(msg)

    @property
    def size(self) -> int:
        """Weights in one block."""
        return self.rows * self.cols

    def __str__(self) -> str:
        return f"{self.rows}x{self.cols}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ROWSxCOLS`.

        Raises
        ------
        ConfigError
            If the text is not two whole numbers joined by an x.
        """
        match = re.fullmatch(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", text)
        if not match:
            msg = _("a block is written ROWSxCOLS, as in 1x4, got {text!r}").format(text=text)
            raise ConfigError(msg)
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """How one layer is pruned, clustered, rounded and stored, in this order.

    Parameters
    ----------
    pruner : str
        "none", or a name in `wc_core.PRUNERS`.
    sparsity : float
        Share of the weights that is to be pruned, from 0 to 1; some pruners do without it.
    pruner_params : mapping
        Further parameters of the pruner.
    algorithm : str
        A name in `wc_core.CLUSTERERS`.
    n_clusters : int
        Codebook entries wanted; clamped to the number of distinct blocks.
    block : BlockSpec
        Patch of the weight matrix that one index stands for.
    scale : {"none", "per_channel"}
        Whether each output channel is divided by its largest magnitude first.
    recombine : {"none", "article", "residual"}
        What a second stage clusters, see `wc_core.stages`.
    residual_clusters : int
        Entries of the second codebook if `recombine` is "residual".
    params : mapping
        Further parameters of the algorithm.
    codebook_dtype, scale_dtype : {"float32", "float16", "bfloat16", "int8"}
        Types in which entries and scales are stored.
    coding : {"cheapest", "packed", "coded"}
        How indices and the positions of what is pruned become bytes.
    """

    pruner: str = "none"
    sparsity: float = 0.5
    pruner_params: Mapping[str, Any] = field(default_factory=dict)
    algorithm: str = "kmeans"
    n_clusters: int = 16
    block: BlockSpec = BlockSpec()
    scale: str = "none"
    recombine: str = "none"
    residual_clusters: int = 16
    params: Mapping[str, Any] = field(default_factory=dict)
    codebook_dtype: str = "float32"
    scale_dtype: str = "float32"
    coding: str = "cheapest"

    def __post_init__(self) -> None:
        for name, domain in PLAN_SPACE.items():
            check_value("plan", name, getattr(self, name), domain)

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types: this is the form that is stored and shared.

        Fields younger than version 0.1 are named only where they differ from their defaults,
        so that recipes which do without them keep their digest and older programs read them.
        """
        values = {
            **shallow(self),
            "block": str(self.block),
            "params": dict(self.params),
            "pruner_params": dict(self.pruner_params),
        }
        idle = {name for name in _YOUNGER if values[name] == _DEFAULTS[name]}
        return {name: value for name, value in values.items() if name not in idle}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a plan from `to_dict`, refusing keys it does not know."""
        values = known_fields("plan", data, cls)
        if "block" in values:
            values["block"] = BlockSpec.parse(str(values["block"]))
        for name in ("params", "pruner_params"):
            as_object(f"plan: {name}", values.get(name, {}))
        return cls(**values)


_DEFAULTS = shallow(LayerPlan())
