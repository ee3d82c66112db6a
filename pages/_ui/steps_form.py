"""The form that asks for an algorithm to watch, and for points that it works on."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui.algorithm_card import ALGORITHM
from pages._ui.desk import Desk
from pages._ui.layer_picker import pickable
from pages._ui.one_layer import LAYER
from pages._ui.params_form import params_form, start_button
from pages._ui.steps_asked import FIRST, StepsAsked
from pages._ui.views import view
from wc_core.params import IntRange
from wc_core.recipe import BlockSpec
from wc_core.toys import TOYS
from wc_core.words import _, mark

MANY = 64  # clusters; more cannot be told apart in a picture
SPACE = {
    "n_clusters": IntRange(
        1, MANY, label=mark("Clusters (k)"), help=mark("Few clusters are easier to follow.")
    ),
    "seed": IntRange(
        0, 2**32 - 1, label=mark("Seed"), help=mark("Another seed, another start and sample.")
    ),
}
SUITS_TOYS = {"batch_size": 32}  # settings that are meant for many more points
TOY, REAL = "toy", "layer"
ASKED = "steps.asked"  # what is watched, until something else is asked for
LINKED = "steps.linked"  # the algorithm of the link that was followed last


def steps_form(desk: Desk) -> StepsAsked:
    """Ask what to watch; return what was asked for last.

    On toy data a pick is watched at once; on a layer, which may take long, the button decides.
    """
    from wc_core.clustering import CLUSTERERS

    last = _asked_before(desk)
    titles = {name: _(CLUSTERERS[name].title) for name in CLUSTERERS}
    algorithm = st.selectbox(
        _("Algorithm"),
        list(titles),
        key=view("steps.algorithm", last.algorithm),
        format_func=titles.__getitem__,
    )
    toy, layer = _points(desk, last)
    with st.form("steps.form"):
        numbers, block = _settings(last, bool(layer))
        params = _own_settings(last, algorithm)
        pressed = start_button(_("Watch"), "steps.submit")
    if toy or pressed:
        last = StepsAsked(algorithm, toy, layer, block=block, params=params, **numbers)
        st.session_state[ASKED] = last
    return last


def _asked_before(desk: Desk) -> StepsAsked:
    """Return what was asked for last, with the algorithm of a link that was just followed."""
    from wc_core.clustering import CLUSTERERS

    last: StepsAsked = st.session_state.get(ASKED, StepsAsked())
    if last.layer and last.layer not in desk.model.tensors:  # another model is open by now
        last = replace(last, layer="", toy=FIRST[1])
    linked = st.query_params.get(ALGORITHM)
    if linked in CLUSTERERS and linked != st.session_state.get(LINKED):
        last = replace(last, algorithm=linked, params={})
    st.session_state[LINKED], st.session_state[ASKED] = linked, last
    return last


def _points(desk: Desk, last: StepsAsked) -> tuple[str, str]:
    """Ask for the points; return a toy set or a layer."""
    layers = pickable(desk.model, desk.project.recipe)
    names = {f"{TOY}.{name}": _("Toy: {name}").format(name=_(TOYS[name].title)) for name in TOYS}
    names |= {f"{REAL}.{name}": name for name in layers}
    key = view("steps.points", f"{TOY}.{last.toy}" if last.toy else f"{REAL}.{last.layer}")
    if st.session_state[key] not in names:  # a layer of another model
        st.session_state[key] = f"{TOY}.{FIRST[1]}"
    chosen = st.selectbox(
        _("Points"),
        list(names),
        key=key,
        format_func=names.__getitem__,
        help=_("A toy set of 300 points, or the blocks of a layer of the model in use."),
    )
    kind, _dot, name = chosen.partition(".")
    if kind == TOY:
        st.caption(_(TOYS[name].about))
        return name, ""
    st.session_state[LAYER] = name
    return "", name


def _settings(last: StepsAsked, is_layer: bool) -> tuple[dict[str, int], BlockSpec]:
    """Ask for numbers and for the block of a layer."""
    numbers = {}
    for column, (name, domain) in zip(st.columns(2), SPACE.items(), strict=True):
        with column:
            numbers |= params_form({name: domain}, {name: getattr(last, name)}, "steps")
    return numbers, _block(last.block) if is_layer else last.block


def _own_settings(last: StepsAsked, algorithm: str) -> dict[str, Any]:
    """Ask for the algorithm's own parameters."""
    from wc_core.clustering import CLUSTERERS, free_params

    cls: Any = CLUSTERERS[algorithm]
    values = cls().get_params()
    if last.toy:
        values |= {name: value for name, value in SUITS_TOYS.items() if name in values}
    if algorithm == last.algorithm:
        values |= last.params
    with st.expander(_("Settings of {algorithm}").format(algorithm=_(cls.title))):
        return params_form(free_params(cls), values, f"steps.{algorithm}")


def _block(start: BlockSpec) -> BlockSpec:
    sides = (_("Block rows"), start.rows, "rows"), (_("Block columns"), start.cols, "cols")
    asked = [
        column.number_input(
            label, min_value=1, max_value=4096, step=1, key=view(f"steps.block_{name}", side)
        )
        for column, (label, side, name) in zip(st.columns(2), sides, strict=True)
    ]
    return BlockSpec(*map(int, asked))
