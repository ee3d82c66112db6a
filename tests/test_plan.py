"""Plans name what is done to a layer, and refuse what cannot be meant."""

import pytest

from wc_core import BlockSpec, ConfigError, LayerPlan
from wc_core.plan import PLAN_SPACE


def test_every_field_of_a_plan_is_declared_or_a_mapping():
    """Forms, options and checks follow from the declarations."""
    fields = set(LayerPlan.__dataclass_fields__)
    assert set(PLAN_SPACE) <= fields
    assert fields - set(PLAN_SPACE) == {"algorithm", "block", "params", "pruner_params"}


@pytest.mark.parametrize("name", PLAN_SPACE)
def test_defaults_lie_in_their_domains(name):
    """A plan of nothing but defaults works."""
    assert PLAN_SPACE[name].allows(getattr(LayerPlan(), name))
    assert PLAN_SPACE[name].label
    assert PLAN_SPACE[name].help


@pytest.mark.parametrize("name", PLAN_SPACE)
def test_values_outside_are_refused_by_name(name):
    """The sentence names the field."""
    with pytest.raises(ConfigError, match=name):
        LayerPlan(**{name: object()})


@pytest.mark.parametrize("text", ["3x5", " 3 x 5 ", "3×5"])
def test_blocks_are_read_as_they_are_written(text):
    """Rows first."""
    assert BlockSpec.parse(text) == BlockSpec(3, 5)
