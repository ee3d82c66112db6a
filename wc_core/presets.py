"""Recipes that do something sensible for any model, without data."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from wc_core.errors import UnknownNameError
from wc_core.recipe import BlockSpec, LayerPlan, Recipe
from wc_core.words import _, mark


@dataclass(frozen=True, slots=True)
class Preset:
    """A recipe with a name for people.

    Parameters
    ----------
    recipe : Recipe
    title, about : str
        To be translated where they are shown.
    """

    recipe: Recipe
    title: str
    about: str


def _to_the_decibel(sqnr_db: float) -> Recipe:
    """Give every layer the same signal-to-noise ratio, in as few coded bits as that takes."""
    params = {"sqnr_db": sqnr_db, "number_bits": 16}
    plan = LayerPlan(algorithm="ecvq", n_clusters=256, params=params, codebook_dtype="float16")
    return Recipe(plan=plan)


# Sparsity beyond a third costs more than clustering does where nothing is trained afterwards.
_AS_THE_ARTICLE = LayerPlan(
    pruner="magnitude",
    sparsity=0.3,
    n_clusters=256,
    block=BlockSpec(1, 2),
    recombine="article",
    codebook_dtype="int8",
)

PRESETS: Mapping[str, Preset] = {
    "light": Preset(
        _to_the_decibel(36.0),
        mark("Light"),
        mark(
            "Every layer within 36 dB of the original, in about 6 bits a weight: outputs hardly "
            "change."
        ),
    ),
    "balanced": Preset(
        _to_the_decibel(24.0),
        mark("Balanced"),
        mark(
            "Every layer within 24 dB of the original, in about 4 bits a weight: a good bargain "
            "for most models."
        ),
    ),
    "small": Preset(
        _to_the_decibel(16.0),
        mark("Small"),
        mark(
            "Every layer within 16 dB of the original, in about 3 bits a weight: accuracy drops "
            "a little in robust models, and much in others, so measure it."
        ),
    ),
    "article": Preset(
        Recipe(plan=_AS_THE_ARTICLE),
        mark("As the article"),
        mark(
            "The article's chain but for training: prune by magnitude, cluster pairs of weights, "
            "recombine and cluster again, store entries as int8, code."
        ),
    ),
}
"""By name, the gentlest first; names are given on the command line and never change."""


def preset(name: str) -> Preset:
    """Return a preset.

    Raises
    ------
    UnknownNameError
        If there is none of this name; the message names those there are.
    """
    if name in PRESETS:
        return PRESETS[name]
    close = get_close_matches(name, PRESETS, n=1) or list(PRESETS)
    msg = _("no preset is named {name!r}; did you mean {hint}?")
    raise UnknownNameError(msg.format(name=name, hint=" / ".join(map(repr, close))))
