"""Every tensor is listed, with the reason if it is left."""

import pytest

from wc_core import Recipe, list_layers
from wc_core.models import TensorInfo

INFOS = [
    TensorInfo("stem.weight", (16, 1, 3, 3), "float32"),
    TensorInfo("dw.weight", (64, 1, 3, 3), "float32"),
    TensorInfo("fc.weight", (100, 64), "bfloat16"),
    TensorInfo("fc.bias", (100,), "float32"),
    TensorInfo("tiny.weight", (2, 3), "float32"),
    TensorInfo("ids.weight", (50, 50), "int64"),
    TensorInfo("head.weight", (100, 64), "bfloat16", tied_to="fc.weight"),
    TensorInfo("empty.weight", (0, 64), "float32"),
]


def reasons(recipe):
    return {layer.name: layer.skipped for layer in list_layers(INFOS, recipe)}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stem.weight", ""),  # grey images, not depthwise: the first convolution never is
        ("dw.weight", "depthwise"),
        ("fc.weight", ""),
        ("fc.bias", "one dimension"),
        ("tiny.weight", "fewer than 128"),
        ("ids.weight", "int64"),
        ("head.weight", "fc.weight"),
        ("empty.weight", "no weights"),
    ],
)
def test_reasons_name_what_keeps_a_tensor_out(name, reason):
    """Empty for what is clustered."""
    found = reasons(Recipe())[name]
    assert reason in found if reason else found == ""


def test_included_layers_are_taken_although_they_would_be_skipped():
    """But what cannot be clustered stays out."""
    found = reasons(Recipe(include=("*",)))
    taken = {name for name, reason in found.items() if not reason}
    assert taken == {"stem.weight", "dw.weight", "fc.weight", "tiny.weight"}


def test_only_chosen_layers_are_taken():
    """Patterns of the recipe."""
    found = reasons(Recipe(layers=("f*",)))
    assert {name for name, reason in found.items() if not reason} == {"fc.weight"}
    assert found["stem.weight"] == "not chosen"
