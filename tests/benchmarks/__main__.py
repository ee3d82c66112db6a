"""Print every benchmark as a Markdown table: `make bench`, or name some of them."""

import sys
from collections.abc import Callable

from tests.benchmarks import (
    algorithm_peers,
    algorithm_scaling,
    first_screen,
    import_time,
    scalar_kmeans,
)

BENCHMARKS: dict[str, Callable[[], str]] = {
    "import_time": import_time.table,
    "first_screen": first_screen.table,
    "scalar_kmeans": scalar_kmeans.table,
    "algorithm_peers": algorithm_peers.table,
    "algorithm_scaling": algorithm_scaling.table,
}


def main(names: list[str]) -> int:
    """Run the benchmarks named, or all."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    for name in names or BENCHMARKS:
        print(f"## {name}\n\n{BENCHMARKS[name]()}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
