"""What the Export page sets going: every format written, checked, zipped and measured."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wc_core.progress import Progress
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.compression import CompressedModel
    from wc_core.export import ExportedFile

TEXTS = ("recipe", "command_line", "python")  # formats that say how, and hold no weights
FOLDERS_KEPT = 4  # of one workspace: dense files are as large as the model
# Where each phase ends on the bar.
WRITTEN, ZIPPED = 0.8, 0.9


@dataclass(frozen=True, eq=False)
class ExportResult:
    """What an export has made so far.

    Parameters
    ----------
    files : mapping of str to ExportedFile
        By format.
    left_out : mapping of str to str
        Why a format is not there, by format.
    everything : ExportedFile, optional
        The archive of all files; None until it is written.
    zipped : mapping of str to (mapping of str to int)
        What general compressors make of the "original" and of the "packed" file, in bytes by
        compressor; empty until it is measured.
    """

    files: "Mapping[str, ExportedFile]" = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    everything: "ExportedFile | None" = None
    zipped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def is_on_disk(self) -> bool:
        """Whether no file was cleared away since."""
        last = [self.everything] if self.everything else []
        return all(file.path.is_file() for file in [*self.files.values(), *last])


@dataclass(frozen=True, eq=False)
class ExportTask:
    """Everything an export needs, loaded beforehand: a worker must not touch the page.

    Parameters
    ----------
    compressed : CompressedModel
    original : tuple of Path
        The model file as it was given, or the files of a sharded one.
    folder : Path
        Where the files are written.
    context : mapping
        What the run measured, for the report beside the files.
    """

    compressed: "CompressedModel"
    original: tuple[Path, ...]
    folder: Path
    context: Mapping[str, Any]


def export_steps(task: ExportTask) -> Iterator[Progress]:
    """Write all files of a task; each record's result is the `ExportResult` so far."""
    from wc_core import export

    result = ExportResult()
    yield Progress(0, 1, result=result)
    _make_room(task.folder)
    exported = None
    for record in export.export_steps(task.compressed, task.folder, context=task.context):
        if record.result is not None:
            exported = record.result
            files = {file.exporter: file for file in exported.files}
            result = replace(result, files=files, left_out=exported.left_out)
        yield Progress(WRITTEN * record.fraction, 1, record.message, result)
    yield Progress(WRITTEN, 1, _("putting everything into one archive"), result)
    archive = export.everything(exported, task.folder / "everything.zip")
    result = replace(result, everything=archive)
    yield Progress(ZIPPED, 1, _("measuring what zip and zstd make of the files"), result)
    measured = {"original": _zipped(task.original)}
    if "packed" in result.files:
        measured["packed"] = _zipped((result.files["packed"].path,))
    yield Progress(1, 1, result=replace(result, zipped=measured))


def _zipped(paths: tuple[Path, ...]) -> Mapping[str, int]:
    """Return bytes by compressor, of several files together."""
    from wc_core.export import zipped_sizes

    sizes = [zipped_sizes(path) for path in paths]
    return {name: sum(size[name] for size in sizes) for name in sizes[0]}


def _make_room(folder: Path) -> None:
    """Make the folder, and clear away the oldest ones beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()
    newest_first = sorted(folder.parent.iterdir(), key=lambda path: -path.stat().st_mtime)
    for old in newest_first[FOLDERS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
