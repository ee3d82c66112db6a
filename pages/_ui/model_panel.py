"""The model: which one, what it is, and what is missing to run it."""

from dataclasses import replace

import streamlit as st

from pages._ui.cached import model_of
from pages._ui.desk import Desk
from pages._ui.errors import raise_bug
from pages._ui.layer_picker import picked
from pages._ui.project import Source
from pages._ui.run_job import RunResult
from pages._ui.runs import baseline
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
        upload_source(
            "model",
            label=_("Or drop your model here"),
            help_text=_(
                "safetensors (also an index.json with its shards), PyTorch checkpoints that hold a "
                "state dict, ONNX. Files are only read, nothing in them is run."
            ),
            types=TYPES,
            many=True,
            read=model_of,
            use=_use,
        )
    if other is not None:
        _use(other)
        st.rerun()


def _use(model: Source) -> None:
    # Layers are named by model: a choice made for another one would fit nothing.
    recipe = replace(project().recipe, layers=("*",), include=(), overrides={})
    update(model=model, recipe=recipe, ran="")


def model_facts(desk: Desk) -> None:
    """Show what the model is, the accuracy it starts from first."""
    model = desk.model
    about = {
        _("Baseline accuracy"): (
            _accuracy(desk),
            _("Share of the images below that the model names correctly, before clustering."),
        ),
        _("Parameters"): (count(model.n_parameters), _("Tied ones count once.")),
        _("File size"): (
            n_bytes(model.file_bytes),
            _("Bytes of the file as it was given; every ratio is measured against it."),
        ),
        _("Layers to cluster"): (
            _("{n} of {total}").format(
                n=len(picked(model, desk.project.recipe)), total=len(model.infos)
            ),
            _("Tensors that the recipe clusters, of all that the file holds."),
        ),
    }
    grid = st.grid(3, min_column_width=170, key="model_facts")
    for label, (value, help_text) in about.items():
        grid.metric(label, value, help=help_text, border=True)
    grid.cell(column_span=2).metric(
        _("Architecture"),
        model.forward.name if model.forward else _("not recognised"),
        help=_("Recognised by the names and shapes of the tensors."),
        border=True,
    )
    st.caption(
        _("Format {format} · SHA-256 {digest}…").format(
            format=plain(model.format), digest=model.digest[:12]
        )
    )
    if desk.problem and desk.dataset is not None:
        reason = _("No accuracy: {reason}").format(reason=plain(desk.problem))
        st.info(reason, icon=":material/info:")
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
