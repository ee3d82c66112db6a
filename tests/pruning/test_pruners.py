"""What single pruners say is special about them."""

import numpy as np
import pytest

from wc_core import BlockSpec
from wc_core.pruning.block_magnitude import BlockMagnitudePruner
from wc_core.pruning.channel import ChannelPruner
from wc_core.pruning.magnitude import MagnitudePruner
from wc_core.pruning.zeros import ZerosPruner

WEIGHT = np.random.default_rng(0).normal(size=(8, 12)).astype(np.float32)


def test_magnitude_keeps_the_largest_weights():
    """The asked share goes, wherever its weights lie."""
    kept = MagnitudePruner().mask(WEIGHT, 0.75, BlockSpec(2, 3)).cells
    assert kept.sum() == WEIGHT.size // 4
    assert np.abs(WEIGHT)[kept].min() > np.abs(WEIGHT)[~kept].max()


@pytest.mark.parametrize(("sides", "cell"), [({}, (2, 3)), ({"rows": 4, "cols": 1}, (4, 1))])
def test_blocks_are_those_of_the_plan_unless_others_are_asked_for(sides, cell):
    """Then a pruned block needs no index."""
    assert BlockMagnitudePruner(**sides).mask(WEIGHT, 0.5, BlockSpec(2, 3)).cell == cell


def test_channels_go_as_a_whole():
    """Those of smallest norm, however wide they are."""
    mask = ChannelPruner().mask(WEIGHT, 0.25, BlockSpec())
    norms = np.linalg.norm(WEIGHT, axis=1)
    assert mask.cell == (1, 12)
    assert set(np.flatnonzero(~mask.kept)) == set(np.argsort(norms)[:2])


def test_zeros_that_are_there_stay_and_nothing_else_goes():
    """A model that was pruned elsewhere stays as sparse as it is."""
    sparse = np.where(np.abs(WEIGHT) > 0.5, WEIGHT, 0)
    mask = ZerosPruner().mask(sparse, 0.9, BlockSpec())
    np.testing.assert_array_equal(mask.cells, sparse != 0)
