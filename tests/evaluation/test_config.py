"""A config goes through JSON unharmed and refuses what it does not know."""

import pytest

from wc_core import ConfigError, EvaluationConfig
from wc_core.data import PRESETS


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_json_round_trip(name):
    """Every preset, with and without a limit."""
    for limit in (None, 100):
        config = EvaluationConfig(preprocess=PRESETS[name], batch_size=64, limit=limit)
        assert EvaluationConfig.from_json(config.to_json()) == config
        assert EvaluationConfig.from_dict(config.to_dict()) == config


def test_what_is_not_said_is_the_default():
    """An empty object is the default config."""
    assert EvaluationConfig.from_json("{}") == EvaluationConfig()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"batch": 3}', r"unknown keys batch; known are batch_size, limit, preprocess"),
        ('{"batch_size": 0}', "batch_size"),
        ('{"batch_size": "64"}', "batch_size"),
        ('{"limit": 0}', "limit"),
        ('{"limit": true}', "limit"),
        ('{"preprocess": {"blur": 3}}', "blur"),
        ('{"preprocess": "imagenet"}', "preprocess"),
    ],
)
def test_impossible_configs_are_refused(text, sentence):
    """The sentence names what is wrong."""
    with pytest.raises(ConfigError, match=sentence):
        EvaluationConfig.from_json(text)
