"""One entry of a codebook: its values, its members, and where they sit in the matrix."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.downloads import table
from pages._ui.one_layer import blocks_of, n_dead_blocks
from pages._ui.show_chart import show_chart
from pages._ui.text import count, percent
from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.codebook import CodebookWeight

ENTRY = "centroids.entry"
SHOWN = 24  # members drawn
LISTED = 1024  # entries that fit a list or a table


def entry_choice(coded: "CodebookWeight") -> Callable[[str], None]:
    """Make sure that an entry is picked; return what a click on a chart calls."""
    if not 0 <= st.session_state.get(ENTRY, -1) < coded.entries:
        st.session_state[ENTRY] = int(coded.counts.argmax())

    def pick(mark: str) -> None:
        if mark.isdigit() and int(mark) < coded.entries:
            st.session_state[ENTRY] = int(mark)

    return pick


def entry_view(coded: "CodebookWeight", original: "NDArray[np.floating]", name: str) -> None:
    """Show the entry that is picked; the list is the keyboard's way to pick one."""
    from wc_core import charts

    st.header(_("One entry"))
    counts = coded.counts
    about = _("Or click an entry in one of the charts above.")
    if coded.entries > LISTED:
        entry = int(st.number_input(_("Entry"), 0, coded.entries - 1, key=ENTRY, help=about))
    else:
        entry = st.selectbox(
            _("Entry"),
            range(coded.entries),
            key=ENTRY,
            format_func=lambda i: _("entry {i}: {n} blocks").format(i=i, n=count(int(counts[i]))),
            help=about,
        )
    members = coded.members(entry)
    left, right = st.columns(2)
    with left:
        _facts(coded, entry, len(members))
        drawn = _evenly(members)
        shape = (-1, coded.block.rows, coded.block.cols)
        show_chart(
            charts.entry_members(
                coded.codebook[entry].reshape(shape[1:]),
                blocks_of(coded, original)[drawn].reshape(shape),
                number=entry,
                total=len(members),
                layer=name,
            )
        )
    with right:
        show_chart(charts.assignment_map(*_places(coded, entry), layer=name))
    with st.expander(_("All entries as numbers"), icon=":material/table_chart:"):
        rows = [_row(coded, counts, i) for i in range(min(coded.entries, LISTED))]
        table(rows, name="codebook", alt=_("Entries of the codebook with how often each is used"))


def _facts(coded: "CodebookWeight", entry: int, n: int) -> None:
    total = len(coded.stored_indices)
    st.caption(
        _("Serves {n} of {total} blocks ({share})").format(
            n=count(n), total=count(total), share=percent(n / max(total, 1), 1)
        )
    )
    if coded.scales is not None:
        st.caption(_("Values are in units of each channel's scale."))


def _places(
    coded: "CodebookWeight", entry: int
) -> "tuple[NDArray[np.integer], int, NDArray[np.bool_] | None]":
    """Return the entries of all blocks, the one looked for, and which blocks are not pruned."""
    shape = coded.grid.grid_shape
    live = None if coded.live is None else coded.live.reshape(shape)
    return coded.indices.reshape(shape), entry, live


def besides(coded: "CodebookWeight") -> None:
    """Say what a layer stores besides the codebook shown, if anything."""
    if coded.mask is not None:
        st.info(
            _(
                "{share} of the weights are pruned: they are zero whatever their entry says. "
                "{n} of {total} blocks are pruned as a whole and have no entry."
            ).format(
                share=percent(coded.mask.sparsity, 1),
                n=count(n_dead_blocks(coded)),
                total=count(len(coded.indices)),
            ),
            icon=":material/content_cut:",
        )
    if coded.residual is not None:
        st.info(
            _(
                "These are the entries of the first stage. A second codebook of {n} entries is "
                "added to them: what they leave of each block."
            ).format(n=count(coded.residual.entries)),
            icon=":material/layers:",
        )
    if coded.exact is not None:
        st.info(
            _(
                "{n} of {total} blocks are stored exactly, as noise that belongs to no cluster; "
                "their entry is only the nearest one."
            ).format(n=count(len(coded.exact)), total=count(len(coded.indices))),
            icon=":material/scatter_plot:",
        )


def _row(coded: "CodebookWeight", counts: "NDArray[np.integer]", i: int) -> dict[str, object]:
    values = coded.codebook[i]
    cells = {_("value {j}").format(j=j + 1): float(v) for j, v in enumerate(values[:64])}
    return {_("Entry"): i, _("Blocks"): int(counts[i]), **cells}


def _evenly(members: "NDArray[np.intp]") -> "NDArray[np.intp]":
    """Return at most `SHOWN` members, spread over the matrix."""
    step = max(1, len(members) // SHOWN)
    return members[::step][:SHOWN]
