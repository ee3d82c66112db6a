"""Quality: what the clustered model sees differently, class by class and image by image."""

import streamlit as st

from pages._ui.class_scores import class_scores
from pages._ui.confusion import confusion
from pages._ui.desk import open_desk
from pages._ui.errors import empty_state, explained
from pages._ui.finished import finished
from pages._ui.sparsity import sparsity
from pages._ui.text import plain
from pages._ui.weight_picture import weight_picture
from wc_core.words import _

st.title(_("Quality"))
st.caption(_("The model as it was against the clustered one, on the same images."))
with explained():
    desk = open_desk()
result = finished(desk, evaluated=True)
if result is not None and result.compressed is not None:
    tabs = st.tabs(
        [_("Confusion"), _("Classes"), _("Zeros"), _("Weights")],
        key="quality.tabs",
        on_change="rerun",
    )
    for tab, show in zip(tabs, (confusion, class_scores, sparsity, weight_picture), strict=True):
        if tab.open:
            with tab:
                if show in (confusion, class_scores) and result.after is None:
                    empty_state(plain(result.no_accuracy or desk.problem))
                else:
                    show(desk, result)
