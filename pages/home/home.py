"""Home: what the lab does, one finished result, and three ways in."""

import json
from typing import Any

import streamlit as st

from pages._ui.errors import empty_state
from pages._ui.headline import headline
from wc_core.assets import SAMPLE_RESULT
from wc_core.words import _


def door(column: Any, title: str, text: str, path: str, label: str, icon: str) -> None:
    """Show one way in."""
    with column.container(border=True, height="stretch"):
        st.subheader(title)
        st.markdown(text)
        st.space("stretch")
        st.page_link(f"pages/lab/{path}.py", label=label, icon=f":material/{icon}:")


st.title(_("Make neural networks smaller by sharing their weights"))
st.markdown(
    _(
        "The lab cuts the weights of a network into blocks, finds a few typical blocks by "
        "clustering, and stores for every block only the number of its typical one. "
        "**Engineers** bring a model and take away a smaller file, the recipe and the command "
        "that repeats it. **Decision makers** see what it costs in accuracy before anyone ships "
        "it, and **classes** can look at every step."
    )
)
st.header(_("One finished example"))
if SAMPLE_RESULT.is_file():
    example = json.loads(SAMPLE_RESULT.read_text())
    st.caption(
        _("LeNet-5 on Fashion-MNIST, every weight replaced by one of 16 shared values (k-means).")
    )
    headline(example)
else:
    empty_state(
        _("The finished example is missing from assets/samples. `make samples` makes it again.")
    )

st.header(_("Where to begin"))
left, middle, right = st.columns(3)
door(
    left,
    _("Use my model"),
    _("Drop in a safetensors, PyTorch or ONNX file and see which layers can be clustered."),
    "model",
    _("Open Model"),
    "deployed_code",
)
door(
    middle,
    _("Show me how"),
    _("A small network is loaded. Choose blocks and clusters, press one button, watch the result."),
    "cluster",
    _("Open Cluster"),
    "grain",
)
door(
    right,
    _("Is it still good?"),
    _("Which images does the smaller network now see differently? Click through them."),
    "quality",
    _("Open Quality"),
    "fact_check",
)
