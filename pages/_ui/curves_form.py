"""What the per-layer curves are to try."""

from dataclasses import dataclass

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.params_form import start_button
from pages._ui.text import count
from wc_core.words import _

IMAGES = (250, 500, 1000, 2000, 5000, 10000)


@dataclass(frozen=True, slots=True)
class CurvesAsked:
    """What to try.

    Parameters
    ----------
    ks : tuple of int
        Numbers of entries.
    n_images : int
        Images that each point is measured on; 0 without a data set.
    """

    ks: tuple[int, ...]
    n_images: int


def curves_form(desk: Desk) -> CurvesAsked | None:
    """Ask what to try; return it when the button is pressed."""
    from wc_core.search import DEFAULT_KS

    with st.form("tradeoffs.form"):
        ks = st.pills(
            _("Clusters (k) to try"),
            DEFAULT_KS,
            selection_mode="multi",
            default=DEFAULT_KS,
            key="tradeoffs.ks",
        )
        n_images = _images_field(desk)
        st.caption(
            _("Blocks ({block}) and layers are those of the recipe on the Cluster page.").format(
                block=desk.project.recipe.plan.block
            )
        )
        pressed = start_button(_("Measure"), "tradeoffs.submit")
    return CurvesAsked(tuple(sorted(ks)), n_images) if pressed else None


def _images_field(desk: Desk) -> int:
    if desk.config is None or desk.dataset is None:
        st.caption(_("Without a model that runs on a data set, curves show SQNR against size."))
        return 0
    most = len(desk.dataset)
    options = sorted({min(n, most) for n in IMAGES})
    return int(
        st.selectbox(
            _("Images for each point"),
            options,
            index=min(2, len(options) - 1),
            format_func=count,
            key="tradeoffs.images",
            help=_(
                "More images, surer numbers, longer wait. The images are spread over all classes."
            ),
        )
    )
