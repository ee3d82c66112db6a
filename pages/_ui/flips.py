"""The images of one cell that the two models see differently."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import csv_button
from pages._ui.pictures import pictures
from pages._ui.text import count, plain
from wc_core.words import _

if TYPE_CHECKING:
    from pages._ui.pair import Pair

SHOWN = 12


def flips(desk: Desk, pair: "Pair", true: int, seen: int) -> None:
    """Show images of a class that changed into or out of a cell."""
    import numpy as np

    before, after = pair.before.predictions, pair.after.predictions
    of_class = pair.truth == true
    flipped = np.flatnonzero(of_class & (before != after) & ((before == seen) | (after == seen)))
    st.markdown(
        _("**{true} seen as {seen}:** {before} images before, {after} after.").format(
            true=plain(pair.name(true)),
            seen=plain(pair.name(seen)),
            before=count(int((of_class & (before == seen)).sum())),
            after=count(int((of_class & (after == seen)).sum())),
        )
    )
    if not len(flipped):
        st.caption(_("No image came into this cell or left it: pick another one."))
        return
    captions = [
        _("{before} → {after}").format(before=pair.name(before[i]), after=pair.name(after[i]))
        for i in flipped[:SHOWN]
    ]
    alts = [
        _("{true}, seen as {before} before and as {after} after").format(
            true=pair.name(true), before=pair.name(before[i]), after=pair.name(after[i])
        )
        for i in flipped[:SHOWN]
    ]
    st.caption(
        _("{shown} of the {n} images that changed, true class {true}, before → after:").format(
            shown=count(len(captions)), n=count(len(flipped)), true=plain(pair.name(true))
        )
    )
    if desk.dataset is not None:
        pictures(desk.dataset, [int(i) for i in flipped[:SHOWN]], captions, alts, key="flips")
    csv_button([_row(pair, int(i)) for i in flipped], "images_that_changed")


def _row(pair: "Pair", i: int) -> dict[str, Any]:
    return {
        _("Image"): i,
        _("True class"): pair.name(pair.truth[i]),
        _("Before"): pair.name(pair.before.predictions[i]),
        _("After"): pair.name(pair.after.predictions[i]),
    }
