"""The files: one archive of all, each alone, and why some formats are not among them."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import file_button, table
from pages._ui.errors import empty_state, explained
from pages._ui.export_formats import about, left_out, promise, suffix, title
from pages._ui.export_job import TEXTS, ExportResult
from pages._ui.exports import start_exports
from pages._ui.run_job import RunResult
from pages._ui.text import count, n_bytes, plain, times
from wc_core.jobs import Job, JobState
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.export import ExportedFile
    from wc_core.size import SizeReport

GROWS_SECONDS = 1.0


def export_files(desk: Desk, result: RunResult, job: Job | None) -> None:
    """Offer what is made, or the button that makes it."""
    st.header(_("Files"))
    if result.size is None:
        empty_state(_("Files are made as soon as the run on Cluster has written its own."))
        return
    made: ExportResult = (job.result if job else None) or ExportResult()
    if job is None or not job.is_active:
        _order(desk, result, job)
    if made.everything is not None:
        file_button(
            _("Everything in one archive ({size})").format(size=n_bytes(made.everything.n_bytes)),
            made.everything.path,
            key="download.everything",
            about=_("All files below, a decoder that needs only numpy, and a report."),
            type="primary",
        )
    by_size = sorted(made.files.items(), key=lambda item: item[1].n_bytes)
    models = {name: file for name, file in by_size if name not in TEXTS}
    if models:
        _table(models, result.size)
        _cards(models, result.size)
    left_out(made.left_out)
    _grow(job, made)


def _order(desk: Desk, result: RunResult, job: Job | None) -> None:
    """Show the button that makes the files, unless all are there."""
    if job is not None and job.state is JobState.DONE:
        return
    cancelled = job is not None and job.state is JobState.CANCELLED
    if cancelled:
        st.warning(_("Cancelled: what was finished is offered below."))
    if st.button(
        _("Make the files"),
        key="export.submit",
        type="primary",
        icon=":material/archive:",
        shortcut="Ctrl+Enter",
    ):
        with explained():
            start_exports(desk, result)
        st.rerun()
    if not cancelled:
        promise(result.compressed)


def _table(files: "dict[str, ExportedFile]", size: "SizeReport") -> None:
    rows = [
        {
            _("Format"): title(name),
            _("Bytes"): file.n_bytes,
            _("Times smaller than original"): round(size.original_bytes / file.n_bytes, 2),
            _("Times smaller than fp32"): round(size.fp32_bytes / file.n_bytes, 2),
            _("File"): file.path.name,
        }
        for name, file in files.items()
    ]
    table(rows, name="export_files", alt=_("Every file with its size against both bases"))
    st.caption(
        _(
            "Original: the file as it was given, {original} B. fp32: all its numbers at four bytes "
            "each, {fp32} B."
        ).format(original=count(size.original_bytes), fp32=count(size.fp32_bytes))
    )


def _cards(files: "dict[str, ExportedFile]", size: "SizeReport") -> None:
    """Offer each file, with what it is good for and what was checked."""
    with st.grid(3, min_column_width=240, key="export_cards"):
        for name, file in files.items():
            with st.container(border=True, height="stretch"):
                ratio = times(size.original_bytes / file.n_bytes)
                st.markdown(f"**{title(name)}** · {n_bytes(file.n_bytes)}")
                st.markdown(_("{ratio} smaller than the original").format(ratio=ratio))
                st.markdown(plain(about(name)))
                checked = _("Checked: {what}").format(what=file.checked)
                st.caption(plain(" · ".join([checked, *file.notes])))
                st.space("stretch")
                file_button(
                    _("Download {suffix}").format(suffix=suffix(name)),
                    file.path,
                    key=f"download.{name}",
                    width="stretch",
                )


def _grow(job: Job | None, made: ExportResult) -> None:
    """Run the page again whenever another file is there."""
    if job is None or not job.is_active:
        return
    shown = len(made.files)

    @st.fragment(run_every=GROWS_SECONDS)
    def watch() -> None:
        now: ExportResult | None = job.result
        if now is not None and len(now.files) > shown:
            st.rerun()

    st.caption(_("Files appear one by one, as they are written and checked."))
    watch()
