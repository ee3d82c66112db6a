"""Damaged and forged files by the minute: all are refused, or read alike by both readers."""

import time
from collections import Counter

from tests.export.hostile import honest_file, mutations, verdict

SECONDS = 120


def table() -> str:
    """Return how many files there were and what became of them; raise what should not be."""
    content, said, longest = honest_file(), Counter[str](), 0.0
    until = time.monotonic() + SECONDS
    for damaged, alike in mutations(content, seed=int(time.time())):
        started = time.monotonic()
        if started > until:
            break
        said[verdict(damaged, alike=alike)] += 1
        longest = max(longest, time.monotonic() - started)
    rows = [f"| {what} | {n:,} |" for what, n in sorted(said.items())]
    rows.append(f"| longest time that two readers took | {longest:.2f} s |")
    return "\n".join(["| damaged or forged files | |", "|---|---|", *rows])
