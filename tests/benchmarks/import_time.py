"""What `import wc_core` and starting the command line cost."""

import subprocess
import sys
import time

RUNS = 5
STATEMENTS = ("import wc_core", "import wc_core.__main__", "import streamlit")


def table() -> str:
    """Return seconds above a bare interpreter, the best of five fresh processes each."""
    bare = _best("pass")
    rows = ["| statement | seconds |", "|---|---|"]
    rows += [f"| `{s}` | {_best(s) - bare:.3f} |" for s in STATEMENTS]
    return "\n".join(rows)


def _best(statement: str) -> float:
    return min(_once(statement) for _ in range(RUNS))


def _once(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started
