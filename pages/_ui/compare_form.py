"""Which algorithms are compared, on which layer, at which size."""

from dataclasses import replace

import streamlit as st

from pages._ui.compare_asked import CompareAsked
from pages._ui.compare_fields import (
    algorithms_field,
    bits_field,
    block_fields,
    clusters_field,
    images_field,
    layer_field,
    polish_field,
)
from pages._ui.desk import Desk
from pages._ui.params_form import start_button
from pages._ui.views import view
from wc_core.errors import ConfigError
from wc_core.words import _


def compare_form(desk: Desk, last: CompareAsked) -> CompareAsked | None:
    """Ask what to compare; return it when the button is pressed.

    Parameters
    ----------
    desk : Desk
    last : CompareAsked
        What the fields show first.

    Raises
    ------
    ConfigError
        If nothing is ticked or the budget pays for no entry.
    """
    by_bits = _size_by(last)
    with st.form("compare.form"):
        algorithms = algorithms_field(last)
        left, middle, right = st.columns([5, 4, 3])
        with left:
            layer = layer_field(desk, last)
        with middle:
            block = block_fields(last)
        with right:
            size = bits_field(last) if by_bits else clusters_field(last)
        with st.expander(_("More settings"), icon=":material/tune:"):
            polish, n_images = polish_field(last), images_field(desk, last)
            st.caption(
                _("Everything else, the seed as well, is that of the recipe on the Cluster page.")
            )
        pressed = start_button(_("Compare"), "compare.submit")
    if not pressed:
        return None
    if not algorithms:
        raise ConfigError(_("choose at least one algorithm to compare"))
    asked = CompareAsked(
        layer=layer, algorithms=algorithms, block=block, polish=polish, n_images=n_images, **size
    )
    return _with_entries(desk, asked)


def _with_entries(desk: Desk, asked: CompareAsked) -> CompareAsked:
    """Turn a budget into the number of entries that it pays for."""
    from wc_core.search import entries_for_budget

    if asked.budget is None:
        return asked
    k = entries_for_budget(asked.layers(desk), asked.recipe(desk).plan, asked.budget)
    return replace(asked, n_clusters=k)


def _size_by(last: CompareAsked) -> bool:
    names = {"k": _("Clusters (k)"), "bits": _("Bits per weight")}
    chosen = st.segmented_control(
        _("All algorithms get the same size, set by"),
        list(names),
        key=view("compare.size_by", "k" if last.budget is None else "bits"),
        required=True,
        format_func=names.__getitem__,
        help=_("A budget in bits pays for indices and codebook together."),
    )
    return bool(chosen == "bits")
