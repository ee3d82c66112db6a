"""The files of the project's result: found if they were made, made if asked for or cheap."""

from pathlib import Path
from typing import Any

from pages._ui.board import board, job_key
from pages._ui.desk import Desk
from pages._ui.export_job import ExportResult, ExportTask, export_steps
from pages._ui.i18n import current_language
from pages._ui.project import Source, blobs, root
from pages._ui.run_job import RunResult
from pages._ui.runs import run_of
from pages._ui.state import workspace
from wc_core.assets import SAMPLE_MODELS
from wc_core.errors import ModelFileError
from wc_core.jobs import Job
from wc_core.words import _


def exports_of(desk: Desk) -> Job | None:
    """Return the job that makes the files: running, ended, or started now for the sample."""
    found = board().find(_key(desk))
    if found is not None and (found.is_active or found.error or _on_disk(found.result)):
        return found
    run = run_of(desk)
    if not desk.is_sample or run is None or run.is_active or run.result is None:
        return None
    result: RunResult = run.result
    return start_exports(desk, result) if result.is_complete else None


def start_exports(desk: Desk, result: RunResult) -> Job:
    """Make all files of a complete run.

    Raises
    ------
    ModelFileError
        If the original file is no longer on the server.
    """
    task = ExportTask(
        result.compressed, _original_files(desk.project.model), _folder(desk), _measured(result)
    )
    key = _key(desk)
    board().supersede(job_key("export", ""), key)
    label = _("Making the files of {model}").format(model=desk.model.name)
    return board().submit(key, lambda: export_steps(task), label)


def _key(desk: Desk) -> str:
    """Return the key of the job; sentences in its result are in the asker's language."""
    recipe = desk.project.recipe.digest
    return job_key("export", desk.model.digest, recipe, desk.evaluation_key, current_language())


def _folder(desk: Desk) -> Path:
    """Return where the files lie: a folder of this workspace, named by model and recipe."""
    return root() / "exports" / workspace() / desk.compressed_path(desk.project.recipe).stem


def _original_files(source: Source) -> tuple[Path, ...]:
    if source.kind == "sample":
        return (SAMPLE_MODELS[source.ref],)
    digests = [digest for digest, _name in source.parts] or [source.ref]
    found = [blob.path for digest in digests if (blob := blobs().get(digest))]
    if len(found) < len(digests):
        raise ModelFileError(_("the uploaded file is no longer on the server: upload it again"))
    return tuple(found)


def _measured(result: RunResult) -> dict[str, Any]:
    """Return what the run measured, for the report beside the files."""
    known = {"before": result.before, "after": result.after}
    return {
        f"accuracy_{when}": {"accuracy": report.accuracy, "images": report.n_samples}
        for when, report in known.items()
        if report is not None
    }


def _on_disk(result: ExportResult | None) -> bool:
    return result is not None and result.is_on_disk
