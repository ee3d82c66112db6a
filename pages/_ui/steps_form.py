"""What is to be watched: an algorithm, and points for it to work on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages._ui.algorithm_card import ALGORITHM
from pages._ui.desk import Desk
from pages._ui.layer_picker import pickable
from pages._ui.one_layer import LAYER
from pages._ui.params_form import params_form
from pages._ui.views import view
from wc_core.params import IntRange
from wc_core.recipe import BlockSpec, LayerPlan
from wc_core.toys import TOYS
from wc_core.words import _, mark

FIRST = "kmeans", "square"  # what the page opens with
MANY = 64  # clusters; more cannot be told apart in a picture
SPACE = {
    "n_clusters": IntRange(
        1, MANY, label=mark("Clusters (k)"), help=mark("Few clusters are easier to follow.")
    ),
    "seed": IntRange(
        0, 2**32 - 1, label=mark("Seed"), help=mark("Another seed, another start and sample.")
    ),
}
TOY, REAL = "toy", "layer"


@dataclass(frozen=True, slots=True)
class StepsAsked:
    """What to watch.

    Parameters
    ----------
    algorithm : str
    toy : str
        A name in `TOYS`; empty for a layer.
    layer : str
        A layer of the open model; empty for toy data.
    n_clusters : int
    block : BlockSpec
        How a layer is cut.
    seed : int
    params : mapping
        Further parameters of the algorithm.
    """

    algorithm: str = FIRST[0]
    toy: str = FIRST[1]
    layer: str = ""
    n_clusters: int = 6
    block: BlockSpec = field(default_factory=lambda: BlockSpec(1, 2))
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plan(self) -> LayerPlan:
        """The plan that the engine gets."""
        return LayerPlan(
            algorithm=self.algorithm,
            n_clusters=self.n_clusters,
            block=self.block,
            params=self.params,
        )


def steps_form(desk: Desk) -> tuple[StepsAsked, bool]:
    """Ask what to watch; return it, and whether it is to be started.

    On toy data a pick starts at once; on a layer, which may take long, the button does.
    """
    from wc_core.clustering import CLUSTERERS

    wanted = st.query_params.get(ALGORITHM, "")
    left, right = st.columns(2)
    algorithm = left.selectbox(
        _("Algorithm"),
        list(CLUSTERERS),
        key=_first("steps.algorithm", wanted if wanted in CLUSTERERS else FIRST[0]),
        format_func=lambda name: _(CLUSTERERS[name].title),
    )
    with right:
        toy, layer = _points(desk)
    with st.form("steps.form"):
        numbers, block, pressed = _settings(desk, bool(layer))
        params = _own_settings(algorithm)
    asked = StepsAsked(algorithm, toy, layer, block=block, params=params, **numbers)
    return asked, pressed or bool(toy)


def _points(desk: Desk) -> tuple[str, str]:
    """Ask for the points; return a toy set or a layer."""
    layers = pickable(desk.model, desk.project.recipe)
    names = {f"{TOY}.{name}": _("Toy: {name}").format(name=_(TOYS[name].title)) for name in TOYS}
    names |= {f"{REAL}.{name}": name for name in layers}
    key = _first("steps.points", f"{TOY}.{FIRST[1]}")
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
        return name, ""
    st.session_state[LAYER] = name
    return "", name


def _settings(desk: Desk, is_layer: bool) -> tuple[dict[str, int], BlockSpec, bool]:
    """Ask for numbers and for the block of a layer; tell whether the button is pressed."""
    start = StepsAsked()
    *columns, last = st.columns(5 if is_layer else 3, vertical_alignment="bottom")
    numbers = {}
    for column, (name, domain) in zip(columns[:2], SPACE.items(), strict=True):
        with column:
            numbers |= params_form({name: domain}, {name: getattr(start, name)}, "steps")
    block = _block(desk.project.recipe.plan.block, columns[2:]) if is_layer else start.block
    with last:
        pressed = st.form_submit_button(
            _("Watch"),
            key="steps.submit",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            width="stretch",
        )
    return numbers, block, pressed


def _own_settings(algorithm: str) -> dict[str, Any]:
    """Ask for the algorithm's own parameters."""
    from wc_core.clustering import CLUSTERERS, free_params

    cls: Any = CLUSTERERS[algorithm]
    with st.expander(_("Settings of {algorithm}").format(algorithm=_(cls.title))):
        return params_form(free_params(cls), cls().get_params(), f"steps.{algorithm}")


def _block(start: BlockSpec, columns: list[Any]) -> BlockSpec:
    sides = (_("Block rows"), start.rows, "rows"), (_("Block columns"), start.cols, "cols")
    asked = [
        column.number_input(
            label, min_value=1, max_value=4096, step=1, key=view(f"steps.block_{name}", side)
        )
        for column, (label, side, name) in zip(columns, sides, strict=True)
    ]
    return BlockSpec(*map(int, asked))


def _first(key: str, value: str) -> str:
    """Make a picker start with a value, and keep what was picked since."""
    st.session_state.setdefault(key, value)
    return key
