"""What every pruner keeps to, whatever it prunes."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wc_core import PRUNERS, BlockSpec, ConfigError, LayerPlan, UnknownNameError
from wc_core.pruning import check_pruning, prune
from wc_core.recipe import PLAN_SPACE, PRUNER_NAMES

KEYS = tuple(PRUNERS)
SIZED = tuple(key for key in KEYS if PRUNERS[key].takes_sparsity)
SHAPES = ((1, 1), (3, 7), (10, 84), (6, 1, 5, 5), (8, 6, 3, 3))


BLOCK = BlockSpec(2, 3)


def masked(key, weight, sparsity=0.5, block=BLOCK):
    """Return what a pruner keeps, whether or not it prunes anything."""
    return PRUNERS[key]().mask(weight, sparsity, block)


def normal(shape):
    return np.random.default_rng(prod(shape)).normal(size=shape).astype(np.float32)


def cell_means(weight, mask):
    """Return the mean square of each cell, shape (n_cells,)."""
    rows, cols = mask.matrix_shape
    at = np.add.outer(
        np.arange(rows) // mask.cell[0] * mask.grid_shape[1], np.arange(cols) // mask.cell[1]
    ).ravel()
    squares = np.bincount(at, np.square(weight.astype(np.float64)).ravel(), mask.n_cells)
    return squares / np.bincount(at, minlength=mask.n_cells)


def test_recipes_offer_the_pruners_there_are():
    """The recipe stands below the pruners and cannot ask them; their keys never change."""
    assert tuple(PRUNERS) == PRUNER_NAMES
    assert PLAN_SPACE["pruner"].options == ("none", *KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_pruners_say_what_they_are(key):
    """Forms and docs are made from it."""
    pruner = PRUNERS[key]
    assert all((pruner.title, pruner.about, pruner.formula, pruner.__doc__))
    assert all(domain.label for domain in pruner.param_space.values())
    fresh = pruner()
    assert all(domain.allows(getattr(fresh, n)) for n, domain in pruner.param_space.items())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_masks_fit_their_weight_and_are_the_same_every_time(key, shape):
    """Same weight, same plan: same mask; the weight itself is not touched."""
    weight = normal(shape)
    weight.flags.writeable = False
    one, two = masked(key, weight), masked(key, weight)
    assert one.shape == shape
    assert one.cell == two.cell
    assert (one.kept == two.kept).all()


@pytest.mark.parametrize("key", SIZED)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 0.77, 0.999, 1.0])
def test_the_share_asked_for_is_reached_to_within_a_cell(key, shape, sparsity):
    """Never more, never a whole cell less; never everything, unless that is asked."""
    mask = masked(key, normal(shape), sparsity)
    n, wanted = prod(shape), sparsity * prod(shape)
    assert mask.n_pruned_weights <= wanted + 0.5
    assert wanted - mask.n_pruned_weights < prod(mask.cell) + 0.5
    assert (mask.n_kept_weights == 0) == (sparsity == 1.0)
    assert mask.n_kept_weights == mask.rows(slice(0, shape[0])).sum() == n - mask.n_pruned_weights


@pytest.mark.parametrize("key", SIZED)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_is_kept_outranks_what_is_pruned(key, shape):
    """No cell that is kept has a smaller norm than one that is pruned."""
    weight = normal(shape)
    mask = masked(key, weight, 0.6)
    means = cell_means(weight, mask)
    largest_pruned = means[~mask.kept].max(initial=0.0)
    assert means[mask.kept].min() >= largest_pruned * (1 - 1e-6)


@pytest.mark.parametrize("key", SIZED)
def test_of_equals_the_lower_position_is_pruned_first(key):
    """So that as many are pruned as were asked for, and always the same ones."""
    mask = masked(key, np.full((8, 6), -0.5, np.float32), 0.5, BlockSpec(1, 2))
    n_pruned = np.count_nonzero(~mask.kept)
    assert n_pruned == mask.n_cells // 2
    assert not mask.kept[:n_pruned].any()


@pytest.mark.parametrize("key", KEYS)
def test_layers_of_zeros_are_pruned_like_others(key):
    """A share of zeros is that share, not all of them, unless zeros are what is pruned."""
    mask = masked(key, np.zeros((6, 8), np.float32), 0.5, BlockSpec())
    assert (mask.n_kept_weights == 0) == (key == "zeros")


@given(
    weight=arrays(np.float32, (5, 7), elements=st.sampled_from([0, 1e-40, 0.5, -0.5, 1, -3e38])),
    key=st.sampled_from(SIZED),
    sparsity=st.floats(0, 1),
)
def test_any_numbers_are_pruned(weight, key, sparsity):
    """Ties, zeros, the smallest and the largest numbers there are."""
    mask = masked(key, weight, sparsity, BlockSpec(1, 2))
    means = cell_means(weight, mask)
    assert mask.n_pruned_weights <= sparsity * 35 + 0.5
    if mask.kept.any() and not mask.kept.all():
        assert means[mask.kept].min() >= means[~mask.kept].max() * (1 - 1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("key", KEYS)
def test_the_type_of_the_numbers_does_not_matter(key, dtype):
    """Models are held in half, single and double precision."""
    weight = normal((6, 10)).astype(np.float16)
    one, two = masked(key, weight.astype(dtype)), masked(key, weight.astype(np.float32))
    assert (one.kept == two.kept).all()


def test_a_plan_that_prunes_nothing_has_no_mask():
    """Nothing is stored then: no pruner, no zeros to keep, a share of 0."""
    weight = normal((4, 5))
    for plan in (LayerPlan(), LayerPlan(pruner="zeros"), LayerPlan(pruner="channel", sparsity=0)):
        assert prune(weight, plan) is None


@pytest.mark.parametrize(
    ("plan", "error", "reason"),
    [
        (LayerPlan(pruner="n_m", pruner_params={"n": 5, "m": 4}), ConfigError, "at most m"),
        (LayerPlan(pruner="n_m", pruner_params={"n": 0}), ConfigError, "from 1 to 64"),
        (LayerPlan(pruner="zeros", pruner_params={"n": 2}), ConfigError, "no parameter n"),
        (LayerPlan(pruner_params={"n": 2}), ConfigError, "no parameter n"),
    ],
)
def test_impossible_plans_are_refused(plan, error, reason):
    """The sentence says what is possible."""
    with pytest.raises(error, match=reason):
        check_pruning(plan)


def test_unknown_pruners_are_refused_with_those_there_are():
    """By the plan, which lists them, and by the registry, which guesses."""
    with pytest.raises(ConfigError, match="'block_magnitude'"):
        LayerPlan(pruner="magnitud")
    with pytest.raises(UnknownNameError, match="'magnitude'"):
        PRUNERS["magnitud"]
