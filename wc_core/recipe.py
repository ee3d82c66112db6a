"""What a person asked for, as immutable values that serialise to plain JSON.

A recipe names everything that decides the bytes of the result: which layers, which blocks,
which algorithm, which seed. Same model, same recipe, same bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Self

from wc_core.errors import ConfigError
from wc_core.json_form import as_object, canonical_json, known_fields, parse_json, shallow
from wc_core.params import IntRange, check_value
from wc_core.plan import PLAN_SPACE, PRUNER_NAMES, BlockSpec, LayerPlan
from wc_core.words import _

__all__ = ["PLAN_SPACE", "PRUNER_NAMES", "RECIPE_VERSION", "BlockSpec", "LayerPlan", "Recipe"]

RECIPE_VERSION = 1


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
        Plans for some layers, by name or glob pattern: a layer's own name comes first, then
        the longest pattern that matches.
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
        """Return the plan of one layer: its own, that of the longest pattern, or the general."""
        if layer in self.overrides:
            return self.overrides[layer]
        matching = [pattern for pattern in self.overrides if fnmatchcase(layer, pattern)]
        if not matching:
            return self.plan
        return self.overrides[min(matching, key=lambda pattern: (-len(pattern), pattern))]

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
            **shallow(self),
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


def _matches(layer: str, patterns: tuple[str, ...]) -> bool:
    return any(layer == pattern or fnmatchcase(layer, pattern) for pattern in patterns)


def _globs(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        msg = _("recipe: {name} must be a list of patterns, got {value!r}").format(
            name=name, value=value
        )
        raise ConfigError(msg)
    return tuple(value)
