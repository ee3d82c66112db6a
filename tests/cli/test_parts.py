"""The parts of a command's time."""

import pytest

from wc_core.cli.parts import Parts


def test_parts_stand_in_the_order_of_their_beginnings_and_add_up():
    """Also of work that failed, and of seconds that somebody else has measured."""
    parts = Parts()
    with parts.time("reading"):
        pass
    with pytest.raises(ZeroDivisionError), parts.time("writing"):
        raise ZeroDivisionError
    parts.add("reading", 1.5)
    parts.add("packing", 0.25)
    assert list(parts.seconds) == ["reading", "writing", "packing"]
    assert parts.seconds["reading"] == pytest.approx(1.5, abs=0.1)
    assert parts.seconds["packing"] == 0.25
