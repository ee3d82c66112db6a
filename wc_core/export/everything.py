"""One archive with all files, and what is needed to open them."""

import json
from pathlib import Path

from wc_core import __version__
from wc_core.errors import ConfigError
from wc_core.export._archive import write_archive
from wc_core.export._exporter import EXPORTERS, Exported, ExportedFile
from wc_core.words import _

NAME = "everything.zip"
DECODER, README, REPORT = "decoder.py", "README.txt", "report.json"


def everything(exported: Exported, path: str | Path) -> ExportedFile:
    """Write an archive of all files, with a decoder, a description and a report beside them.

    The same files give the same bytes.

    Parameters
    ----------
    exported : Exported
        What `export_steps` has written; the files must still be there.
    path : str or Path
        Replaced if it exists.

    Returns
    -------
    ExportedFile
        Under the name "everything".

    Raises
    ------
    ConfigError
        If there is no file to put in.
    OSError
        If one of them is gone, or the archive cannot be written.
    """
    path = Path(path)
    if not exported.files:
        raise ConfigError(_("there is no file to put into the archive: choose a format"))
    members: dict[str, Path | bytes] = {file.path.name: file.path for file in exported.files}
    decoder = Path(__file__).with_name(DECODER)
    if decoder.exists():
        members[DECODER] = decoder
    members[README] = _readme(exported, sorted(members)).encode()
    members[REPORT] = _report(exported).encode()
    n_bytes = write_archive(path, members)
    msg = _("{n} files unpacked again, equal to the last bit")
    return ExportedFile("everything", path, n_bytes, msg.format(n=len(members)))


def _report(exported: Exported) -> str:
    """Return what is known of the files as JSON."""
    report = {
        "version": __version__,
        **exported.report,
        "files": [file.to_dict() for file in exported.files],
        "left_out": dict(exported.left_out),
    }
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _readme(exported: Exported, names: list[str]) -> str:
    """Return what each file is and how it is opened, in plain text."""
    lines = [_("Made by the Weight Clustering Lab {v}.").format(v=__version__), ""]
    for file in exported.files:
        exporter = EXPORTERS[file.exporter]
        lines += [
            f"{file.path.name}  ({file.n_bytes:,} B)",
            f"  {_(exporter.title)}. {_(exporter.about)}",
            f"  {_('Checked')}: {file.checked}.",
            *(f"  {note}" for note in file.notes),
            "",
        ]
    if DECODER in names:
        packed = next((f.path.name for f in exported.files if f.exporter == "packed"), "FILE")
        how = _("turns the packed file into plain arrays; it needs Python and numpy, nothing else")
        lines += [DECODER, f"  {how}:", f"  python {DECODER} {packed} weights.npz", ""]
    lines += [f"{REPORT}", "  " + _("recipe, sizes and layers as JSON"), ""]
    if exported.left_out:
        lines.append(_("Left out:"))
        lines += [f"  {name}: {reason}" for name, reason in exported.left_out.items()]
    return "\n".join(lines).rstrip() + "\n"
