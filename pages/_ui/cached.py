"""Files read once and shared: keys are digests, arrays are never hashed and read-only."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.project import Source, blobs, root
from wc_core.errors import ModelFileError
from wc_core.json_form import canonical_json
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.data import Dataset
    from wc_core.models import LayerInfo, Model
    from wc_core.recipe import LayerPlan
    from wc_core.search import LiveLayer


def model_of(source: Source) -> "Model":
    """Return the model of a source.

    Raises
    ------
    WeightClusteringError
        If the file cannot be used.
    """
    with st.spinner(_("Reading the model …")):
        return _read_model(source.kind, source.ref, source)


def dataset_of(source: Source) -> "Dataset":
    """Return the data set of a source.

    Raises
    ------
    WeightClusteringError
        If the file cannot be used.
    """
    with st.spinner(_("Reading the data set …")):
        return _read_dataset(source.kind, source.ref, source)


def live_layer(model: "Model", info: "LayerInfo", plan: "LayerPlan") -> "LiveLayer":
    """Return a layer prepared for every k; few are kept, since each holds on to its weights.

    Raises
    ------
    WeightClusteringError
        If the plan cannot be followed live.
    """
    any_k = canonical_json(replace(plan, n_clusters=2).to_dict())
    return _prepare_layer(model.digest, info.name, any_k, model, info, plan)


@st.cache_resource(max_entries=3, show_spinner=False)
def _prepare_layer(
    digest: str, layer: str, any_k: str, _model: "Model", _info: "LayerInfo", _plan: "LayerPlan"
) -> "LiveLayer":
    from wc_core.search import LiveLayer

    return LiveLayer(_info, _model.tensors[layer], _plan)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_model(kind: str, ref: str, _source: Source) -> "Model":
    from wc_core import open_model

    if kind == "sample":
        return open_model(f"sample:{ref}")
    if _source.parts:
        return open_model(_laid_out(_source), name=_source.filename)
    return open_model(_path(ref), name=_source.filename)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_dataset(kind: str, ref: str, _source: Source) -> "Dataset":
    from wc_core import load_dataset

    if kind == "sample":
        return load_dataset("sample")
    return load_dataset(_path(ref), name=_source.filename)


def _path(digest: str) -> Path:
    blob = blobs().get(digest)
    if blob is None:
        raise ModelFileError(_("the uploaded file is no longer on the server: upload it again"))
    return blob.path


def _laid_out(source: Source) -> Path:
    """Put the files of a sharded model side by side under their own names; return the index."""
    folder = root() / "sharded" / source.ref
    folder.mkdir(parents=True, exist_ok=True)
    for digest, name in source.parts:
        target = folder / Path(name).name
        if not target.exists():
            try:
                target.hardlink_to(_path(digest))
            except OSError:  # another disk, or one that knows no links
                shutil.copyfile(_path(digest), target)
    return folder / Path(source.filename).name
