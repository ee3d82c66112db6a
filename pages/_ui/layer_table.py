"""The table of a model's tensors: what each is, and whether it will be clustered."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.downloads import csv_button
from pages._ui.layer_picker import layers_of, pickable, with_picks
from pages._ui.state import project, update
from pages._ui.text import shape_text
from wc_core.recipe import Recipe
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.models import LayerInfo, Model

VERSION = "model.table.version"


def layer_table(model: "Model", recipe: Recipe) -> None:
    """Show all tensors; ticking rows picks the layers to cluster."""
    infos = layers_of(model, recipe)
    rows = [_row(info) for info in infos]
    version = st.session_state.setdefault(VERSION, 0)
    key = f"model.table.{model.digest[:8]}.{version}"
    ticked = [i for i, info in enumerate(infos) if not info.skipped]
    names = [info.name for info in infos]
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        height=min(35 * (len(rows) + 1) + 3, 423),
        on_select=lambda: _take_ticks(key, names, model),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked}},
        alt=_(
            "Tensors of {model} with shape, type, number of weights and what happens to each"
        ).format(model=model.name),
    )
    csv_button(rows, f"{model.name}_tensors")


def table_is_stale() -> None:
    """Have the table show new ticks: it keeps its own until it gets a new key."""
    st.session_state[VERSION] = st.session_state.get(VERSION, 0) + 1


def _row(info: "LayerInfo") -> dict[str, Any]:
    return {
        _("Tensor"): info.name,
        _("Shape"): shape_text(info.shape),
        _("Type"): info.dtype,
        _("Weights"): info.n_weights,
        _("What happens"): _("kept as it is: {reason}").format(reason=info.skipped)
        if info.skipped
        else _("will be clustered"),
    }


def _take_ticks(key: str, names: list[str], model: "Model") -> None:
    state: Any = st.session_state.get(key) or {}
    rows = state.get("selection", {}).get("rows", [])
    recipe = project().recipe
    possible = set(pickable(model, recipe))
    picks = [names[i] for i in rows if names[i] in possible]
    if len(picks) < len(rows):
        table_is_stale()  # what cannot be clustered loses its tick again
    update(recipe=with_picks(model, recipe, picks))
