"""The model: which one, what it is, and what is missing to run it."""

from dataclasses import replace

import streamlit as st

from pages._ui.cached import model_of
from pages._ui.desk import Desk, baseline
from pages._ui.errors import raise_bug
from pages._ui.project import Source
from pages._ui.run_job import RunResult
from pages._ui.source_picker import pick_source, upload_source
from pages._ui.state import project, update
from pages._ui.text import count, interval_text, n_bytes, percent, plain
from wc_core.assets import SAMPLE_MODELS
from wc_core.words import _

TYPES = ["safetensors", "pth", "pt", "bin", "ckpt", "onnx", "json"]


def model_choice() -> None:
    """Ask for the model: a sample or a file."""
    current = project()
    samples = {name: Source("sample", name, name) for name in SAMPLE_MODELS}
    left, right = st.columns([2, 3])
    with left:
        other = pick_source("model", _("Model in use"), current.model, samples)
        st.caption(_("Samples are small networks trained on Fashion-MNIST."))
    with right:
        other = other or upload_source(
            "model",
            label=_("Or drop your model here"),
            help_text=_(
                "safetensors (also an index.json with its shards), PyTorch checkpoints that hold a "
                "state dict, ONNX. Files are only read, nothing in them is run."
            ),
            types=TYPES,
            many=True,
            accept=model_of,
        )
    if other is not None:
        # Layers are named by model: a choice made for another one would fit nothing.
        recipe = replace(current.recipe, layers=("*",), include=(), overrides={})
        update(model=other, recipe=recipe, ran="")
        st.rerun()


def model_facts(desk: Desk) -> None:
    """Show what the model is, the accuracy it starts from first."""
    model = desk.model
    weights = sum(info.n_weights for info in model.infos if info.tied_to is None)
    with st.grid(4, min_column_width=170, key="model_facts"):
        st.metric(
            _("Baseline accuracy"),
            _accuracy(desk),
            border=True,
            help=_("Share of the images below that the model names correctly, before clustering."),
        )
        st.metric(
            _("Architecture"),
            model.forward.name if model.forward else _("not recognised"),
            border=True,
            help=_("Recognised by the names and shapes of the tensors."),
        )
        st.metric(_("Parameters"), count(weights), border=True, help=_("Tied ones count once."))
        st.metric(
            _("File size"),
            n_bytes(model.file_bytes),
            border=True,
            help=_("Bytes of the file as it was given; every ratio is measured against it."),
        )
    st.caption(
        _("Format {format} · SHA-256 {digest}…").format(
            format=plain(model.format), digest=model.digest[:12]
        )
    )
    if model.missing:
        st.info(plain(model.missing), icon=":material/info:")
    for note in model.notes:
        st.caption(plain(note))


def baseline_remarks(desk: Desk) -> None:
    """Say how sure the baseline is, or why there is none."""
    job = baseline(desk)
    if job is None:
        return
    raise_bug(job.error)
    result: RunResult | None = job.result
    if result is not None and result.no_accuracy:
        st.warning(_("No accuracy: {reason}").format(reason=plain(result.no_accuracy)))
    report = result.before if result is not None else None
    if report is None:
        return
    if report.accuracy is not None:
        st.caption(
            _("Baseline accuracy {accuracy}: {interval}.").format(
                accuracy=percent(report.accuracy),
                interval=interval_text(report.interval, report.n_samples),
            )
        )
    if report.warning:
        st.warning(plain(report.warning), icon=":material/warning:")


def _accuracy(desk: Desk) -> str:
    job = baseline(desk)
    if job is None:
        return "–"
    result: RunResult | None = job.result
    if result is None or result.before is None:
        return "…" if job.is_active else "–"
    return percent(result.before.accuracy)
