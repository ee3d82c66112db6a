"""The data set: which one, what it shows, and how pixels become numbers."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.cached import dataset_of
from pages._ui.desk import Desk
from pages._ui.errors import show_error
from pages._ui.pictures import pictures
from pages._ui.project import SAMPLE_SET, Source
from pages._ui.source_picker import pick_source, upload_source
from pages._ui.state import project, update
from pages._ui.text import count, plain
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.data import Dataset

TYPES = ["npz", "zip", "csv"]
SHOWN = 14


def data_choice() -> None:
    """Ask for the data set: the sample or a file."""
    current = project()
    left, right = st.columns([2, 3])
    with left:
        other = pick_source(
            "data", _("Data set in use"), current.data, {SAMPLE_SET.filename: SAMPLE_SET}
        )
        st.caption(_("The sample is the 10,000 test images of Fashion-MNIST."))
    with right:
        upload_source(
            "data",
            label=_("Or drop your images here"),
            help_text=_(
                "An .npz with images and labels, a .zip with one folder of images for each class, "
                "or a .csv with one image a row and a label column."
            ),
            types=TYPES,
            many=False,
            read=dataset_of,
            use=_use,
        )
    if other is not None:
        _use(other)
        st.rerun()


def _use(data: Source) -> None:
    # Values chosen for other images would not fit these.
    update(data=data, preprocess=None)


def data_view(desk: Desk) -> None:
    """Show what the data set holds."""
    if desk.dataset is None:
        show_error(desk.problem)
    dataset = desk.dataset
    if dataset is None:
        return
    st.caption(_about(dataset))
    for note in dataset.notes:
        st.caption(plain(note))
    step = max(1, len(dataset) // SHOWN)
    rows = list(range(0, len(dataset), step))[:SHOWN]
    labels = [_label(dataset, row) for row in rows]
    alts = [
        _("image {row}: {label}").format(row=row, label=label or "–")
        for row, label in zip(rows, labels, strict=True)
    ]
    pictures(dataset, rows, labels, alts, key="data")


def _about(dataset: "Dataset") -> str:
    size = " × ".join(map(str, dataset.images[0].shape))
    text = _("{name}: {n} images, the first of size {size}.").format(
        name=plain(dataset.name), n=count(len(dataset)), size=size
    )
    if dataset.labels is None:
        return (
            text + " " + _("No labels: agreement with the original is shown in place of accuracy.")
        )
    return text + " " + _("{n} classes.").format(n=len(dataset.class_names))


def _label(dataset: "Dataset", row: int) -> str:
    if dataset.labels is None:
        return ""
    label = int(dataset.labels[row])
    return dataset.class_names[label] if label < len(dataset.class_names) else str(label)
