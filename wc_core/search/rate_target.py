"""One price of a bit for all layers, so that what they are stored in meets a target.

Where a bit is worth the same error in every layer, no bit would do more good elsewhere: the total
error is the least for its size. The price is looked for by clustering all layers and counting
what they take in a file, coded indices, tables, codebooks, scales and masks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import log10
from typing import Any

import numpy as np

from wc_core.clustering import CLUSTERERS, PriceHunt, price_at
from wc_core.compression import CompressedModel, compress_steps, planned
from wc_core.errors import ConfigError
from wc_core.models import LayerInfo, Model
from wc_core.number_types import NUMBER_TYPES
from wc_core.progress import Progress
from wc_core.recipe import LayerPlan, Recipe
from wc_core.words import _, ngettext

PRICE = "lagrangian"
"""Parameter of an algorithm that takes a price."""

CLOSE = 1e-3  # share of a target that may be left of it
_PER_TRIAL = 0.6  # share of the bar that is left by each trial: how many there will be is unknown
_OTHER_AIMS = ("bits", "sqnr_db")


@dataclass(frozen=True, slots=True)
class RateTrial:
    """What came out at one price.

    Parameters
    ----------
    price : float
        Squared error of weights that a bit is worth.
    bits_per_weight, sqnr_db : float
        Over all clustered layers, of the bytes they are stored in.
    """

    price: float
    bits_per_weight: float
    sqnr_db: float


@dataclass(frozen=True, slots=True, eq=False)
class RateFound:
    """The best so far of the prices that were tried.

    Parameters
    ----------
    recipe : Recipe
        With the price in the plan of every layer: clustering with it gives `compressed` again.
    compressed : CompressedModel
    trial : RateTrial
        That of `compressed`.
    trials : tuple of RateTrial
        All of them, in order.
    is_met : bool
        Whether the target is met; if not, this is what comes closest.
    """

    recipe: Recipe
    compressed: CompressedModel
    trial: RateTrial
    trials: tuple[RateTrial, ...]
    is_met: bool


def rate_target_steps(
    model: Model,
    recipe: Recipe,
    *,
    bits_per_weight: float | None = None,
    sqnr_db: float | None = None,
) -> Iterator[Progress]:
    """Look for the price of a bit that meets a target, by compressing at one after another.

    A record's result is the `RateFound` so far, None until all layers were clustered once. Plans
    are the recipe's but for the price. Entries are `n_clusters` at most, of which only those
    stay that pay for themselves: a plan has to allow more than it would need without coding, 256
    for up to about five bits a weight.

    Parameters
    ----------
    model : Model
    recipe : Recipe
        Whose layers are clustered by an algorithm that takes a price.
    bits_per_weight : float, optional
        Of everything that clustered layers are stored in, not to be exceeded.
    sqnr_db : float, optional
        Signal-to-quantization-noise ratio over all clustered weights, to be reached.

    Raises
    ------
    ConfigError
        If not just one target is given, or an algorithm takes no price; and as
        `compress_steps`.

    Examples
    --------
    >>> from wc_core import load_model
    >>> from wc_core.progress import last_result
    >>> recipe = Recipe(plan=LayerPlan(algorithm="ecvq", n_clusters=256))
    >>> steps = rate_target_steps(load_model("sample:lenet5"), recipe, bits_per_weight=2.0)
    >>> found = last_result(steps)
    >>> bool(1.99 < found.compressed.bits_per_weight <= 2.0)
    True
    """
    target, is_bits = _target(bits_per_weight, sqnr_db)
    _infos, chosen = planned(model, recipe)
    _check_prices(recipe, chosen)
    hunt = _hunt(model, chosen, target, is_bits=is_bits)
    best: RateFound | None = None
    trials: tuple[RateTrial, ...] = ()
    while not hunt.is_over:
        price, left = hunt.price, _PER_TRIAL ** len(trials)
        priced = _priced(model, recipe, chosen, price)
        compressed: CompressedModel | None = None
        for record in compress_steps(model, priced):
            compressed = record.result
            done = 1 - left * (1 - (1 - _PER_TRIAL) * record.fraction)
            yield Progress(done, 1, _message(trials, record.message), best)
        assert compressed is not None
        trial = RateTrial(price, compressed.bits_per_weight, compressed.sqnr_db)
        trials = (*trials, trial)
        if hunt.tell((trial.bits_per_weight if is_bits else min(trial.sqnr_db, 1e3)) - target):
            best = RateFound(priced, compressed, trial, trials, hunt.is_met)
        assert best is not None
        best = replace(best, trials=trials)
    yield Progress(1, 1, _message(trials, ""), best)


def _target(bits_per_weight: float | None, sqnr_db: float | None) -> tuple[float, bool]:
    given = bits_per_weight if sqnr_db is None else sqnr_db
    if given is None or (bits_per_weight is not None and sqnr_db is not None):
        raise ConfigError(_("give either bits per weight or an SQNR as the target, not both"))
    if not 0 < given < 1e3:
        msg = _("the target must be a number above 0 and below 1000, got {target:g}")
        raise ConfigError(msg.format(target=given))
    return given, sqnr_db is None


def _check_prices(recipe: Recipe, chosen: list[LayerInfo]) -> None:
    for info in chosen:
        algorithm = recipe.plan_for(info.name).algorithm
        if PRICE not in CLUSTERERS[algorithm].param_space:
            takes = [name for name in CLUSTERERS if PRICE in CLUSTERERS[name].param_space]
            msg = _(
                "{layer} is clustered by {algorithm}, which takes no price of a bit; use {takes}"
            )
            raise ConfigError(
                msg.format(layer=info.name, algorithm=algorithm, takes=", ".join(takes))
            )


def _hunt(model: Model, chosen: list[LayerInfo], target: float, *, is_bits: bool) -> PriceHunt:
    """Return where to begin: every bit takes six decibels off the error."""
    energy = sum(_energy(model, info) for info in chosen)
    n_weights = sum(info.n_weights for info in chosen)
    doublings = -2 * target if is_bits else -target / (10 * log10(2))
    price = price_at(energy / n_weights * 2.0**doublings, 1) or 1.0
    slope = -0.5 if is_bits else -10 * log10(2)
    return PriceHunt(price, slope, CLOSE * target, from_below=is_bits)


def _energy(model: Model, info: LayerInfo) -> float:
    values = model.tensors[info.name].reshape(-1)
    return float(np.square(values, dtype=np.float64).sum())


def _priced(model: Model, recipe: Recipe, chosen: list[LayerInfo], price: float) -> Recipe:
    """Return the recipe with a price in every plan, in the unit that a layer is clustered in."""
    plans = {id(plan): plan for plan in (recipe.plan, *recipe.overrides.values())}
    alike = {key: _with_price(plan, price) for key, plan in plans.items()}
    overrides: dict[str, LayerPlan] = {
        name: alike[id(plan)] for name, plan in recipe.overrides.items()
    }
    for info in chosen:
        plan = recipe.plan_for(info.name)
        if plan.scale != "none":
            peak = float(np.abs(model.tensors[info.name]).max(initial=0.0)) or 1.0
            overrides[info.name] = _with_price(plan, price / peak**2)
    return replace(recipe, plan=alike[id(recipe.plan)], overrides=overrides)


def _with_price(plan: LayerPlan, price: float) -> LayerPlan:
    space = CLUSTERERS[plan.algorithm].param_space
    if PRICE not in space:
        return plan  # of no layer that is clustered
    entry = {"number_bits": 8 * NUMBER_TYPES[plan.codebook_dtype].n_bytes}
    known: Mapping[str, Any] = {name: value for name, value in entry.items() if name in space}
    kept = {name: value for name, value in plan.params.items() if name not in _OTHER_AIMS}
    return replace(plan, params={**known, **kept, PRICE: price})


def _message(trials: tuple[RateTrial, ...], inner: str) -> str:
    if not trials:
        return inner
    msg = ngettext(
        "{n} price tried; the last gave {bits:.3f} bits per weight and {sqnr:.2f} dB",
        "{n} prices tried; the last gave {bits:.3f} bits per weight and {sqnr:.2f} dB",
        len(trials),
    )
    last = trials[-1]
    return msg.format(n=len(trials), bits=last.bits_per_weight, sqnr=last.sqnr_db)
