"""Matrix routines have one thread as long as anybody needs that."""

import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from wc_core.blas import LoneBlas

np.ones((2, 2)) @ np.ones((2, 2))  # so that there is a BLAS


@pytest.fixture
def counts():
    """Return how many threads each BLAS has; they begin with two."""
    controller = ThreadpoolController().select(user_api="blas")
    assert controller.lib_controllers
    with controller.limit(limits=2):
        yield lambda: {library.get_num_threads() for library in controller.lib_controllers}


def test_holders_may_come_and_go_in_any_order(counts):
    """The first sets the limit, the last lifts it, whoever that is."""
    first, second = LoneBlas().held(), LoneBlas().held()
    first.__enter__()
    assert counts() == {1}
    second.__enter__()
    first.__exit__(None, None, None)
    assert counts() == {1}
    second.__exit__(None, None, None)
    assert counts() == {2}


def test_it_is_held_while_steps_run_and_not_while_their_taker_does(counts):
    """A page that computes between two steps has all its threads."""

    def steps():
        yield counts()
        yield counts()

    for inside in LoneBlas().around(steps()):
        assert inside == {1}
        assert counts() == {2}
    assert counts() == {2}


def test_what_goes_wrong_inside_lets_go(counts):
    """Errors do not leave the process slow."""
    with pytest.raises(ZeroDivisionError), LoneBlas().held():
        raise ZeroDivisionError
    assert counts() == {2}


def test_many_threads_at_once_end_in_order(counts):
    """However their steps overlap."""
    held = LoneBlas()
    seen = []

    def work():
        for _step in range(50):
            with held.held():
                seen.append(counts())

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}] * 200
    assert counts() == {2}
