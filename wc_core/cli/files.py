"""The command that writes a packed file in other formats."""

import argparse
from pathlib import Path
from typing import Any

from wc_core.cli.watch import watch
from wc_core.errors import ConfigError
from wc_core.words import _


def add_files(parser: argparse.ArgumentParser) -> None:
    """Offer the formats, and where the files go."""
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FOLDER")
    parser.add_argument(
        "--formats",
        nargs="+",
        metavar="NAME",
        help=_("packed, dense, state_dict, onnx, core_ml, recipe, command_line, python; else all"),
    )
    parser.add_argument(
        "--everything", action="store_true", help=_("put all of them into everything.zip, too")
    )


def export_files(options: argparse.Namespace) -> dict[str, Any]:
    """Write a packed file in other formats; each is read back and compared.

    Raises
    ------
    ConfigError
        If a format that is asked for by name cannot hold this model.
    """
    from wc_core.export import EXPORTERS, everything, export_steps
    from wc_core.export.container import reopen

    compressed = reopen(Path(options.model))
    for name in options.formats or ():
        _refuse(name, EXPORTERS[name]().why_not(compressed))
    options.output.mkdir(exist_ok=True)
    exported = watch(export_steps(compressed, options.output, options.formats), options)
    for name in options.formats or ():
        _refuse(name, exported.left_out.get(name, ""))
    files = list(exported.files)
    if options.everything:
        files.append(everything(exported, options.output / "everything.zip"))
    return {
        "model": compressed.name,
        "output": str(options.output),
        "original_bytes": compressed.original.file_bytes,
        "files": [file.to_dict() for file in files],
        "left_out": dict(exported.left_out),
    }


def _refuse(name: str, reason: str) -> None:
    if reason:
        raise ConfigError(_("{format}: {reason}").format(format=name, reason=reason))
