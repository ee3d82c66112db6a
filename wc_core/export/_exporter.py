"""What every exporter must look like, where exporters are filed, and how a set of files is made."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from wc_core.compression import CompressedModel
from wc_core.errors import WeightClusteringError
from wc_core.progress import Progress
from wc_core.registry import Registry
from wc_core.words import _


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written, read back and compared.

    Parameters
    ----------
    exporter : str
        Key in `EXPORTERS`; "everything" for the archive of all.
    path : Path
    n_bytes : int
        Length of the file.
    checked : str
        One sentence, for people, on what was compared.
    notes : tuple of str
        What whoever opens the file should know.
    """

    exporter: str
    path: Path
    n_bytes: int
    checked: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return only JSON types; of the path, the name of the file."""
        return {
            "exporter": self.exporter,
            "file": self.path.name,
            "bytes": self.n_bytes,
            "checked": self.checked,
            "notes": list(self.notes),
        }


class Exporter(ABC):
    """Writes a compressed model in one format; filed in `EXPORTERS` under a name that stays.

    Attributes
    ----------
    title, about : str
        What it is, for people; marked for translation.
    suffix : str
        How the names of its files end.
    """

    title: ClassVar[str]
    about: ClassVar[str]
    suffix: ClassVar[str]

    def why_not(self, compressed: CompressedModel) -> str:
        """Return why this model cannot be written, and what to do; empty if it can.

        An answer at once: nothing is converted to find out.
        """
        return ""

    @abstractmethod
    def write(self, compressed: CompressedModel, path: Path) -> ExportedFile:
        """Write a file, read it back and compare it with what was meant.

        Parameters
        ----------
        compressed : CompressedModel
        path : Path
            Replaced if it exists; on failure what was there stays.

        Raises
        ------
        ConfigError
            If the format cannot hold this model; `why_not` tells most of it beforehand.
        OSError
            If the file cannot be written.
        AssertionError
            If what was read is not what was meant: that is a bug, not bad input.
        """


EXPORTERS: Registry[type[Exporter]] = Registry("export format")


@dataclass(frozen=True, slots=True)
class Exported:
    """The files of one compressed model.

    Parameters
    ----------
    files : tuple of ExportedFile
    left_out : mapping of str to str
        Formats that were not written, each with the reason and what to do.
    report : mapping
        What the files hold, as JSON types.
    """

    files: tuple[ExportedFile, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)


def export_steps(
    compressed: CompressedModel,
    folder: Path,
    names: Sequence[str] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Iterator[Progress]:
    """Write a compressed model in several formats.

    Parameters
    ----------
    compressed : CompressedModel
    folder : Path
        Must exist.
    names : sequence of str, optional
        Keys in `EXPORTERS`; all by default.
    context : mapping, optional
        JSON values that go into the report beside what is known here, e.g. the accuracy.

    Yields
    ------
    Progress
        One before each format and one at the end; `result` is the `Exported` so far.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from wc_core import Recipe, compress, load_model
    >>> from wc_core.progress import last_result
    >>> small = compress(load_model("sample:lenet5"), Recipe())
    >>> done = last_result(export_steps(small, Path(tempfile.mkdtemp()), ["dense", "recipe"]))
    >>> [file.path.name for file in done.files]
    ['lenet5.dense.safetensors', 'lenet5.recipe.json']
    """
    wanted = list(dict.fromkeys(EXPORTERS if names is None else names))
    exporters = {name: EXPORTERS[name]() for name in wanted}
    done = Exported(report={**_facts(compressed), **(context or {})})
    for at, (name, exporter) in enumerate(exporters.items()):
        yield Progress(at, len(wanted), _("writing {title}").format(title=_(exporter.title)), done)
        done = _with(done, compressed, name, exporter, folder)
    yield Progress(len(wanted), len(wanted), result=done)


def file_name(compressed: CompressedModel, suffix: str) -> str:
    """Return what a file of a model is called: letters that any system takes, and a suffix."""
    stem = re.sub(r"[^\w.+-]+", "_", compressed.name).strip("._")[:80]
    return f"{stem or 'model'}{suffix}"


def _with(
    done: Exported, compressed: CompressedModel, name: str, exporter: Exporter, folder: Path
) -> Exported:
    """Add one format, or the reason why it is left out."""
    reason = exporter.why_not(compressed)
    if not reason:
        try:
            file = exporter.write(compressed, folder / file_name(compressed, exporter.suffix))
            return replace(done, files=(*done.files, file))
        except WeightClusteringError as error:
            reason = str(error)
    return replace(done, left_out={**done.left_out, name: reason})


def _facts(compressed: CompressedModel) -> dict[str, Any]:
    model = compressed.original
    return {
        "model": {
            "name": model.name,
            "format": model.format,
            "sha256": model.digest,
            "bytes": model.file_bytes,
        },
        "recipe": compressed.recipe.to_dict(),
        "layers": [layer.to_dict() for layer in compressed.layers],
        "left_as_they_were": {info.name: info.skipped for info in compressed.skipped},
        "bits_per_weight": compressed.bits_per_weight,
        "clustered_weights": compressed.n_clustered,
    }
