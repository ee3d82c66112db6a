"""A plan in one line, in the order of the work: prune, cluster, quantize, code."""

from collections.abc import Iterator, Mapping
from typing import Any

from pages._ui.text import count
from wc_core.params import Domain
from wc_core.recipe import LayerPlan
from wc_core.words import _


def plan_text(plan: LayerPlan) -> str:
    """Return what a plan does, as short as a row of a table has room for."""
    from wc_core.clustering import CLUSTERERS

    said = [*pruned_text(plan), _(CLUSTERERS[plan.algorithm].title), entries_text(plan)]
    return ", ".join([*said, *besides_text(plan)])


def entries_text(plan: LayerPlan) -> str:
    """Return how many entries of which shape a plan asks for."""
    return _("k = {k}, blocks {block}").format(k=count(plan.n_clusters), block=plan.block)


def besides_text(plan: LayerPlan) -> Iterator[str]:
    """Yield what a plan says that the simple form does not show, where it is not the default."""
    if plan.scale != "none":
        yield _("scale per channel")
    if plan.recombine == "residual":
        yield _("residual codebook of {k}").format(k=count(plan.residual_clusters))
    if plan.recombine == "article":
        yield _("recombined")
    if plan.codebook_dtype != "float32":
        yield _("codebook {dtype}").format(dtype=plan.codebook_dtype)
    if plan.scale != "none" and plan.scale_dtype != "float32":
        yield _("scales {dtype}").format(dtype=plan.scale_dtype)
    if plan.coding != "cheapest":
        yield _("always {coding}").format(coding=plan.coding)
    from wc_core.clustering import CLUSTERERS

    yield from params_text(CLUSTERERS[plan.algorithm].param_space, plan.params)


def params_text(space: Mapping[str, Domain], params: Mapping[str, Any]) -> list[str]:
    """Return parameters under the names that the form gives them, without what follows a comma."""
    labels = {name: _(domain.label).partition(",")[0] for name, domain in space.items()}
    return [f"{labels.get(name) or name} = {value}" for name, value in params.items()]


def pruned_text(plan: LayerPlan) -> Iterator[str]:
    """Yield how much a plan prunes, and how; nothing if it prunes nothing."""
    if plan.pruner == "none":
        return
    from wc_core.pruning import PRUNERS

    pruner = PRUNERS[plan.pruner]
    title = _(pruner.title)
    if pruner.takes_sparsity:
        share = f"{100 * plan.sparsity:.4g} %"
        own = params_text(pruner.param_space, plan.pruner_params)
        said = ", ".join([title, *own])
        yield _("{share} pruned ({pruner})").format(share=share, pruner=said)
    else:
        values = {name: getattr(pruner(), name) for name in pruner.param_space}
        own = params_text(pruner.param_space, {**values, **plan.pruner_params})
        yield _("pruned ({pruner})").format(pruner=", ".join([title, *own]))
