"""Errors the engine raises on purpose.

Each says what was asked, what is possible and how to fix it, and is also the
fitting built-in, so that callers may catch either.
"""


class WeightClusteringError(Exception):
    """Base of every error that a person can do something about."""


class ConfigError(WeightClusteringError, ValueError):
    """A recipe, plan or parameter asks for something impossible."""


class UnknownNameError(WeightClusteringError, LookupError):
    """A registry or a model holds nothing under the name asked for."""


class ModelFileError(WeightClusteringError, ValueError):
    """A model file is empty, damaged, of an unknown kind or holds unusable values."""


class UnsafeFileError(ModelFileError):
    """Reading the file would run code that it carries, or exhaust the machine."""


class DataError(WeightClusteringError, ValueError):
    """A data set is damaged, of the wrong shape, or its labels do not fit."""


class NotRunnableError(WeightClusteringError, RuntimeError):
    """The model's weights are known but not how to run it."""
