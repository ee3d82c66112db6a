"""How far a command is, for whoever watches."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from wc_core.progress import Progress


def watch(steps: Iterator[Progress], options: argparse.Namespace) -> Any:
    """Run work to its end, telling stderr how far it is when somebody watches.

    Returns
    -------
    object
        The result of the last record.
    """
    watched = sys.stderr.isatty() and not options.json
    result = None
    for record in steps:
        result = record.result
        if watched:
            sys.stderr.write(f"\r\x1b[K{record.fraction:4.0%} {record.message}")
            sys.stderr.flush()
    if watched:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
    return result
