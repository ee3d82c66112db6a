"""Records of progress."""

import pytest

from wc_core.progress import Progress, last_result


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0, 4, 0), (1, 4, 0.25), (5, 4, 1), (0, 0, 1)]
)
def test_the_fraction_lies_between_nothing_and_all(done, total, fraction):
    """Work of no size is done."""
    assert Progress(done, total).fraction == fraction


def test_the_last_record_counts():
    """Earlier results are partial ones; no record, no result."""
    assert last_result(iter([Progress(1, 2, result="half"), Progress(2, 2, result="all")])) == "all"
    assert last_result(iter([])) is None
