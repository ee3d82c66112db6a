"""Settings that all tests share."""

from hypothesis import settings

# A shared machine may stall for longer than any deadline; times are the benchmarks' business.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
