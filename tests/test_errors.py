"""Errors can be caught as ours and as what they are."""

import pytest

from wc_core import errors


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ConfigError", ValueError),
        ("UnknownNameError", LookupError),
        ("ModelFileError", ValueError),
        ("UnsafeFileError", ValueError),
        ("DataError", ValueError),
        ("NotRunnableError", RuntimeError),
    ],
)
def test_every_error_is_ours_and_the_fitting_builtin(name, builtin):
    """Pages catch the base; libraries that use the engine may catch what they know."""
    error = getattr(errors, name)
    assert issubclass(error, errors.WeightClusteringError)
    assert issubclass(error, builtin)
    assert str(error("said plainly")) == "said plainly"
