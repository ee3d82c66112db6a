"""Compiled loops work where nothing can be kept, too."""

import numba
import pytest

from wc_core.compiled import fused_kernel, kernel


@pytest.mark.parametrize("compiled", [kernel, fused_kernel])
@pytest.mark.parametrize("can_be_kept", [True, False])
def test_a_loop_is_compiled_whether_or_not_it_can_be_kept(monkeypatch, can_be_kept, compiled):
    """Without a folder to write to it is compiled anew by every process."""
    asked = []

    def njit(*, cache=False, nogil, **_options):
        asked.append((cache, nogil))
        if cache and not can_be_kept:
            msg = "cannot cache function: no locator available"
            raise RuntimeError(msg)
        return lambda loop: loop

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(abs)(-3) == 3
    assert asked == ([(True, True)] if can_be_kept else [(True, True), (False, True)])
