"""All pages of the app: where they are, what they are called, in which order."""

import streamlit as st

from wc_core.words import _


def page(path: str, title: str, icon: str, about: str, default: bool = False) -> st.Page:
    """Return a page of the app; all but the home page answer at their file's name."""
    return st.Page(
        f"pages/{path}.py", title=title, icon=f":material/{icon}:", help=about, default=default
    )


def site_map() -> dict[str, list[st.Page]]:
    """Return the pages by section of the navigation, titles in the person's language."""
    return {
        "": [
            page(
                "home/home",
                _("Home"),
                "home",
                _("What the lab does, and one finished result."),
                default=True,
            )
        ],
        _("Lab"): [
            page(
                "lab/model",
                _("Model"),
                "deployed_code",
                _(
                    "Choose or upload a model and its data; see every layer and the baseline "
                    "accuracy."
                ),
            ),
            page(
                "lab/cluster",
                _("Cluster"),
                "grain",
                _("Set a recipe, cluster the weights, and see size and accuracy before and after."),
            ),
            page(
                "lab/algorithms",
                _("Algorithms"),
                "compare",
                _("Run several algorithms on the same layers and see how they differ."),
            ),
            page(
                "lab/centroids",
                _("Centroids"),
                "scatter_plot",
                _("Look at the shared values: what they are, how often and where they are used."),
            ),
            page(
                "lab/quality",
                _("Quality"),
                "fact_check",
                _("See which images changed class, per-class scores, and where the zeros are."),
            ),
            page(
                "lab/tradeoffs",
                _("Trade-offs"),
                "stacked_line_chart",
                _("Each layer clustered alone at many sizes: which one bears how much."),
            ),
            page(
                "lab/export",
                _("Export"),
                "archive",
                _("Take the result along: packed, ONNX, Core ML, dense; where every byte goes."),
            ),
        ],
        _("Learn"): [
            page(
                "learn/steps",
                _("Step by step"),
                "animation",
                _("Watch an algorithm at work, iteration by iteration."),
            ),
            page(
                "learn/glossary",
                _("Glossary"),
                "menu_book",
                _("The words of the field and every algorithm, with its formula."),
            ),
        ],
    }
