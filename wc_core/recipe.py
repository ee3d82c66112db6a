"""What a person asked for, as immutable values that serialise to plain JSON.

A recipe names everything that decides the bytes of the result: which layers,
which blocks, which algorithm, which seed. Same model, same recipe, same bytes.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Self

from wc_core.errors import ConfigError
from wc_core.json_form import as_object, canonical_json, known_fields, parse_json
from wc_core.params import Choice, Domain, IntRange, check_value
from wc_core.words import _, mark

RECIPE_VERSION = 1

PLAN_SPACE: Mapping[str, Domain] = {
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
    "codebook_dtype": Choice(
        ("float32", "float16"),
        label=mark("Codebook numbers"),
        help=mark("Type in which codebook entries are stored."),
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
}


_YOUNGER = ("recombine", "residual_clusters")


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
    """How one layer is clustered and stored.

    Parameters
    ----------
    algorithm : str
        A name in `wc_core.CLUSTERERS`.
    n_clusters : int
        Codebook entries wanted; clamped to the number of distinct blocks.
    block : BlockSpec
        Patch of the weight matrix that one index stands for.
    scale : {"none", "per_channel"}
        Whether each output channel is divided by its largest magnitude first.
    codebook_dtype : {"float32", "float16"}
        Type in which the entries are stored.
    recombine : {"none", "article", "residual"}
        What a second stage clusters, see `wc_core.stages`.
    residual_clusters : int
        Entries of the second codebook if `recombine` is "residual".
    params : mapping
        Further parameters of the algorithm.
    """

    algorithm: str = "kmeans"
    n_clusters: int = 16
    block: BlockSpec = BlockSpec()
    scale: str = "none"
    codebook_dtype: str = "float32"
    recombine: str = "none"
    residual_clusters: int = 16
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, domain in PLAN_SPACE.items():
            check_value("plan", name, getattr(self, name), domain)

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types: this is the form that is stored and shared.

        Fields younger than version 0.1 are named only where they differ from their defaults,
        so that recipes which do without them keep their digest and older programs read them.
        """
        values = {**_shallow(self), "block": str(self.block), "params": dict(self.params)}
        idle = {n for n in _YOUNGER if values[n] == type(self).__dataclass_fields__[n].default}
        return {name: value for name, value in values.items() if name not in idle}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a plan from `to_dict`, refusing keys it does not know."""
        values = known_fields("plan", data, cls)
        if "block" in values:
            values["block"] = BlockSpec.parse(str(values["block"]))
        as_object("plan: params", values.get("params", {}))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole compression run: which layers, and how each is clustered.

    Parameters
    ----------
    plan : LayerPlan
        Used for every layer that `overrides` does not name.
    layers : tuple of str
        Glob patterns of the layers to cluster.
    include : tuple of str
        Glob patterns of layers to take although they would be skipped
        (tiny or depthwise ones); what has fewer than two dimensions or is
        not a floating-point tensor stays out.
    overrides : mapping of str to LayerPlan
        Plans for single layers, by exact name.
    min_weights : int
        Smaller layers are skipped: their codebook would cost what it saves.
    seed : int
        Seed of every random draw.

    Examples
    --------
    >>> recipe = Recipe(plan=LayerPlan(n_clusters=64, block=BlockSpec(1, 4)))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """

    plan: LayerPlan = field(default_factory=LayerPlan)
    layers: tuple[str, ...] = ("*",)
    include: tuple[str, ...] = ()
    overrides: Mapping[str, LayerPlan] = field(default_factory=dict)
    min_weights: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        check_value("recipe", "min_weights", self.min_weights, IntRange(0, 10**9))
        check_value("recipe", "seed", self.seed, IntRange(0, 2**32 - 1))

    def plan_for(self, layer: str) -> LayerPlan:
        """Return the plan of one layer."""
        return self.overrides.get(layer, self.plan)

    def chooses(self, layer: str) -> bool:
        """Tell whether `layers` names the layer."""
        return _matches(layer, self.layers)

    def forces(self, layer: str) -> bool:
        """Tell whether `include` names the layer."""
        return _matches(layer, self.include)

    def with_plan(self, **changes: Any) -> Self:
        """Return the recipe with some fields of its general plan changed."""
        return replace(self, plan=replace(self.plan, **changes))

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types."""
        return {
            "version": RECIPE_VERSION,
            **_shallow(self),
            "plan": self.plan.to_dict(),
            "layers": list(self.layers),
            "include": list(self.include),
            "overrides": {name: plan.to_dict() for name, plan in self.overrides.items()},
        }

    def to_json(self) -> str:
        """Return the canonical JSON text: sorted keys, no white space."""
        return canonical_json(self.to_dict())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a recipe from `to_dict`.

        Raises
        ------
        ConfigError
            If the version is unknown, a key is unknown or a value is impossible.
        """
        values = dict(as_object("recipe", data))
        version = values.pop("version", RECIPE_VERSION)
        if version != RECIPE_VERSION:
            msg = _("this recipe has version {version}; version {known} is understood").format(
                version=version, known=RECIPE_VERSION
            )
            raise ConfigError(msg)
        values = known_fields("recipe", values, cls)
        if "plan" in values:
            values["plan"] = LayerPlan.from_dict(values["plan"])
        for name in ("layers", "include"):
            if name in values:
                values[name] = _globs(name, values[name])
        if "overrides" in values:
            plans = as_object("recipe: overrides", values["overrides"])
            values["overrides"] = {
                k: LayerPlan.from_dict(as_object(k, v)) for k, v in sorted(plans.items())
            }
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a recipe from its JSON text.

        Raises
        ------
        ConfigError
            If the text is not JSON, or as `from_dict`.
        """
        return cls.from_dict(parse_json("recipe", text))


def _shallow(config: Any) -> dict[str, Any]:
    return {f.name: getattr(config, f.name) for f in fields(config)}


def _matches(layer: str, patterns: tuple[str, ...]) -> bool:
    return any(layer == pattern or fnmatchcase(layer, pattern) for pattern in patterns)


def _globs(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        msg = _("recipe: {name} must be a list of patterns, got {value!r}").format(
            name=name, value=value
        )
        raise ConfigError(msg)
    return tuple(value)
