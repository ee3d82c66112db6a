"""Work is spread over threads, and its answers do not show how many."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from wc_core.threads import limit_threads, n_threads, run_pieces


@pytest.mark.parametrize("n", [1, 2, 4])
def test_answers_come_in_the_order_of_the_pieces(n):
    """However many threads there are, and however fast each piece is."""
    with limit_threads(n):
        assert run_pieces(lambda piece: piece, 9) == list(range(9))


def test_no_more_threads_than_allowed():
    """One thread means this one."""
    with limit_threads(1):
        assert set(run_pieces(lambda _piece: threading.get_ident(), 5)) == {threading.get_ident()}
    with limit_threads(2):
        assert len(set(run_pieces(lambda _piece: threading.get_ident(), 50))) <= 2


def test_a_limit_ends_with_its_block_and_holds_for_its_thread_alone():
    """Two people on one server do not share it."""
    usual = n_threads()
    with limit_threads(usual + 1), ThreadPoolExecutor(1) as pool:
        assert n_threads() == usual + 1
        assert pool.submit(n_threads).result() == usual
    assert n_threads() == usual


def test_what_a_piece_raises_is_raised():
    """No piece fails in silence."""
    with limit_threads(2), pytest.raises(ZeroDivisionError):
        run_pieces(lambda piece: 1 // (piece - 3), 6)
