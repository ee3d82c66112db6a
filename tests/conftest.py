"""Settings that all tests share."""

import os

from hypothesis import settings

# A shared machine may stall for longer than any deadline; times are the benchmarks' business.
# At a desk every run tries new cases; in CI the same ones, so that it fails for the change alone.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
