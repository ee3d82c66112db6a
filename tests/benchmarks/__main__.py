"""Print every benchmark as a Markdown table: `make bench`, or name some of them.

With `--write` the tables that docs/speed.md has a place for are written there, too.
"""

import argparse
import platform
import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np

BENCHMARKS = (
    "import_time",
    "first_screen",
    "live_slider",
    "evaluation",
    "scalar_peers",
    "block_peers",
    "whole_model",
    "exports",
    "algorithm_peers",
    "algorithm_scaling",
    "rate_distortion",
    "coding",
    "fuzz",
)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "speed.md"
PACKAGES = (
    "numpy",
    "numba",
    "torch",
    "scikit-learn",
    "coremltools",
    "faiss-cpu",
    "kmeans1d",
    "constriction",
    "zstandard",
)


def main(arguments: list[str]) -> int:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    for name in options.names or BENCHMARKS:
        table: Callable[[], str] = import_module(f"tests.benchmarks.{name}").table
        made = table()
        print(f"## {name}\n\n{made}\n", flush=True)
        if options.write:
            _write(name, f"{made}\n\n{_circumstances()}\n")
    return 0


def _write(name: str, text: str) -> None:
    """Put a table into its place in the page, if there is one."""
    place = re.compile(rf"(?<=<!-- {name}: make bench -->\n).*?(?=<!-- end -->)", re.DOTALL)
    PAGE.write_text(place.sub(lambda _match: text, PAGE.read_text(), count=1))


def _circumstances() -> str:
    """Say on what the numbers were taken."""
    from wc_core.threads import n_threads

    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    vectors = "AVX-512" if features.get("AVX512F") else "AVX2" if features.get("AVX2") else "SSE"
    return (
        f"*{n_threads()} cores, {platform.machine()} with {vectors}, "
        f"Python {platform.python_version()}, {packages}.*"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
