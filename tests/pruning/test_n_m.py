"""N of every M neighbours along the input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wc_core.pruning import prune
from wc_core.pruning.n_m import NOfMPruner
from wc_core.recipe import BlockSpec, LayerPlan


@given(
    n=st.integers(1, 6),
    extra=st.integers(0, 4),
    channels=st.integers(1, 13),
    places=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_each_group_keeps_its_n_largest(n, extra, channels, places, seed):
    """Neighbours are channels at one place of the kernel; the last group may be smaller."""
    m = n + extra
    weight = np.random.default_rng(seed).integers(-3, 4, (3, channels, places, 1)).astype("f4")
    kept = NOfMPruner(n, m).mask(weight, 0.0, BlockSpec()).kept.reshape(weight.shape)
    for first in range(0, channels, m):
        group, own = np.abs(weight[:, first : first + m]), kept[:, first : first + m]
        assert (own.sum(axis=1) == min(n, own.shape[1])).all()
        least = np.where(own, group, np.inf).min(axis=1)
        assert (np.where(own, 0, group).max(axis=1) <= least).all()


def test_two_of_four_is_half():
    """The pattern that processors know."""
    weight = np.random.default_rng(0).normal(size=(16, 64)).astype(np.float32)
    mask = prune(weight, LayerPlan(pruner="n_m"))
    assert mask.sparsity == 0.5
    assert (mask.kept.reshape(-1, 4).sum(axis=1) == 2).all()
